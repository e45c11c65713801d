# metrics-server/apply: Apply metrics-server
## check
printf '%s' 'apiVersion: v1
kind: ServiceAccount
metadata:
  name: metrics-server
  namespace: kube-system
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:aggregated-metrics-reader
  labels:
    k8s-app: metrics-server
    rbac.authorization.k8s.io/aggregate-to-view: "true"
    rbac.authorization.k8s.io/aggregate-to-edit: "true"
    rbac.authorization.k8s.io/aggregate-to-admin: "true"
    kubewright/addon: metrics-server
rules:
  - apiGroups:
      - metrics.k8s.io
    resources:
      - pods
      - nodes
    verbs:
      - get
      - list
      - watch
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:metrics-server
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
rules:
  - apiGroups:
      - ""
    resources:
      - nodes/metrics
    verbs:
      - get
  - apiGroups:
      - ""
    resources:
      - pods
      - nodes
    verbs:
      - get
      - list
      - watch
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: system:metrics-server
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:metrics-server
subjects:
  - kind: ServiceAccount
    name: metrics-server
    namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: metrics-server:system:auth-delegator
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:auth-delegator
subjects:
  - kind: ServiceAccount
    name: metrics-server
    namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: metrics-server-auth-reader
  namespace: kube-system
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: extension-apiserver-authentication-reader
subjects:
  - kind: ServiceAccount
    name: metrics-server
    namespace: kube-system
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: metrics-server
  namespace: kube-system
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
spec:
  selector:
    matchLabels:
      k8s-app: metrics-server
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  template:
    metadata:
      labels:
        k8s-app: metrics-server
    spec:
      serviceAccountName: metrics-server
      priorityClassName: system-cluster-critical
      nodeSelector:
        kubernetes.io/os: linux
      tolerations:
        - key: node-role.kubernetes.io/control-plane
          operator: Exists
          effect: NoSchedule
      containers:
        - name: metrics-server
          image: registry.k8s.io/metrics-server/metrics-server:v0.9.0
          imagePullPolicy: IfNotPresent
          args:
            - --cert-dir=/tmp
            - --secure-port=10250
            - --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
            - --kubelet-use-node-status-port
            - --metric-resolution=15s
            - --kubelet-insecure-tls
          ports:
            - name: https
              containerPort: 10250
              protocol: TCP
          livenessProbe:
            httpGet:
              path: /livez
              port: https
              scheme: HTTPS
            periodSeconds: 10
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /readyz
              port: https
              scheme: HTTPS
            periodSeconds: 10
            failureThreshold: 3
            initialDelaySeconds: 20
          resources:
            requests:
              cpu: 100m
              memory: 200Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            runAsUser: 1000
            seccompProfile:
              type: RuntimeDefault
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
---
apiVersion: v1
kind: Service
metadata:
  name: metrics-server
  namespace: kube-system
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
spec:
  selector:
    k8s-app: metrics-server
  ports:
    - name: https
      port: 443
      protocol: TCP
      targetPort: https
      appProtocol: https
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: v1beta1.metrics.k8s.io
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service:
    name: metrics-server
    namespace: kube-system
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf diff -f - >/dev/null
## apply
objects='apiVersion: v1
kind: ServiceAccount
metadata:
  name: metrics-server
  namespace: kube-system
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:aggregated-metrics-reader
  labels:
    k8s-app: metrics-server
    rbac.authorization.k8s.io/aggregate-to-view: "true"
    rbac.authorization.k8s.io/aggregate-to-edit: "true"
    rbac.authorization.k8s.io/aggregate-to-admin: "true"
    kubewright/addon: metrics-server
