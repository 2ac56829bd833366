# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# up: from whatever is there to a served model, or to the reason why not.

# Swap that grows while weights load made one node four times slower, and the other rank gave up on it; 5 GB was in use
# (https://al-engr.com/minimax-sglang-debug.html). Say it at each GiB.
SWAP_STEP=1073741824
# A node that swaps or compiles with all cores can miss an answer; this many in a row are no accident.
SILENT_LOOKS=6

PHASE=before

verb_up() {
  local began=$SECONDS
  read_options '--restart --watch --keep --dry-run' "$@"
  if [[ -n $DRY_RUN ]]; then
    rehearse
    return
  fi
  heed_interrupts bring_up "$began"
}

# bring_up BEGAN
bring_up() {
  connect_all || return 1
  take_lock || return
  TOOLS=("${INSTALL_DIRS[@]}")
  if [[ -z $WATCH ]]; then
    refuse_when_running || return
    prepare_start || return
    compare_memory
    note_swap
    start_all || return
  else
    note_swap
    pass_the_point
  fi
  PHASE=waiting
  wait_until_served "$1"
}

# --- Ctrl-C ----------------------------------------------------------------------------------------------------------

# heed_interrupts FUNCTION WORD…: run it in a process of its own, which Ctrl-C does not reach, and listen here, where
# nothing but `wait` goes on. A trap that bash 5.2 runs while it reads a command substitution is misread as a part of it.
heed_interrupts() {
  local worker
  {
    trap '' INT TERM HUP
    # The lock's holder ends by itself when this process is gone, but a moment later; the next launch shall find it free.
    trap release_lock EXIT
    "$@"
  } &
  worker=$!
  trap 'on_interrupt "$worker"' INT TERM HUP
  wait_for "$worker"
}

# on_interrupt WORKER: before the first container this process ends the other one, and nothing was started. Afterwards
# the worker itself ends in order, as soon as it looks. A second Ctrl-C ends both at once.
on_interrupt() {
  printf '\n'
  if [[ -e $WORKPLACE/interrupted ]]; then
    say "Interrupted again: leaving everything as it is. ./launch.sh status shows it, ./launch.sh down stops it."
  elif mkdir "$WORKPLACE/started" 2>/dev/null; then
    say "Interrupted before anything was started."
  else
    : >"$WORKPLACE/interrupted"
    return
  fi
  kill -s KILL "$1" 2>/dev/null
  exit 130
}

# pass_the_point: from here on an interrupt finds something that runs. Whoever makes the folder first decides.
pass_the_point() {
  mkdir "$WORKPLACE/started" 2>/dev/null || exit 130
}

# heed: end in order when Ctrl-C was pressed.
heed() {
  [[ -e $WORKPLACE/interrupted ]] || return 0
  case $PHASE in
    starting)
      say "Interrupted while starting: stopping what was started"
      stop_all ;;
    *)
      say "Interrupted; $TITLE is left loading."
      way_out "./launch.sh up --watch waits for it, ./launch.sh logs -f shows it, ./launch.sh down stops it" ;;
  esac
  exit 130
}

# rehearse: the same steps, printed instead of run. No node is asked anything.
rehearse() {
  local node
  for node in "${CREW[@]}"; do
    find_route "$node"
  done
  prepare_start
  do_step "Start all containers, on all nodes at once" start_node
  say "Wait up to $(lasted "$START_SECONDS") for $SERVICE_URL$HEALTH_PATH and the models ${MODEL_NAMES[*]}"
}

# do_step SAYS FUNCTION: one step on all nodes at once; on failure say what each node answered.
do_step() {
  local node
  say "$1"
  if ! on_all "$2"; then
    report_failures "$1"
    return 1
  fi
  [[ -z $DRY_RUN ]] || for node in "${CREW[@]}"; do
    sed 's/^/  /' -- "${OUTPUT[node]}"
  done
}

# step NODE VERB WORD…: node.sh of this build, or in a rehearsal the words that would be run.
step() {
  if [[ -n $DRY_RUN ]]; then
    say "${NODES[$1]}: $(in_quotes bash "${INSTALL_DIRS[$1]}/node.sh" "${@:2}")"
  else
    node_sh "$@"
  fi
}

