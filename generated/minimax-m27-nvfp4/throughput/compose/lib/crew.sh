# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# Doing one thing on several nodes at the same time.

# The nodes that a verb is about: all, or the one that --node names.
CREW=()

# on_all FUNCTION WORD…: run `FUNCTION NODE WORD…` for each of the crew at once. Afterwards OUTPUT[NODE] is the path of
# what each printed and STATUS[NODE] its exit status. Status 1 when one of them failed.
on_all() {
  local node all_well=0
  OUTPUT=() STATUS=() RUNNING=()
  for node in "${CREW[@]}"; do
    OUTPUT[node]=$WORKPLACE/out-$node
    "$1" "$node" "${@:2}" >"${OUTPUT[node]}" 2>&1 </dev/null &
    RUNNING[node]=$!
  done
  for node in "${CREW[@]}"; do
    wait_for "${RUNNING[node]}"
    STATUS[node]=$?
    ((STATUS[node] == 0)) || all_well=1
  done
  RUNNING=()
  return "$all_well"
}

# wait_for PID: its exit status. A trapped signal ends `wait` early with a status above 128; the process is still there.
wait_for() {
  local status
  while :; do
    wait "$1"
    status=$?
    if ((status <= 128)) || ! kill -0 "$1" 2>/dev/null; then
      return "$status"
    fi
  done
}

# connect_all: reach every node, or say which could not be reached and stop.
connect_all() {
  local node lost=0
  for node in "${CREW[@]}"; do
    find_route "$node"
  done
  on_all connect && return
  for node in "${CREW[@]}"; do
    ((STATUS[node] != 0)) || continue
    lost=$((lost + 1))
    complain "${NODES[node]} ($(destination "$node")) does not answer ssh: $(printable "$(<"${OUTPUT[node]}")")"
    way_out "$(ssh_trouble "$node" "$(<"${OUTPUT[node]}")")" >&2
  done
  return 1
}

# report_failures WHAT: say what each failed node answered to the last on_all.
report_failures() {
  local node
  for node in "${CREW[@]}"; do
    ((STATUS[node] != 0)) || continue
    complain "${NODES[node]}: $1 failed (status ${STATUS[node]})"
    say_what_failed "${OUTPUT[node]}" >&2
  done
}

# say_what_failed FILE: the failed checks in it; where there are none, its last lines.
say_what_failed() {
  local level what text way found=''
  while IFS=$'\x1f' read -r level what text way; do
    [[ $level == fail ]] || continue
    found=yes
    printf '        %s: %s\n' "$what" "$(printable "$text")"
    way_out "$way"
  done < <(tr '\t' '\037' <"$1")
  [[ -n $found ]] || while IFS= read -r text; do
    printf '        %s\n' "$(printable "$text")"
  done < <(tail -n 12 -- "$1")
}
