# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# status, logs, bench and down: what one does with a deployment that was started.

# --- status ----------------------------------------------------------------------------------------------------------

verb_status() {
  local node
  read_options '--node NAME' "$@"
  reach_what_answers || FAILURES=$((FAILURES + 1))
  find_all_tools installed
  gather status state build_state
  for node in "${CREW[@]}"; do
    heading "${NODES[node]} ($(destination "$node"))"
    if [[ -z ${TOOLS[node]:-} ]]; then
      check fail "${NODES[node]}" tools "node.sh cannot be run there" "./launch.sh prepare"
      continue
    fi
    checks_of "${NODES[node]}" <"$WORKPLACE/build_state-$node"
    checks_of "${NODES[node]}" <"$WORKPLACE/status-$node"
    say_last_lines <"$WORKPLACE/state-$node"
  done
  show_ray
  if [[ " ${CREW[*]} " == *" $SERVICE_NODE "* ]]; then
    heading "service"
    if is_serving; then
      check ok "$SERVICE_URL" health "answers"
    else
      check fail "$SERVICE_URL" health "does not answer" "while it loads: ./launch.sh up --watch"
    fi
  fi
  drop_tools
  verdict
}

# gather WORD…: run node.sh with each word on all nodes, or build_state; the answers stand in $WORKPLACE/WORD-NODE.
gather() {
  local word node
  for word in "$@"; do
    if [[ $word == build_state ]]; then
      on_all build_state
    else
      on_all tool "$word"
    fi
    for node in "${CREW[@]}"; do
      cp -- "${OUTPUT[node]}" "$WORKPLACE/$word-$node"
    done
  done
}

# build_state NODE: whether the install folder is of this build, as a check line.
build_state() {
  local installed
  installed=$(run_function "$1" remote_sums "${INSTALL_DIRS[$1]}")
  if [[ -z $installed ]]; then
    printf 'warn\tbuild\tthe install folder is absent or was changed by hand\t./launch.sh prepare brings it\n'
  elif [[ $installed != "$(build_of "$1")" ]]; then
    printf 'warn\tbuild\tan older build than this launch.sh, or another one, is installed\t./launch.sh up --restart brings this one\n'
  else
    printf 'ok\tbuild\tthe install folder is of this build\t\n'
  fi
}

say_last_lines() {
  local -a fields
  while IFS=$'\x1f' read -r -a fields; do
    [[ ${fields[0]:-} == container && -n ${fields[6]:-} ]] || continue
    printf '        %s says: %s\n' "${fields[1]}" "$(shortened 160 "${fields[6]}")"
  done < <(tr '\t' '\037')
}

# reach_what_answers: leave out of the crew what cannot be reached, and say so.
reach_what_answers() {
  local node all_well=0
  local -a reached=()
  connect_all || all_well=1
  for node in "${CREW[@]}"; do
    ((STATUS[node] != 0)) || reached+=("$node")
  done
  CREW=("${reached[@]}")
  return "$all_well"
}

show_ray() {
  [[ $USES_RAY == yes && -n ${TOOLS[$SERVICE_NODE]:-} ]] || return 0
  heading "Ray"
  tool "$SERVICE_NODE" exec "$SERVICE_CONTAINER" ray status </dev/null 2>&1 | sed 's/^/  /'
}

# --- logs ------------------------------------------------------------------------------------------------------------

