# dashboard-insecure-lab/apply: Apply dashboard-insecure-lab
## check
printf '%s' 'apiVersion: v1
kind: ServiceAccount
metadata:
  name: dashboard-insecure-lab
  namespace: kube-system
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: dashboard-insecure-lab
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - kind: ServiceAccount
    name: dashboard-insecure-lab
    namespace: kube-system
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: dashboard-insecure-lab
  namespace: kube-system
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
spec:
  podSelector:
    matchLabels:
      k8s-app: dashboard-insecure-lab
  policyTypes:
    - Ingress
  ingress:
    - from:
        - ipBlock:
            cidr: 192.168.1.0/24
      ports:
        - protocol: TCP
          port: 4466
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: dashboard-insecure-lab
  namespace: kube-system
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
spec:
  replicas: 1
  selector:
    matchLabels:
      k8s-app: dashboard-insecure-lab
  template:
    metadata:
      labels:
        k8s-app: dashboard-insecure-lab
    spec:
      serviceAccountName: dashboard-insecure-lab
      nodeSelector:
        kubernetes.io/hostname: m11-k8s
      tolerations:
        - key: node-role.kubernetes.io/control-plane
          operator: Exists
          effect: NoSchedule
      containers:
        - name: dashboard-insecure-lab
          image: ghcr.io/headlamp-k8s/headlamp:v0.45.0
          imagePullPolicy: IfNotPresent
          args:
            - -in-cluster
            - -in-cluster-context-name=main
            - -unsafe-use-service-account-token
          ports:
            - name: http
              containerPort: 4466
              protocol: TCP
          livenessProbe:
            httpGet:
              path: /
              port: http
              scheme: HTTP
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
            initialDelaySeconds: 10
          readinessProbe:
            httpGet:
              path: /
              port: http
              scheme: HTTP
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          resources:
            requests:
              cpu: 50m
              memory: 64Mi
            limits:
              memory: 512Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            runAsUser: 100
            runAsGroup: 101
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
  name: dashboard-insecure-lab
  namespace: kube-system
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector:
    k8s-app: dashboard-insecure-lab
  ports:
    - name: http
      port: 80
      protocol: TCP
      targetPort: http
      nodePort: 31000
' | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf diff -f - >/dev/null
## apply
objects='apiVersion: v1
kind: ServiceAccount
metadata:
  name: dashboard-insecure-lab
  namespace: kube-system
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: dashboard-insecure-lab
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - kind: ServiceAccount
    name: dashboard-insecure-lab
    namespace: kube-system
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: dashboard-insecure-lab
  namespace: kube-system
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
spec:
  podSelector:
    matchLabels:
      k8s-app: dashboard-insecure-lab
  policyTypes:
    - Ingress
  ingress:
    - from:
        - ipBlock:
            cidr: 192.168.1.0/24
      ports:
        - protocol: TCP
          port: 4466
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: dashboard-insecure-lab
  namespace: kube-system
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
spec:
  replicas: 1
  selector:
    matchLabels:
      k8s-app: dashboard-insecure-lab
  template:
    metadata:
      labels:
        k8s-app: dashboard-insecure-lab
    spec:
      serviceAccountName: dashboard-insecure-lab
      nodeSelector:
        kubernetes.io/hostname: m11-k8s
      tolerations:
        - key: node-role.kubernetes.io/control-plane
          operator: Exists
          effect: NoSchedule
      containers:
        - name: dashboard-insecure-lab
          image: ghcr.io/headlamp-k8s/headlamp:v0.45.0
          imagePullPolicy: IfNotPresent
          args:
            - -in-cluster
            - -in-cluster-context-name=main
            - -unsafe-use-service-account-token
          ports:
            - name: http
              containerPort: 4466
              protocol: TCP
          livenessProbe:
            httpGet:
              path: /
              port: http
              scheme: HTTP
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
            initialDelaySeconds: 10
          readinessProbe:
            httpGet:
              path: /
              port: http
              scheme: HTTP
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          resources:
            requests:
              cpu: 50m
              memory: 64Mi
            limits:
              memory: 512Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            runAsUser: 100
            runAsGroup: 101
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
  name: dashboard-insecure-lab
  namespace: kube-system
  labels:
    k8s-app: dashboard-insecure-lab
    kubewright/addon: dashboard-insecure-lab
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector:
    k8s-app: dashboard-insecure-lab
  ports:
    - name: http
      port: 80
      protocol: TCP
      targetPort: http
      nodePort: 31000
'
found=$(printf '%s' "$objects" | /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get --ignore-not-found -f - -o 'jsonpath={range .items[*]}{.metadata.labels['\''kubewright/addon'\'']}{"\t"}{.kind}{" "}{.metadata.name}{"\n"}{end}')
foreign=$(printf '%s' "$found" | awk -F '	' -v name=dashboard-insecure-lab 'NF && $1 != name { printf "%s%s", sep, $2; sep = ", " }')
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

# dashboard-insecure-lab/works: Wait until dashboard-insecure-lab works
# (changes nothing)
## check
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system rollout status deployment dashboard-insecure-lab --watch=false)
case $state in *'successfully rolled out'*) ;; *) echo "$state"; exit 1 ;; esac
said=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --kubeconfig=/dev/null --server=http://192.168.1.11:31000 --request-timeout=10s get --raw /clusters/main/version 2>&1) ||
  { echo "port 31000 does not answer: $said"; exit 1; }
case $said in *gitVersion*) ;; *) echo "port 31000 answers: $said"; exit 1 ;; esac
## apply
hopeless() {
troubled() {
  /usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system get pods -l 'k8s-app=dashboard-insecure-lab' -o 'jsonpath={range .items[*]}{"p\t"}{.metadata.name}{"\t"}{.spec.nodeName}{"\n"}{range .status.initContainerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{range .status.containerStatuses[*]}{"c\t"}{.name}{"\t"}{.ready}{"\t"}{.restartCount}{"\t"}{.state.waiting.reason}{"\t"}{.state.waiting.message}{"\n"}{end}{end}' | awk -F '\t' -v OFS='\t' '
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
state=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s -n kube-system rollout status deployment dashboard-insecure-lab --watch=false)
case $state in *'successfully rolled out'*) ;; *) echo "$state"; exit 1 ;; esac
said=$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --kubeconfig=/dev/null --server=http://192.168.1.11:31000 --request-timeout=10s get --raw /clusters/main/version 2>&1) ||
  { echo "port 31000 does not answer: $said"; exit 1; }
case $said in *gitVersion*) ;; *) echo "port 31000 answers: $said"; exit 1 ;; esac
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
