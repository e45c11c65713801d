/**
 * Waits until the controller gives this host its turn: only in programs with tasks that take one. A controller that is gone gives none,
 * and the one that follows the program in its place refuses it: then nothing has been changed here.
 */
export const TURN_RUNTIME = `
kw_no_turn() { # reason
  rm -f "$KW_DIR/waiting"
  # Not into the task's output, which may be hidden.
  echo "$1"
  kw_now
  kw_frame end "$KW_N" failed 1 "$kw_up" turn
  exit 1
}

kw_turn() {
  kw_phase turn
  : >"$KW_DIR/waiting"
  # No process of this task is running: there is nothing to end.
  : >"$KW_DIR/watch"
  kw_frame turn "$KW_N"
  kw_i=0 kw_quiet=0 kw_last=
  while :; do
    # Looked at first: both may have come since the last look.
    if [ -e "$KW_DIR/stop" ] || [ -e "$KW_DIR/kill" ]; then
      kw_frame stopped "$KW_N"
      exit 130
    fi
    [ ! -e "$KW_DIR/your-turn.$KW_N" ] || break
    [ ! -f "$KW_DIR/no-turn.$KW_N" ] || kw_no_turn "$(cat "$KW_DIR/no-turn.$KW_N")"
    kw_nap
    kw_i=$((kw_i + 1)) kw_b=
    # The controller is heard here for as long as it lives and is connected.
    read -r kw_b 2>/dev/null <"${'$'}{KW_DIR%/*/*}/lock/beat" || :
    if [ "$kw_b" = "$kw_last" ]; then kw_quiet=$((kw_quiet + 1)); else kw_quiet=0 kw_last=$kw_b; fi
    [ "$kw_quiet" -le 3000 ] || kw_no_turn "nothing was changed here: the operator's machine, which gives the turns, has not been connected for 10 minutes"
  done
  rm -f "$KW_DIR/waiting"
  kw_mine=1
  kw_now
  kw_frame in-turn "$KW_N" "$kw_up"
}
`;
