# local-path-provisioner/apply: Apply local-path-provisioner
## check
printf '%s' 'apiVersion: v1
kind: ServiceAccount
metadata:
  name: local-path-provisioner
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: local-path-provisioner
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
rules:
  - apiGroups:
      - ""
    resources:
      - pods
    verbs:
      - get
      - list
      - watch
      - create
      - patch
      - update
      - delete
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: local-path-provisioner
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
rules:
  - apiGroups:
      - ""
    resources:
      - nodes
      - persistentvolumeclaims
      - configmaps
      - pods
      - pods/log
    verbs:
      - get
      - list
      - watch
  - apiGroups:
      - ""
    resources:
      - persistentvolumes
    verbs:
      - get
      - list
      - watch
      - create
      - patch
      - update
      - delete
  - apiGroups:
      - ""
    resources:
      - events
    verbs:
      - create
      - patch
  - apiGroups:
      - storage.k8s.io
    resources:
      - storageclasses
    verbs:
      - get
      - list
      - watch
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: local-path-provisioner
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: local-path-provisioner
subjects:
  - kind: ServiceAccount
    name: local-path-provisioner
    namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: local-path-provisioner
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: local-path-provisioner
subjects:
  - kind: ServiceAccount
    name: local-path-provisioner
    namespace: kube-system
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: local-path-config
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
data:
  config.json: '\''{"nodePathMap":[{"node":"DEFAULT_PATH_FOR_NON_LISTED_NODES","paths":["/opt/local-path-provisioner/"]}]}'\''
  setup: |
    #!/bin/sh
    set -eu
    mkdir -m 0777 -p "$VOL_DIR"
  teardown: |
    #!/bin/sh
    set -eu
    rm -rf "$VOL_DIR"
  helperPod.yaml: '\''{"apiVersion":"v1","kind":"Pod","metadata":{"name":"helper-pod"},"spec":{"priorityClassName":"system-node-critical","tolerations":[{"key":"node.kubernetes.io/disk-pressure","operator":"Exists","effect":"NoSchedule"}],"containers":[{"name":"helper-pod","image":"docker.io/library/busybox:1.37.0","imagePullPolicy":"IfNotPresent"}]}}'\''
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: local-path-provisioner
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
spec:
  replicas: 1
  selector:
    matchLabels:
      k8s-app: local-path-provisioner
  template:
    metadata:
      labels:
        k8s-app: local-path-provisioner
    spec:
      serviceAccountName: local-path-provisioner
      priorityClassName: system-cluster-critical
      containers:
        - name: local-path-provisioner
          image: docker.io/rancher/local-path-provisioner:v0.0.30
          imagePullPolicy: IfNotPresent
          command:
            - local-path-provisioner
            - start
            - --config
            - /etc/config/config.json
          env:
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            - name: SERVICE_ACCOUNT_NAME
              value: local-path-provisioner
            - name: CONFIG_MOUNT_PATH
              value: /etc/config/
          volumeMounts:
            - name: config
              mountPath: /etc/config/
      volumes:
        - name: config
          configMap:
            name: local-path-config
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: local-path
  annotations:
    storageclass.kubernetes.io/is-default-class: "true"
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
provisioner: rancher.io/local-path
reclaimPolicy: Delete
volumeBindingMode: WaitForFirstConsumer
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf diff -f - >/dev/null
## apply
objects='apiVersion: v1
kind: ServiceAccount
metadata:
  name: local-path-provisioner
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: local-path-provisioner
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
rules:
  - apiGroups:
      - ""
    resources:
      - pods
    verbs:
      - get
      - list
      - watch
      - create
      - patch
      - update
      - delete
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: local-path-provisioner
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
rules:
  - apiGroups:
      - ""
    resources:
      - nodes
      - persistentvolumeclaims
      - configmaps
      - pods
      - pods/log
    verbs:
      - get
      - list
      - watch
  - apiGroups:
      - ""
    resources:
      - persistentvolumes
    verbs:
      - get
      - list
      - watch
      - create
      - patch
      - update
      - delete
  - apiGroups:
      - ""
    resources:
      - events
    verbs:
      - create
      - patch
  - apiGroups:
      - storage.k8s.io
    resources:
      - storageclasses
    verbs:
      - get
      - list
      - watch
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: local-path-provisioner
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: local-path-provisioner
subjects:
  - kind: ServiceAccount
    name: local-path-provisioner
    namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: local-path-provisioner
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: local-path-provisioner
subjects:
  - kind: ServiceAccount
    name: local-path-provisioner
    namespace: kube-system
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: local-path-config
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
data:
  config.json: '\''{"nodePathMap":[{"node":"DEFAULT_PATH_FOR_NON_LISTED_NODES","paths":["/opt/local-path-provisioner/"]}]}'\''
  setup: |
    #!/bin/sh
    set -eu
    mkdir -m 0777 -p "$VOL_DIR"
  teardown: |
    #!/bin/sh
    set -eu
    rm -rf "$VOL_DIR"
  helperPod.yaml: '\''{"apiVersion":"v1","kind":"Pod","metadata":{"name":"helper-pod"},"spec":{"priorityClassName":"system-node-critical","tolerations":[{"key":"node.kubernetes.io/disk-pressure","operator":"Exists","effect":"NoSchedule"}],"containers":[{"name":"helper-pod","image":"docker.io/library/busybox:1.37.0","imagePullPolicy":"IfNotPresent"}]}}'\''
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: local-path-provisioner
  namespace: kube-system
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
spec:
  replicas: 1
  selector:
    matchLabels:
      k8s-app: local-path-provisioner
  template:
    metadata:
      labels:
        k8s-app: local-path-provisioner
    spec:
      serviceAccountName: local-path-provisioner
      priorityClassName: system-cluster-critical
      containers:
        - name: local-path-provisioner
          image: docker.io/rancher/local-path-provisioner:v0.0.30
          imagePullPolicy: IfNotPresent
          command:
            - local-path-provisioner
            - start
            - --config
            - /etc/config/config.json
          env:
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            - name: SERVICE_ACCOUNT_NAME
              value: local-path-provisioner
            - name: CONFIG_MOUNT_PATH
              value: /etc/config/
          volumeMounts:
            - name: config
              mountPath: /etc/config/
      volumes:
        - name: config
          configMap:
            name: local-path-config
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: local-path
  annotations:
    storageclass.kubernetes.io/is-default-class: "true"
  labels:
    k8s-app: local-path-provisioner
    kubewright/addon: local-path-provisioner
