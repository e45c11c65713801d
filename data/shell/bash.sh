# kubectl for bash: completion, k, and short commands. Written by kubewright shell.
_kubewright_program=@PROGRAM@
_kubewright_short() { command sh -c "$_kubewright_program" kubewright-short "$@"; }

# Loads kubectl's own completion at the first Tab: each new shell would wait for it.
_kubewright_kubectl() {
  if ! declare -F __start_kubectl > /dev/null; then
    command -v kubectl > /dev/null 2>&1 || return 0
    eval "$(kubectl completion bash 2> /dev/null)"
    declare -F __start_kubectl > /dev/null || return 0
  fi
  if ! declare -F _get_comp_words_by_ref > /dev/null; then
    [ ! -r /usr/share/bash-completion/bash_completion ] || . /usr/share/bash-completion/bash_completion
    # All that kubectl needs of bash-completion.
    declare -F _get_comp_words_by_ref > /dev/null || _get_comp_words_by_ref() {
      words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
      cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    }
  fi
  __start_kubectl
}

# kg as kubectl get.
_kubewright_as() {
  local -a verb
  case $1 in
    kg | kgw | ke) verb=(get) ;;
    ka) verb=(apply -f) ;;
    kc) verb=(create) ;;
    ks) verb=(scale) ;;
  esac
  local front="kubectl ${verb[*]}"
  COMP_WORDS=(kubectl "${verb[@]}" "${COMP_WORDS[@]:1}")
  COMP_CWORD=$((COMP_CWORD + ${#verb[@]}))
  COMP_POINT=$((COMP_POINT + ${#front} - ${#1}))
  COMP_LINE=$front${COMP_LINE#"$1"}
  _kubewright_kubectl
}

_kubewright_complete() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(_kubewright_short --complete "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2> /dev/null)
}

complete -p kubectl > /dev/null 2>&1 || complete -o default -F _kubewright_kubectl kubectl
if ! type k > /dev/null 2>&1; then
  alias k=kubectl
  complete -o default -F _kubewright_kubectl k
fi
# What you have under such a name already stays yours.
for _kubewright_name in kg ka kc ks ke kgw kgp kgpww kgpws kee keq kl kdp; do
  type "$_kubewright_name" > /dev/null 2>&1 && continue
  eval "$_kubewright_name() { _kubewright_short $_kubewright_name \"\$@\"; }"
  case $_kubewright_name in
    kg | ka | kc | ks | ke | kgw) complete -o default -F _kubewright_as "$_kubewright_name" ;;
    *) complete -F _kubewright_complete "$_kubewright_name" ;;
  esac
done
unset _kubewright_name