rules:
  - apiGroups:
      - metrics.k8s.io
    resources:
      - pods
      - nodes
    verbs:
      - get
      - list
      - watch
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:metrics-server
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
rules:
  - apiGroups:
      - ""
    resources:
      - nodes/metrics
    verbs:
      - get
  - apiGroups:
      - ""
    resources:
      - pods
      - nodes
    verbs:
      - get
      - list
      - watch
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: system:metrics-server
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:metrics-server
subjects:
  - kind: ServiceAccount
    name: metrics-server
    namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: metrics-server:system:auth-delegator
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:auth-delegator
subjects:
  - kind: ServiceAccount
    name: metrics-server
    namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: metrics-server-auth-reader
  namespace: kube-system
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: extension-apiserver-authentication-reader
subjects:
  - kind: ServiceAccount
    name: metrics-server
    namespace: kube-system
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: metrics-server
  namespace: kube-system
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
spec:
  selector:
    matchLabels:
      k8s-app: metrics-server
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  template:
    metadata:
      labels:
        k8s-app: metrics-server
    spec:
      serviceAccountName: metrics-server
      priorityClassName: system-cluster-critical
      nodeSelector:
        kubernetes.io/os: linux
      tolerations:
        - key: node-role.kubernetes.io/control-plane
          operator: Exists
          effect: NoSchedule
      containers:
        - name: metrics-server
          image: registry.k8s.io/metrics-server/metrics-server:v0.9.0
          imagePullPolicy: IfNotPresent
          args:
            - --cert-dir=/tmp
            - --secure-port=10250
            - --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
            - --kubelet-use-node-status-port
            - --metric-resolution=15s
            - --kubelet-insecure-tls
          ports:
            - name: https
              containerPort: 10250
              protocol: TCP
          livenessProbe:
            httpGet:
              path: /livez
              port: https
              scheme: HTTPS
            periodSeconds: 10
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /readyz
              port: https
              scheme: HTTPS
            periodSeconds: 10
            failureThreshold: 3
            initialDelaySeconds: 20
          resources:
            requests:
              cpu: 100m
              memory: 200Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            runAsUser: 1000
            seccompProfile:
              type: RuntimeDefault
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
---
apiVersion: v1
kind: Service
metadata:
  name: metrics-server
  namespace: kube-system
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
spec:
  selector:
    k8s-app: metrics-server
  ports:
    - name: https
      port: 443
      protocol: TCP
      targetPort: https
      appProtocol: https
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: v1beta1.metrics.k8s.io
  labels:
    k8s-app: metrics-server
    kubewright/addon: metrics-server
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service:
    name: metrics-server
    namespace: kube-system
'
found=$(printf '%s' "$objects" | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get --ignore-not-found -f - -o 'jsonpath={range .items[*]}{.metadata.labels['\''kubewright/addon'\'']}{"\t"}{.kind}{" "}{.metadata.name}{"\n"}{end}')
foreign=$(printf '%s' "$found" | awk -F '	' -v name=metrics-server 'NF && $1 != name { printf "%s%s", sep, $2; sep = ", " }')
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

# metrics-server/works: Wait until metrics-server works
# (changes nothing)
## check
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system rollout status deployment metrics-server --watch=false)
case $state in *'successfully rolled out'*) ;; *) echo "$state"; exit 1 ;; esac
api=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s get apiservice v1beta1.metrics.k8s.io -o 'jsonpath={.status.conditions[?(@.type=="Available")].status} {.status.conditions[?(@.type=="Available")].message}')
case $api in 'True '*) ;; *) echo "the API server does not reach the metrics API: ${api#False }"; exit 1 ;; esac
top=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s top nodes --no-headers 2>&1) || { echo "kubectl top nodes: $top"; exit 1; }
case $top in *%*) ;; *) echo "kubectl top nodes: $top"; exit 1 ;; esac
## apply
hopeless() {
troubled() {
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system get pods -l 'k8s-app=metrics-server' -o 'jsonpath={range .items[*]}{"p\t"}{.metadata.name}{"\t"}{.spec.nodeName}{"\n"}{range .status.initContainerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{range .status.containerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{end}' | awk -F '\t' -v OFS='\t' '
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
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system rollout status deployment metrics-server --watch=false)
case $state in *'successfully rolled out'*) ;; *) echo "$state"; exit 1 ;; esac
api=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s get apiservice v1beta1.metrics.k8s.io -o 'jsonpath={.status.conditions[?(@.type=="Available")].status} {.status.conditions[?(@.type=="Available")].message}')
case $api in 'True '*) ;; *) echo "the API server does not reach the metrics API: ${api#False }"; exit 1 ;; esac
top=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s top nodes --no-headers 2>&1) || { echo "kubectl top nodes: $top"; exit 1; }
case $top in *%*) ;; *) echo "kubectl top nodes: $top"; exit 1 ;; esac
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