verb_logs() {
  local node failed=0
  read_options '-f --follow --tail N --node NAME NODE' "$@"
  reach_what_answers || failed=1
  find_all_tools installed
  if [[ -n $FOLLOW ]] && ((${#CREW[@]} > 1)); then
    follow_logs
  elif ((${#CREW[@]} == 1)); then
    print_logs "${CREW[0]}" </dev/null || failed=1
  else
    on_all print_logs || failed=1
    for node in "${CREW[@]}"; do
      named "${NODES[node]}" <"${OUTPUT[node]}"
    done
  fi
  drop_tools
  return "$failed"
}

# follow_logs: of all nodes until Ctrl-C.
follow_logs() {
  local node
  for node in "${CREW[@]}"; do
    print_logs "$node" 2>&1 </dev/null | named "${NODES[node]}" &
  done
  wait
}

# print_logs NODE: of its containers; where they are gone, what was saved when they went.
print_logs() {
  local -a words=(logs)
  [[ -z $FOLLOW ]] || words+=(-f)
  [[ -z $TAIL ]] || words+=(--tail "$TAIL")
  if ! tool "$1" state | cut -f 3 | grep -qvx absent; then
    words=(last-log)
  fi
  tool "$1" "${words[@]}"
}

# named NAME <LINES: each line with the node's name before it.
named() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    printf '%s | %s\n' "$1" "$line"
  done
}

# --- bench -----------------------------------------------------------------------------------------------------------

verb_bench() {
  local status entry
  local -a key=()
  read_options '' "$@"
  if [[ -n $API_KEY_INSIDE ]]; then
    # The key gets into the environment there, where vllm 0.18.1 and 0.30.0 (benchmarks/lib/endpoint_request_func.py) and
    # sglang 0.5.12 and 0.5.23 (bench_serving.py, benchmark/serving.py) read it, and into no command line.
    # shellcheck disable=SC2016 # expanded in the container
    key=(bash -c 'OPENAI_API_KEY=$(<"$1") && export OPENAI_API_KEY && shift && exec "$@"' bench "$API_KEY_INSIDE")
  fi
  if ((${#BENCH[@]} == 0)); then
    complain "this deployment has no benchmark: the engine brings none"
    return 1
  fi
  CREW=("$SERVICE_NODE")
  connect_all || return 1
  say "Running in $SERVICE_CONTAINER on ${NODES[SERVICE_NODE]}: $(in_quotes "${BENCH[@]}")"
  node_sh "$SERVICE_NODE" exec "$SERVICE_CONTAINER" "${key[@]}" "${BENCH[@]}" </dev/null
  status=$?
  if ((status != 0)); then
    complain "the benchmark ended with status $status"
    way_out "does it serve? ./launch.sh verify" >&2
    return 1
  fi
  if ((${#FIGURE_WHATS[@]} > 0)); then
    heading "published figures"
    for entry in "${!FIGURE_WHATS[@]}"; do
      printf '  %s: %s (%s) %s\n' "${FIGURE_WHATS[entry]}" "${FIGURE_VALUES[entry]}" "${FIGURE_SETUPS[entry]}" "${FIGURE_LINKS[entry]}"
    done
  fi
  if ((${#MARKER_PATTERNS[@]} > 0)); then
    heading "if yours are clearly lower, these must be in the log (./launch.sh verify looks for them)"
    for entry in "${!MARKER_PATTERNS[@]}"; do
      printf '  %s: %s\n' "${MARKER_PATTERNS[entry]}" "${MARKER_PROOFS[entry]}"
    done
  fi
}

# --- down ------------------------------------------------------------------------------------------------------------

verb_down() {
  local all_well=0
  read_options '--node NAME --uninstall' "$@"
  reach_what_answers || all_well=1
  find_all_tools installed || report_failures "finding node.sh"
  stop_all || all_well=1
  drop_tools
  if ((all_well)); then
    complain "not everything is stopped; run ./launch.sh down again when the node answers"
    return 1
  fi
  if [[ $STOP == uninstall ]]; then
    say "stopped and uninstalled; logs are kept (./launch.sh logs)"
  else
    say "stopped; logs are kept (./launch.sh logs)"
  fi
}

# stop_all: the workers first, all at once, then the head, which leads them; CREW says whom.
stop_all() {
  local node all_well=0
  local -a everyone=("${CREW[@]}")
  for node in "${CREW[@]}"; do
    TOOLS[node]=${TOOLS[node]:-${INSTALL_DIRS[node]}}
  done
  CREW=()
  for ((node = ${#NODES[@]} - 1; node > 0; node--)); do
    [[ " ${everyone[*]} " != *" $node "* ]] || CREW+=("$node")
  done
  stop_crew || all_well=1
  if [[ " ${everyone[*]} " == *" 0 "* ]]; then
    CREW=(0)
    stop_crew || all_well=1
  fi
  CREW=("${everyone[@]}")
  return "$all_well"
}

stop_crew() {
  local node all_well=0
  ((${#CREW[@]} > 0)) || return 0
  on_all tool "$STOP" || all_well=1
  for node in "${CREW[@]}"; do
    checks_of "${NODES[node]}" <"${OUTPUT[node]}"
    if ((STATUS[node] != 0)); then
      complain "${NODES[node]}: stopping ended with status ${STATUS[node]}"
    fi
  done
  return "$all_well"
}
