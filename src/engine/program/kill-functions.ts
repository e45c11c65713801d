/**
 * Kills every process that a task has started: `setsid` and a double fork leave the process group, but not the environment,
 * which has KW_TASK=DIRECTORY#NUMBER. A unit that a task starts through systemd does not have it, and survives.
 *
 * It reads the environments of all processes at once: two forks per process took too long with thousands of them. An
 * environment may contain lines that look like head's headers, so each match is checked again by itself before the kill.
 */
export const KILL_FUNCTIONS = String.raw`
kw_hunt() { # DIRECTORY#NUMBER
  for kw_h in $(KW_TASK= head -c 9999999 /proc/[0-9]*/environ 2>/dev/null | KW_TASK= tr '\0' '\n' | KW_TASK= awk -v mark="KW_TASK=$1" '
    /^==> \/proc\/[0-9]+\/environ <==$/ { split($2, part, "/"); pid = part[3] }
    $0 == mark { print pid }'); do
    case "
$(KW_TASK= tr '\0' '\n' 2>/dev/null <"/proc/$kw_h/environ")
" in
      *"
KW_TASK=$1
"*)
        [ "$kw_h" = $$ ] || kill -s KILL "$kw_h" 2>/dev/null ;;
    esac
  done 2>/dev/null
  return 0
}
`;
