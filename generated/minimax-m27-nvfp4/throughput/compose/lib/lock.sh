# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# One launch at a time: a lock on the head, held by a session that ends with this process, however it ends.

LOCK_INPUT='' LOCK_PROCESS=''

# take_lock: status 3 when someone else has it, and says who.
take_lock() {
  local answer='' who
  who="$(id -un)@$(uname -n), launch.sh $VERB, process $$"
  coproc HOLDER { run_function 0 remote_lock "${INSTALL_DIRS[0]}/.lock" "$who" 2>&1; }
  LOCK_PROCESS=$HOLDER_PID
  LOCK_INPUT=${HOLDER[1]}
  IFS= read -r -t "$((CONNECT_SECONDS + 20))" -u "${HOLDER[0]}" answer
  case $answer in
    locked) return 0 ;;
    held*)
      release_lock
      complain "another launch of $TITLE is under way: $(printable "$answer")"
      way_out "wait for it, or look at it: ./launch.sh status" >&2
      return 3 ;;
    *)
      release_lock
      complain "cannot lock ${INSTALL_DIRS[0]}/.lock on ${NODES[0]}: $(printable "${answer:-no answer}")"
      way_out "is flock there (util-linux), and may ${USERS[0]} write to that folder?" >&2
      return 1 ;;
  esac
}

release_lock() {
  [[ -n $LOCK_INPUT ]] || return 0
  exec {LOCK_INPUT}>&-
  LOCK_INPUT=''
  wait "$LOCK_PROCESS" 2>/dev/null
}
