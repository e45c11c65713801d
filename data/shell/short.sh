# Short commands around kubectl: $1 is the command, the rest is what was typed after it.
set -u
name=$1
shift
print=${KUBEWRIGHT_SHELL_PRINT:+also}
tab=$(printf '\t')

say() { printf '%s\n' "$*" >&2; }
fail() {
  code=$1
  shift
  say "$name: $*"
  exit "$code"
}

usage() {
  case $name in
    kgp) say 'kgp [NAMESPACE | -A] [flags of kubectl get]: the pods' ;;
    kgpww) say 'kgpww [NAMESPACE | -A]: the pods with address and node, as they change' ;;
    kgpws) say 'kgpws [NAMESPACE]: the pods of all namespaces, or of one, by node' ;;
    kee) say 'kee [NUMBER | POD] [-c [CONTAINER]] [-n NAMESPACE] [-- COMMAND]: bash in a pod of this namespace' ;;
    keq) say 'keq [NAMESPACE | -A] [NUMBER | POD] [-c [CONTAINER]] [-- COMMAND]: a shell in a pod that you pick; -c picks the container' ;;
    kl) say 'kl [NAMESPACE | -A] [NUMBER | POD] [-c [CONTAINER]] [flags of kubectl logs]: the log of a pod that you pick' ;;
    kdp) say 'kdp [NAMESPACE | -A] [NUMBER | POD]: what kubectl describe says of a pod that you pick' ;;
  esac
  say '--print shows the line of kubectl and does not run it.'
}

# The line as it can be typed.
line() {
  out=kubectl
  for word in "$@"; do
    case $word in
      '' | *[!A-Za-z0-9_./:=,@%+-]*) word="'$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'" ;;
    esac
    out="$out $word"
  done
  printf '%s\n' "$out"
}

need_kubectl() {
  command -v kubectl > /dev/null 2>&1 || fail 127 'kubectl is not installed, or not on the PATH'
}

run() {
  if [ "$print" = only ]; then
    line "$@"
    exit 0
  fi
  need_kubectl
  [ -z "$print" ] || line "$@" >&2
  exec kubectl "$@"
}

# Asks the cluster, the same one as the command itself will.
query() {
  kubectl ${kubeconfig:+--kubeconfig "$kubeconfig"} ${context:+--context "$context"} --request-timeout=10s "$@"
}

# What kubectl printed instead of an answer.
no_answer() {
  say "$name: kubectl gets no answer from the cluster"
  say "  $(printf '%s\n' "$1" | grep -v '^[EIWF][0-9]' | tail -n 1)"
  fail 1 'which one it asks: kubectl config get-contexts. kubewright kubeconfig -i INVENTORY --merge adds one'
}

namespaces() { query get namespaces --no-headers -o custom-columns=N:.metadata.name; }

check_namespace() {
  need_kubectl
  if ! known=$(namespaces 2>&1); then
    case $known in *[Ff]orbidden*) return ;; esac
    no_answer "$known"
  fi
  # Warnings have spaces, names have none.
  known=$(printf '%s\n' "$known" | grep -v ' ')
  printf '%s\n' "$known" | grep -qxF -e "$namespace" && return
  fail 1 "there is no namespace $namespace; there are: $(printf '%s\n' "$known" | paste -sd ' ' -)"
}

# One line of $list into $chosen.
choose() {
  count=$(printf '%s\n' "$list" | grep -c '')
  if [ "$count" -eq 1 ]; then
    chosen=$list
  elif [ -t 0 ] && [ -t 2 ] && [ "${KUBEWRIGHT_PICKER:-fzf}" = fzf ] && command -v fzf > /dev/null 2>&1; then
    chosen=$(printf '%s\n' "$list" | fzf --height=40% --reverse --prompt="$1> ") || fail 130 'nothing was chosen'
  else
    printf '%s\n' "$list" | awk '{ printf "%3d  %s\n", NR, $0 }' >&2
    chosen=
    while [ -z "$chosen" ]; do
      printf 'Number of the %s (1-%d): ' "$1" "$count" >&2
      answer=
      IFS= read -r answer || [ -n "$answer" ] || {
        say ''
        fail 130 'nothing was chosen'
      }
      number "$answer" || say "There is no number $answer"
    done
  fi
}

