# kubectl for zsh: completion, k, and short commands. Written by kubewright shell.
_kubewright_program=@PROGRAM@
_kubewright_short() { command sh -c "$_kubewright_program" kubewright-short "$@"; }

# Loads kubectl's own completion at the first Tab: each new shell would wait for it.
_kubewright_kubectl() {
  if (( ! ${+functions[_kubectl]} )); then
    (( ${+commands[kubectl]} )) || return 1
    eval "$(kubectl completion zsh 2> /dev/null)"
    (( ${+functions[_kubectl]} )) || return 1
  fi
  words[1]=kubectl
  _kubectl
}

# kg as kubectl get.
_kubewright_as() {
  local -a verb
  case $words[1] in
    kg | kgw | ke) verb=(get) ;;
    ka) verb=(apply -f) ;;
    kc) verb=(create) ;;
    ks) verb=(scale) ;;
  esac
  words=(kubectl $verb "${(@)words[2,-1]}")
  (( CURRENT += ${#verb} ))
  _kubewright_kubectl
}

_kubewright_complete() {
  local -a found
  found=("${(@f)$(_kubewright_short --complete "${(@)words[1,CURRENT]}" 2> /dev/null)}")
  found=(${found:#})
  (( ${#found} )) && compadd -- $found
}

(( ${+functions[compdef]} )) || { autoload -Uz compinit && compinit -u }
(( ${+_comps[kubectl]} )) || compdef _kubewright_kubectl kubectl
if ! type k > /dev/null 2>&1; then
  alias k=kubectl
  compdef _kubewright_kubectl k
fi
# What you have under such a name already stays yours.
for _kubewright_name in kg ka kc ks ke kgw kgp kgpww kgpws kee keq kl kdp; do
  type "$_kubewright_name" > /dev/null 2>&1 && continue
  eval "$_kubewright_name() { _kubewright_short $_kubewright_name \"\$@\"; }"
  case $_kubewright_name in
    kg | ka | kc | ks | ke | kgw) compdef _kubewright_as "$_kubewright_name" ;;
    *) compdef _kubewright_complete "$_kubewright_name" ;;
  esac
done
unset _kubewright_name
