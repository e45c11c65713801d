import type { ShellName } from '../../shortcuts/shells.js';

/**
 * The completion of a shell. Each Tab asks the tool itself (`completion --query -- WORDS`): one candidate per line, its description after
 * a tab; `:files` or `:directories` leave it to the shell.
 * @param name of the command that is completed.
 */
export function completionScript(shell: ShellName, name: string): string {
  const id = name.replaceAll(/\W/g, '_');
  return SCRIPTS[shell].replaceAll('NAME', name).replaceAll('ID', id);
}

const BASH = `# Completion of NAME for bash: source <(NAME completion bash)
_ID_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} current= answer prefix
  local -a words
  read -ra words <<< "$line"
  case $line in *[[:space:]]) words+=('') ;; esac
  current=\${words[\${#words[@]}-1]}
  # readline replaces only what comes after = and :
  prefix=\${current%"\${current##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r answer; do
    answer=\${answer%%$'\\t'*}
    case $answer in
      :*) COMPREPLY=(); return ;;
      *=) compopt -o nospace 2> /dev/null ;;
    esac
    COMPREPLY+=("\${answer#"$prefix"}")
  done < <("$1" completion --query -- "\${words[@]:1}" 2> /dev/null)
}
complete -o bashdefault -o default -F _ID_complete NAME
`;

const ZSH = `#compdef NAME
# Completion of NAME for zsh: source <(NAME completion zsh)
_ID_complete() {
  local answer value
  local -a plain open
  while IFS= read -r answer; do
    case $answer in
      :files) _files; return ;;
      :directories) _files -/; return ;;
    esac
    value=\${answer%%$'\\t'*}
    if [[ $answer == *$'\\t'* ]]; then
      answer="\${value//:/\\\\:}:\${answer#*$'\\t'}"
    else
      answer=\${value//:/\\\\:}
    fi
    if [[ $value == *= ]]; then open+=("$answer"); else plain+=("$answer"); fi
  done < <("\${words[1]}" completion --query -- "\${(@)words[2,CURRENT]}" 2> /dev/null)
  (( \${#open} )) && _describe -t values NAME open -S ''
  (( \${#plain} )) && _describe -t values NAME plain
}
(( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit -u }
compdef _ID_complete NAME
`;

const FISH = `# Completion of NAME for fish: NAME completion fish | source
function __ID_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l tool $words[1]
  set -e words[1]
  for answer in ($tool completion --query -- $words "$current" 2> /dev/null)
    switch $answer
      case ':files'
        __fish_complete_path "$current"
      case ':directories'
        __fish_complete_directories "$current"
      case '*'
        echo $answer
    end
  end
end
complete -c NAME -f -a '(__ID_complete)'
`;

const SCRIPTS: Readonly<Record<ShellName, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
