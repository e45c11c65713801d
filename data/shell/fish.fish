# kubectl for fish: completion, k, and short commands. Written by kubewright shell.
set -g _kubewright_program @PROGRAM@
function _kubewright_short
    command sh -c "$_kubewright_program" kubewright-short $argv
end

# Loads kubectl's own completion at the first Tab: each new shell would wait for it.
function _kubewright_kubectl
    command -q kubectl; or return
    kubectl completion fish 2>/dev/null | source
    complete -C (commandline -cp)
end

function _kubewright_complete
    set -l words (commandline -opc) (commandline -ct)
    _kubewright_short --complete $words 2>/dev/null
end

set -l known
for dir in $fish_complete_path
    test -e $dir/kubectl.fish; and set known yes
end
if test -z "$known"
    complete -c kubectl -f -a '(_kubewright_kubectl)'
end
if not type -q k
    function k --wraps kubectl
        kubectl $argv
    end
end
# What you have under such a name already stays yours.
for name in kg ka kc ks ke kgw kgp kgpww kgpws kee keq kl kdp
    type -q $name; and continue
    set -l verb
    switch $name
        case kg kgw ke
            set verb get
        case ka
            set verb apply -f
        case kc
            set verb create
        case ks
            set verb scale
    end
    if test -n "$verb"
        function $name --wraps "kubectl $verb" --inherit-variable name
            _kubewright_short $name $argv
        end
    else
        function $name --inherit-variable name
            _kubewright_short $name $argv
        end
        complete -c $name -f -a '(_kubewright_complete)'
    end
end