provisioner: rancher.io/local-path
reclaimPolicy: Delete
volumeBindingMode: WaitForFirstConsumer
'
found=$(printf '%s' "$objects" | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get --ignore-not-found -f - -o 'jsonpath={range .items[*]}{.metadata.labels['\''kubewright/addon'\'']}{"\t"}{.kind}{" "}{.metadata.name}{"\n"}{end}')
foreign=$(printf '%s' "$found" | awk -F '	' -v name=local-path-provisioner 'NF && $1 != name { printf "%s%s", sep, $2; sep = ", " }')
[ -z "$foreign" ] || { echo "already there, and not installed by Kubewright: $foreign"; exit 1; }
end=$(( $(date +%s) + 90 ))
until said=$( ( printf '%s' "$objects" | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - ) 2>&1 ); do
  if [ "$(date +%s)" -ge "$end" ] || ! printf '%s
' "$said" | grep -Eq 'connection refused|was refused - did you specify|connection reset by peer|client connection lost|TLS handshake timeout|i/o timeout|: EOF$|unexpected EOF|Error from server \((ServiceUnavailable|Timeout)\)|etcdserver: (request timed out|leader changed)|status\.conditions accessor error: <nil>|no matches for kind'; then
    printf '%s
' "$said"
    exit 1
  fi
  sleep 2
done
printf '%s
' "$said"

# local-path-provisioner/works: Wait until local-path-provisioner works
# (changes nothing)
## check
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system rollout status deployment local-path-provisioner --watch=false)
case $state in *'successfully rolled out'*) ;; *) echo "$state"; exit 1 ;; esac
class=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s get storageclass local-path -o jsonpath={.provisioner})
[ "$class" = rancher.io/local-path ] || { echo 'there is no storage class local-path'; exit 1; }
## apply
hopeless() {
troubled() {
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system get pods -l 'k8s-app=local-path-provisioner' -o 'jsonpath={range .items[*]}{"p\t"}{.metadata.name}{"\t"}{.spec.nodeName}{"\n"}{range .status.initContainerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{range .status.containerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{end}' | awk -F '\t' -v OFS='\t' '
    $1 == "p" {pod = $2; node = $3 == "" ? "no-node" : $3}
    $1 == "c" && $3 != "true" && $5 != "" && $5 != "PodInitializing" && $5 != "ContainerCreating" {print node, pod, $2, $4, $5, $6 == "" ? "-" : $6}'
}
tab=$(printf '\t')
# Of a crash the line that names it; numbers and addresses differ each time.
last_words() {
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system logs "$1" -c "$2" --previous --tail=60 2>/dev/null |
    awk '/panic:|fatal|FATAL|rror/ && !first {first = $0} NF {last = $0} END {print first != "" ? first : last}' | cut -c1-300
}
set +eu
list=$(troubled)
missing=$(printf '%s\n' "$list" | grep -E 'ErrImagePull|ImagePullBackOff' | grep -E 'not found|manifest unknown' | head -n 1)
if [ -n "$missing" ]; then
  printf '%s\n' "$missing" | awk -F '\t' '{print $3 " on " $1 ": its image does not exist: " $6}' | cut -c1-500
  exit 0
fi
printf '%s\n' "$list" | grep CrashLoopBackOff | while IFS="$tab" read -r node pod container restarts rest; do
  words=$(last_words "$pod" "$container")
  [ -z "$words" ] || printf '%s %s %s %s\n' "$pod" "$container" "$restarts" "$(printf '%s' "$words" | tr -d '0-9')"
done >>"$notes"
again=$(sort -u "$notes" | awk '{key = $2 " of " $1; $1 = $2 = $3 = ""; if (++n[key $0] == 3) {print key; exit}}')
[ -n "$again" ] || exit 1
echo "$again crashed three times with the same words"
exit 0
}
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
next=$(( $(date +%s) + 10 ))
stay_hopeful() {
  [ "$(date +%s)" -ge "$next" ] || return 0
  if bad=$( (set -eu; hopeless) 2>/dev/null ); then
    printf '%s\n' "$bad"
    echo 'gave up: waiting does not make this better'
    exit 1
  fi
  next=$(( $(date +%s) + 10 ))
}
look() {
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system rollout status deployment local-path-provisioner --watch=false)
case $state in *'successfully rolled out'*) ;; *) echo "$state"; exit 1 ;; esac
class=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s get storageclass local-path -o jsonpath={.provisioner})
[ "$class" = rancher.io/local-path ] || { echo 'there is no storage class local-path'; exit 1; }
}
end=$(( $(date +%s) + 300 ))
while :; do
  set +e
  out=$( (set -eu; look) 2>&1 ); rc=$?
  set -e
  [ $rc -ne 0 ] || break
  if [ "$(date +%s)" -ge "$end" ]; then
    printf '%s
' "$out"
    echo 'gave up after 300 s'
    exit 1
  fi
  stay_hopeful; sleep 2
done