# Line number $1 of $list into $chosen.
number() {
  case $1 in '') fail 130 'nothing was chosen' ;; *[!0-9]* | 0*) return 1 ;; esac
  chosen=$(printf '%s\n' "$list" | awk -v n="$1" 'NR == n')
  [ -n "$chosen" ]
}

# Asks for pods, or takes the one that was named; then $namespace and $pod are known.
find_pod() {
  need_kubectl
  columns=POD:.metadata.name,STATUS:.status.phase,NODE:.spec.nodeName
  if [ -n "$all" ]; then
    list=$(query get pods -A --no-headers -o "custom-columns=NAMESPACE:.metadata.namespace,$columns" 2>&1) || no_answer "$list"
  else
    list=$(query get pods ${namespace:+-n "$namespace"} --no-headers -o "custom-columns=$columns" 2>&1) || no_answer "$list"
  fi
  case $list in
    '' | 'No resources found'*)
      [ -z "$all" ] || fail 1 'there are no pods'
      fail 1 "there are no pods in ${namespace:-this namespace}"
      ;;
  esac
  case $pod in
    '') choose pod ;;
    *[!0-9]*)
      chosen=$(printf '%s\n' "$list" | awk -v pod="$pod" -v at="${all:+2}" '$(at == "" ? 1 : at) == pod' | head -n 1)
      [ -n "$chosen" ] || fail 1 "there is no pod $pod in ${namespace:-this namespace}"
      ;;
    *) number "$pod" || fail 1 "there is no pod number $pod; there are $(printf '%s\n' "$list" | grep -c '')" ;;
  esac
  pod=$(printf '%s\n' "$chosen" | awk -v at="${all:+2}" '{ print $(at == "" ? 1 : at) }')
  [ -z "$all" ] || namespace=$(printf '%s\n' "$chosen" | awk '{ print $1 }')
}

containers() {
  kinds='{range .spec.containers[*]}{.name}{"\n"}{end}'
  [ "$name" != kl ] || kinds="$kinds{range .spec.initContainers[*]}{.name}{\"\\n\"}{end}"
  query get pod ${namespace:+-n "$namespace"} "$1" -o "jsonpath=$kinds"
}

find_container() {
  list=$(containers "$pod" 2>&1) || no_answer "$list"
  if [ -n "$container" ]; then
    printf '%s\n' "$list" | grep -qxF -e "$container" ||
      fail 1 "$pod has no container $container; it has: $(printf '%s\n' "$list" | paste -sd ' ' -)"
  else
    choose container
    container=$chosen
  fi
}

# Words for Tab. $name is the command, $@ what is typed after it, the last one incomplete.
complete_words() {
  namespace= container= pod= all= previous= at=0
  while [ $# -gt 1 ]; do
    case $previous in
      -n | --namespace) namespace=$1 at=1 ;;
      -c | --container) container=$1 ;;
      *)
        case $1 in
          -A) all=all at=1 ;;
          -*) ;;
          *)
            case $at in 0) namespace=$1 ;; 1) pod=$1 ;; esac
            at=$((at + 1))
            ;;
        esac
        ;;
    esac
    previous=$1
    shift
  done
  # kee has no namespace in front of the pod.
  [ "$name" != kee ] || at=1
  case $previous/$1/$name/$at in
    -n/* | --namespace/*) words=$(namespaces) ;;
    -c/*/k[el]*) words=$([ -z "$pod" ] || containers "$pod") ;;
    */-*/kgp/* | */-*/kgpww/*) words='-n -A --print' ;;
    */-*/kdp/*) words='-n -A --print' ;;
    */-*/kgpws/*) words='-n --print' ;;
    */-*/*) words='-n -A -c --print' ;;
    */0) words=$(namespaces) ;;
    */k[eld][epq]/1 | */kl/1)
      words=$(query get pods ${namespace:+-n "$namespace"} ${all:+-A} --no-headers -o custom-columns=N:.metadata.name)
      ;;
    *) words= ;;
  esac
  for word in $words; do
    case $word in "$1"*) printf '%s\n' "$word" ;; esac
  done
}

kubeconfig= context=
if [ "$name" = --complete ]; then
  name=$1
  shift
  complete_words "$@"
  exit 0
fi

