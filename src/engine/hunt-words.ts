/**
 * Kills every process that began under a task, wherever it went: `setsid` and a double fork leave the process group, but not
 * the environment. Everything that a task starts has KW_TASK=FOLDER#NUMBER there. A unit that a task starts through systemd has
 * not, and lives.
 *
 * Slow (two forks a process of the machine), so only for what was stopped by force.
 */
export const HUNT_WORDS = String.raw`
kw_hunt() { # FOLDER#NUMBER
  for kw_h in /proc/[0-9]*; do
    case "
$(tr '\0' '\n' 2>/dev/null <"$kw_h/environ")
" in
      *"
KW_TASK=$1
"*)
        [ "${'$'}{kw_h#/proc/}" = $$ ] || kill -s KILL "${'$'}{kw_h#/proc/}" 2>/dev/null ;;
    esac
  done 2>/dev/null
  return 0
}
`;
