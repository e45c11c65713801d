/** ConfigMaps of kube-system that tell how the cluster is set up. */
const CONFIG_MAPS = ['kubeadm-config', 'kubelet-config', 'kube-proxy', 'calico-config', 'kubewright'];

/** Go's templates for kubectl, which print the probe's lines behind `kw-`. `or …` gives a word for what is not set. */
export const API_TEMPLATES = {
  objects: [
    '{{range .items}}',
    '{{if eq .kind "Node"}}{{$ready := "False"}}{{$why := ""}}',
    '{{range .status.conditions}}{{if eq .type "Ready"}}{{$ready = .status}}{{$why = or .message ""}}{{end}}{{end}}',
    '{{if ne $ready "True"}}kw-node-why\t{{.metadata.name}} {{printf "%q" $why}}{{"\\n"}}{{end}}',
    '{{$ip := "-"}}{{range .status.addresses}}{{if eq .type "InternalIP"}}{{if eq $ip "-"}}{{$ip = .address}}{{end}}{{end}}{{end}}',
    'kw-api-node\t{{.metadata.name}} {{.status.nodeInfo.kubeletVersion}} {{.status.nodeInfo.containerRuntimeVersion}} {{$ready}}',
    ' {{if .spec.unschedulable}}cordoned{{else}}-{{end}} {{$ip}} {{or .spec.podCIDR "-"}} ',
    '{{range $k, $v := .metadata.labels}}{{if eq (printf "%.24s" $k) "node-role.kubernetes.io/"}}{{$k}},{{end}}{{end}}',
    '{{$taint := "-"}}{{range .spec.taints}}{{if eq .effect "NoSchedule"}}{{$taint = "tainted"}}{{end}}{{end}} {{$taint}}{{"\\n"}}',
    '{{else if eq .kind "ConfigMap"}}',
    `{{$cm := .metadata.name}}{{if or ${CONFIG_MAPS.map((n) => `(eq $cm "${n}")`).join(' ')}}}`,
    '{{range $k, $v := .data}}kw-configmap\t{{$cm}} {{$k}} {{printf "%q" $v}}{{"\\n"}}{{end}}{{end}}',
    '{{else if eq .kind "Service"}}kw-service\t{{.metadata.name}}{{"\\n"}}',
    '{{else if eq .kind "IPPool"}}kw-pool\t{{.metadata.name}} {{.spec.cidr}} {{or .spec.blockSize 26}} {{or .spec.ipipMode "Never"}}',
    ' {{or .spec.vxlanMode "Never"}} {{if .spec.natOutgoing}}nat{{else}}-{{end}} {{if .spec.disabled}}disabled{{else}}-{{end}}{{"\\n"}}',
    '{{else}}kw-workload\t{{.kind}} {{.metadata.name}} {{range .spec.template.spec.containers}}{{.image}},{{end}}{{"\\n"}}',
    '{{end}}{{end}}',
  ].join(''),
  pods: [
    '{{range .items}}{{$node := .spec.nodeName}}{{$pod := .}}{{range .status.containerStatuses}}{{$name := .name}}',
    '{{if .state.running}}kw-control-pod\t{{$node}} {{$name}} ',
    '{{range $pod.spec.containers}}{{if eq .name $name}}{{.image}}{{end}}{{end}}{{"\\n"}}{{end}}',
    '{{end}}{{end}}',
  ].join(''),
} as const;