# These are kubectl with a few words less to type.
case $name in
  kg | ka | kc | ks | ke | kgw)
    n=$#
    while [ "$n" -gt 0 ]; do
      word=$1
      shift
      n=$((n - 1))
      if [ "$word" = --print ]; then print=only; else set -- "$@" "$word"; fi
    done
    case $name in
      kg) run get "$@" ;;
      ka) run apply -f "$@" ;;
      kc) run create "$@" ;;
      ks) run scale "$@" ;;
      ke) run get "$@" -o yaml ;;
      kgw) run get "$@" -o wide ;;
    esac
    ;;
esac

namespace= pod= container= all= pick= command=
n=$#
while [ "$n" -gt 0 ]; do
  word=$1
  shift
  n=$((n - 1))
  if [ -n "$command" ]; then
    set -- "$@" "$word"
    continue
  fi
  case $word in
    --print) print=only ;;
    -h | --help)
      usage
      exit 0
      ;;
    -A | --all-namespaces) all=all ;;
    --namespace=*) namespace=${word#*=} ;;
    --context=*) context=${word#*=} ;;
    --kubeconfig=*) kubeconfig=${word#*=} ;;
    -n | --namespace | --context | --kubeconfig)
      [ "$n" -gt 0 ] || fail 2 "$word needs a value"
      case $word in --context) context=$1 ;; --kubeconfig) kubeconfig=$1 ;; *) namespace=$1 ;; esac
      shift
      n=$((n - 1))
      ;;
    -c | --container)
      pick=yes
      case ${1-} in '' | -*) ;; *) [ "$n" -eq 0 ] || {
        container=$1
        shift
        n=$((n - 1))
      } ;; esac
      ;;
    --)
      command=yes
      set -- "$@" --
      ;;
    # Flags of kubectl whose value is the next word.
    -o | -l | -L | --output | --selector | --field-selector | --sort-by | --label-columns | --tail | --since | --since-time | --limit-bytes)
      [ "$n" -gt 0 ] || fail 2 "$word needs a value"
      set -- "$@" "$word" "$1"
      n=$((n - 1))
      shift
      ;;
    -*) set -- "$@" "$word" ;;
    *)
      if [ "$name" != kee ] && [ -z "$namespace$all" ]; then namespace=$word
      elif [ -z "$pod" ] && [ "${name#kg}" = "$name" ]; then pod=$word
      else
        usage
        fail 2 "one word too many: $word"
      fi
      ;;
  esac
done
[ -z "$namespace" ] || [ -z "$all" ] || fail 2 'a namespace and -A exclude each other'
[ -z "$namespace" ] || check_namespace
# kubectl's own words for where.
if [ -n "$all" ]; then where=-A; else where=${namespace:+-n$tab$namespace}; fi
where="${context:+--context$tab$context$tab}${kubeconfig:+--kubeconfig$tab$kubeconfig$tab}$where"

# Runs kubectl with the words of $where behind the verb.
run_in() {
  IFS=$tab
  # shellcheck disable=SC2086
  set -f -- $verb $where "$@"
  set +f
  unset IFS
  run "$@"
}

case $name in
  kgp) verb="get${tab}pods" run_in "$@" ;;
  kgpww) verb="get${tab}pods" run_in -o wide --watch "$@" ;;
  kgpws)
    [ -n "$where" ] || where=-A
    verb="get${tab}pods" run_in -o wide --sort-by=.spec.nodeName "$@"
    ;;
esac

find_pod
where="${context:+--context$tab$context$tab}${kubeconfig:+--kubeconfig$tab$kubeconfig$tab}${namespace:+-n$tab$namespace}"
[ -z "$pick" ] || find_container
case $name in
  kdp) verb="describe${tab}pod" run_in "$pod" "$@" ;;
  kl) verb=logs run_in "$pod" ${container:+-c "$container"} "$@" ;;
  kee | keq)
    tty=-i
    if [ -t 0 ] || [ "$print" = only ]; then tty=-it; fi
    if [ -z "$command" ]; then
      if [ "$name" = kee ]; then set -- "$@" -- bash; else set -- "$@" -- sh; fi
    fi
    verb="exec${tab}$tty" run_in "$pod" ${container:+-c "$container"} "$@"
    ;;
esac
fail 2 'there is no such short command'