stop_node() { step "$1" stop; }
make_folders() { step "$1" install; }
run_up_steps() { step "$1" steps up; }
drop_caches() { step "$1" drop-caches; }
start_node() { step "$1" start; }

wait_memory() {
  [[ -z ${NEEDED_FREE[$1]} ]] || step "$1" wait-memory "${NEEDED_FREE[$1]}" "$MEMORY_SECONDS"
}

# check_images NODE: the name of each image that is absent; status 1 when there is one.
check_images() {
  local word name id lines all_well=0
  lines=$(step "$1" images) || { say "$lines"; return 1; }
  if [[ -n $DRY_RUN ]]; then
    say "$lines"
    return
  fi
  while IFS=$'\t' read -r word name id; do
    if [[ $word == image && -z $id ]]; then
      say "image $name is not there"
      all_well=1
    fi
  done <<<"$lines"
  return "$all_well"
}

# check_weights NODE: what is absent or of another size; status 1 when there is such a thing.
check_weights() {
  local entry bytes files all_well=0
  if [[ -n $DRY_RUN ]]; then
    step "$1" weights
    return
  fi
  while IFS=$'\t' read -r entry bytes files; do
    if ! is_whole "$entry" "$bytes" "$files"; then
      say "${WEIGHTS_REPOSITORIES[entry]}: $bytes bytes in ${WEIGHTS_PATHS[entry]}, ${WEIGHTS_LEAST[entry]:-more than 0} wanted at least"
      all_well=1
    fi
  done < <(weigh "$1")
  return "$all_well"
}

# prepare_start: everything before the first container.
prepare_start() {
  do_step "Bringing the install folders to this build" sync_install || return 1
  do_step "Creating folders and caches" make_folders || return 1
  do_step "Looking for the images" check_images || { way_out "./launch.sh prepare" >&2; return 1; }
  do_step "Looking for the weights" check_weights || { way_out "./launch.sh prepare" >&2; return 1; }
  do_step "Stopping what is left of an earlier start" stop_node || return 1
  do_step "Running the host's steps" run_up_steps || return 1
  # CUDA counts the page cache as used; weights of the last load would fill the pool
  # (https://al-engr.com/minimax-m2.7-dual-spark.html).
  do_step "Dropping the page cache" drop_caches || return 1
  if ! do_step "Waiting for free memory" wait_memory; then
    # https://al-engr.com/minimax-sglang-debug.html: after a crash about 33 GB stayed away until the reboot.
    way_out "the page cache is dropped already: stop what else runs there, or reboot that node, which alone frees leaked GPU memory" >&2
    return 1
  fi
}

# --- is it running already? ------------------------------------------------------------------------------------------

# refuse_when_running: status 3 when all containers run; a half-dead rest is stopped by the steps that follow.
refuse_when_running() {
  local running=0 total=0 oldest=0
  local -a fields
  on_all installed_state
  while IFS=$'\x1f' read -r -a fields; do
    [[ ${fields[0]:-} == container ]] || continue
    total=$((total + 1))
    if [[ ${fields[2]:-} == running ]]; then
      running=$((running + 1))
      ! is_number "${fields[5]:-}" || ((fields[5] <= oldest)) || oldest=${fields[5]}
    fi
  done < <(cat -- "${OUTPUT[@]}" | tr '\t' '\037')
  ((total > 0 && running == total)) || return 0
  if [[ -n $RESTART ]]; then
    say "It runs already; --restart stops it first"
    return 0
  fi
  if is_serving; then
    complain "$TITLE serves already at $SERVICE_URL (since $(lasted "$oldest"))"
    way_out "./launch.sh up --restart stops it and starts anew" >&2
  else
    complain "$TITLE runs already and does not serve yet (since $(lasted "$oldest"))"
    way_out "./launch.sh up --watch waits for it, ./launch.sh up --restart starts anew" >&2
  fi
  return 3
}

installed_state() {
  on_node "$1" test -f "${INSTALL_DIRS[$1]}/node.sh" || return 0
  node_sh "$1" state
}

# --- starting --------------------------------------------------------------------------------------------------------

