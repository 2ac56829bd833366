# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# status, logs, bench and down: what one does with a deployment that was started.

# --- status ----------------------------------------------------------------------------------------------------------

verb_status() {
  local node all_well=0
  read_options '--node NAME' "$@"
  open_workplace
  reach_what_answers || all_well=1
  find_all_tools installed
  on_all show_node
  for node in "${CREW[@]}"; do
    heading "${NODES[node]} ($(destination "$node"))"
    cat -- "${OUTPUT[node]}"
    ((STATUS[node] == 0)) || all_well=1
  done
  show_ray
  if [[ " ${CREW[*]} " == *" $SERVICE_NODE "* ]]; then
    heading "service"
    if is_serving; then
      say "  $SERVICE_URL answers"
    else
      say "  $SERVICE_URL does not answer"
      all_well=1
    fi
  fi
  drop_tools
  return "$all_well"
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

show_node() {
  local node=$1 all_well=0 memory total free
  [[ -n ${TOOLS[node]:-} ]] || { say "  node.sh cannot be run there"; return 1; }
  say_build "$node"
  show_containers "$node" || all_well=1
  memory=$(tool "$node" memory)
  total=$(memory_value MemTotal <<<"$memory") free=$(memory_value MemAvailable <<<"$memory")
  if is_number "$total" && is_number "$free" && ((total > 0)); then
    printf '  memory: %s of %s available (%d %% used)\n' "$(gib "$free")" "$(gib "$total")" "$(((total - free) * 100 / total))"
    if (((total - free) * 100 / total >= 90)); then
      # https://forums.developer.nvidia.com/t/373387, point 3.
      say "    about 96 % used is normal while a model is served on unified memory; trouble shows as NVRM or kernel-OOM lines"
    fi
  fi
  tool "$node" status | sed 's/^/  /'
  ((PIPESTATUS[0] == 0)) || all_well=1
  return "$all_well"
}

# say_build NODE: whether the install folder is of this build.
say_build() {
  local installed
  installed=$(run_function "$1" remote_sums "${INSTALL_DIRS[$1]}")
  if [[ -z $installed ]]; then
    say "  install folder: absent, or changed by hand (${INSTALL_DIRS[$1]})"
  elif [[ $installed != "$(build_of "$1")" ]]; then
    say "  install folder: of another build than this launch.sh; ./launch.sh up --restart brings this one"
  fi
}

show_containers() {
  local all_well=0
  local -a fields
  while IFS=$'\x1f' read -r -a fields; do
    [[ ${fields[0]:-} == container ]] || continue
    printf '  %s: %s' "${fields[1]}" "${fields[2]:-}"
    if [[ ${fields[2]:-} == running ]]; then
      ! is_number "${fields[5]:-}" || printf ' for %s' "$(lasted "${fields[5]}")"
    else
      all_well=1
      [[ -z ${fields[3]:-} ]] || printf ', exit status %s' "${fields[3]}"
    fi
    [[ ${fields[4]:-0} == 0 ]] || printf ', restarted %s times' "${fields[4]}"
    printf '\n    %s\n' "$(shortened 160 "${fields[6]:-}")"
  done < <(tool "$1" state | tr '\t' '\037')
  return "$all_well"
}

show_ray() {
  [[ $EXECUTOR == ray && -n ${TOOLS[$SERVICE_NODE]:-} ]] || return 0
  heading "Ray"
  tool "$SERVICE_NODE" exec "$SERVICE_CONTAINER" ray status </dev/null 2>&1 | sed 's/^/  /'
}

# --- logs ------------------------------------------------------------------------------------------------------------

verb_logs() {
  read_options '-f --follow --tail N --node NAME NODE' "$@"
  local node failed=0
  local -a words=(logs)
  [[ -z $FOLLOW ]] || words+=(-f)
  [[ -z $TAIL ]] || words+=(--tail "$TAIL")
  open_workplace
  reach_what_answers || failed=1
  find_all_tools installed
  if ((${#CREW[@]} == 1)); then
    tool "${CREW[0]}" "${words[@]}" </dev/null || failed=1
  elif [[ -n $FOLLOW ]]; then
    for node in "${CREW[@]}"; do
      tool "$node" "${words[@]}" </dev/null 2>&1 | named "${NODES[node]}" &
    done
    wait
  else
    on_all tool "${words[@]}" || failed=1
    for node in "${CREW[@]}"; do
      named "${NODES[node]}" <"${OUTPUT[node]}"
    done
  fi
  drop_tools
  return "$failed"
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
  read_options '' "$@"
  if ((${#BENCH[@]} == 0)); then
    complain "this deployment has no benchmark: the engine brings none"
    return 1
  fi
  open_workplace
  CREW=("$SERVICE_NODE")
  connect_all || return 1
  say "Running in $SERVICE_CONTAINER on ${NODES[SERVICE_NODE]}: $(in_quotes "${BENCH[@]}")"
  node_sh "$SERVICE_NODE" exec "$SERVICE_CONTAINER" "${BENCH[@]}" </dev/null
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
  read_options '--node NAME' "$@"
  open_workplace
  reach_what_answers || all_well=1
  find_all_tools installed || report_failures "finding node.sh"
  stop_all || { report_failures "stopping"; all_well=1; }
  drop_tools
  if ((all_well)); then
    complain "not everything is stopped; run ./launch.sh down again when the node answers"
    return 1
  fi
  say "stopped; logs are kept (./launch.sh logs)"
}

# stop_all: the workers first, all at once, then the head: it serves until the end of those that it leads.
stop_all() {
  local node all_well=0
  local -a everyone=("${CREW[@]}")
  local -a failures=()
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
  for node in "${CREW[@]}"; do
    STATUS[node]=${failures[node]:-0} OUTPUT[node]=$WORKPLACE/out-$node
  done
  return "$all_well"
}

# stop_crew: uses `failures` of stop_all.
stop_crew() {
  local node
  ((${#CREW[@]} > 0)) || return 0
  say "Stopping $(for node in "${CREW[@]}"; do printf '%s ' "${NODES[node]}"; done)"
  on_all tool stop && return
  for node in "${CREW[@]}"; do
    failures[node]=${STATUS[node]}
  done
  return 1
}
