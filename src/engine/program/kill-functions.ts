/**
 * Kills every process that began under a task, wherever it went: `setsid` and a double fork leave the process group, but not
 * the environment. Everything that a task starts has KW_TASK=FOLDER#NUMBER there. A unit that a task starts through systemd has
 * not, and lives.
 *
 * One look at the environments of all processes: two forks for each of them took longer, on a machine with thousands, than
 * anybody listens. An environment may hold lines that look like the names of others, so whom we kill is asked by itself.
 */
export const KILL_FUNCTIONS = String.raw`
kw_hunt() { # FOLDER#NUMBER
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