start_all() {
  local status=0
  pass_the_point
  PHASE=starting
  do_step "Starting all containers" start_node || status=1
  heed
  ((status)) || return 0
  fail_up "a container could not be started"
}

# fail_up REASON: keep the logs, stop the rest unless --keep, status 1.
fail_up() {
  complain "$1"
  keep_logs
  explain_troubles
  if [[ -z $KEEP ]]; then
    say "Stopping the other containers: they can only wait for the one that is gone"
    stop_all
  fi
  return 1
}

# --- waiting ---------------------------------------------------------------------------------------------------------

# look NODE: state and memory in one visit.
look() {
  # shellcheck disable=SC2016 # expanded on the node
  on_node "$1" bash -c 'bash "$1" state && bash "$1" memory' look "${INSTALL_DIRS[$1]}/node.sh"
}

swap_used() {
  local total free
  total=$(memory_value SwapTotal <"$1")
  free=$(memory_value SwapFree <"$1")
  if is_number "$total" && is_number "$free"; then
    printf '%d' "$((total - free))"
  else
    printf 0
  fi
}

# note_swap: what is swapped before the load; only growth counts.
note_swap() {
  local node
  SWAP_BEFORE=() SWAP_SAID=() MISSED=()
  declare -gA RESTARTS=()
  on_all node_memory
  for node in "${CREW[@]}"; do
    SWAP_BEFORE[node]=$(swap_used "${OUTPUT[node]}")
    SWAP_SAID[node]=0 MISSED[node]=0
  done
}

node_memory() { node_sh "$1" memory; }

# pause SECONDS, and look every second whether Ctrl-C was pressed.
pause() {
  local left=${1%%.*}
  if ((left <= 1)); then
    sleep "$1"
    heed
    return
  fi
  while ((left > 0)); do
    sleep 1
    heed
    left=$((left - 1))
  done
}

wait_until_served() {
  local began=$SECONDS start=$1 said=-1 node
  say "Waiting up to $(lasted "$START_SECONDS") for $SERVICE_URL$HEALTH_PATH; with filled caches it takes about $(lasted "$WARM_START_SECONDS")"
  while :; do
    on_all look
    heed
    for node in "${CREW[@]}"; do
      judge_node "$node" || { fail_up "$REASON"; return; }
    done
    if is_serving; then
      if models_are_listed; then
        heading "serving ${MODEL_NAMES[*]} at $SERVICE_URL (took $(lasted $((SECONDS - start))))"
        say "next: ./launch.sh verify"
        return 0
      fi
      fail_models
      return
    fi
    if ((SECONDS - began >= START_SECONDS)); then
      time_is_over
      return
    fi
    if ((said < 0 || SECONDS - said >= SAY_SECONDS)); then
      said=$SECONDS
      say_progress "$((SECONDS - began))"
    fi
    pause "$POLL_SECONDS"
  done
}

# judge_node NODE: status 1 and REASON when the start cannot succeed any more.
judge_node() {
  local node=$1 swapped
  local -a fields
  if ((STATUS[node] != 0)); then
    MISSED[node]=$((MISSED[node] + 1))
    REASON="${NODES[node]} has not answered $SILENT_LOOKS times in a row: $(printable "$(tail -n 1 -- "${OUTPUT[node]}")"). A node that ran out of memory can hang; if it stays silent, switch it off and on"
    ((MISSED[node] != 1)) || say "  ${NODES[node]} does not answer; trying again"
    ((MISSED[node] < SILENT_LOOKS))
    return
  fi
  MISSED[node]=0
  while IFS=$'\x1f' read -r -a fields; do
    [[ ${fields[0]:-} == container ]] || continue
    judge_container "$node" "${fields[@]:1}" || return
  done < <(tr '\t' '\037' <"${OUTPUT[node]}")
  swapped=$(($(swap_used "${OUTPUT[node]}") - SWAP_BEFORE[node]))
  if ((swapped >= SWAP_SAID[node] + SWAP_STEP)); then
    SWAP_SAID[node]=$swapped
    warn "${NODES[node]} swaps: $(gib "$swapped") more than before the start. Loading becomes slow, and the other ranks may give up on it"
    way_out "stop what else runs there; if it comes back, lower the memory fraction in $SPEC" >&2
  fi
}

# judge_container NODE NAME STATE EXIT RESTARTS SECONDS LAST-LINE
judge_container() {
  local node=$1 name=$2 state=$3 status=${4:-} restarts=${5:-0} last=${7:-} before
  is_number "$restarts" || restarts=0
  # What loads since before --watch may have been restarted then; a fresh container counts from nothing.
  before=${RESTARTS[$node/$name]:-}
  if [[ -z $before ]]; then
    before=0
    [[ -z $WATCH ]] || before=$restarts
    RESTARTS[$node/$name]=$before
  fi
  if [[ $state == running || $state == created ]] && ((restarts <= before)); then
    return 0
  fi
  if [[ $state == running || $state == restarting ]]; then
    REASON="${NODES[node]}: $name died while loading and was restarted ($restarts times)"
  else
    REASON="${NODES[node]}: $name is $state${status:+, it ended with status $status}"
  fi
  if [[ $status == 137 ]]; then
    REASON+=" (killed: ./launch.sh status shows whether the kernel or the driver ran out of memory)"
  fi
  REASON+=$'\n'"        last line: $(shortened 200 "$last")"
  return 1
}

say_progress() {
  local node
  local -a fields
  for node in "${CREW[@]}"; do
    while IFS=$'\x1f' read -r -a fields; do
      [[ ${fields[0]:-} == container ]] || continue
      printf '  %7s  %s: %s | %s\n' "$(lasted "$1")" "${NODES[node]}" "${fields[2]:-}" "$(shortened 100 "${fields[6]:-}")"
    done < <(tr '\t' '\037' <"${OUTPUT[node]}")
  done
}

time_is_over() {
  complain "$SERVICE_URL$HEALTH_PATH does not answer after $(lasted "$START_SECONDS")"
  keep_logs
  explain_troubles
  say "Everything is left running, because a hang can only be seen alive:"
  way_out "./launch.sh status shows whether the GPU is busy while its memory is idle, which is a deadlock between ranks"
  way_out "./launch.sh up --watch waits on, ./launch.sh down stops it"
  return 1
}

fail_models() {
  complain "$SERVICE_URL is healthy, but its list of models lacks $(printable "$MISSING_MODEL")"
  way_out "does another service listen on port $SERVICE_PORT? ./launch.sh preflight names it" >&2
  keep_logs
  return 1
}

# --- logs that are kept ----------------------------------------------------------------------------------------------

log_of() {
  printf '# %s %s on %s\n' "$TITLE" "$VERB" "${NODES[$1]}"
  node_sh "$1" state
  node_sh "$1" logs
}

# keep_logs: fetch the logs of all nodes into a new folder, KEPT.
keep_logs() {
  local node number=1
  while ! mkdir -p -- "$LOGS" || ! mkdir -- "$LOGS/$DEPLOYMENT-$number" 2>/dev/null; do
    if [[ ! -d $LOGS/$DEPLOYMENT-$number ]]; then
      KEPT=''
      warn "cannot create $LOGS/$DEPLOYMENT-$number; the logs stay on the nodes (./launch.sh logs)"
      return
    fi
    number=$((number + 1))
  done
  KEPT=$LOGS/$DEPLOYMENT-$number
  on_all log_of
  for node in "${CREW[@]}"; do
    cp -- "${OUTPUT[node]}" "$KEPT/${NODES[node]}.log"
  done
  say "The logs are kept in $KEPT"
}

# explain_troubles: messages that others have met, found in the logs.
explain_troubles() {
  local entry
  [[ -n ${KEPT:-} ]] || return 0
  for entry in "${!TROUBLE_PATTERNS[@]}"; do
    if LC_ALL=C cat -- "$KEPT"/*.log | LC_ALL=C grep -aqE -e "${TROUBLE_PATTERNS[entry]}"; then
      say "Known message: $(printable "${TROUBLE_SYMPTOMS[entry]}")"
      say "        it means: $(printable "${TROUBLE_MEANINGS[entry]}")"
      way_out "$(printable "${TROUBLE_DOS[entry]}") (${TROUBLE_LINKS[entry]})"
    fi
  done
}
