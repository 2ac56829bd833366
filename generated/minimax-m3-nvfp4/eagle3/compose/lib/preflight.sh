# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# preflight: everything that would go wrong, in one run, each with a way out.

# Nodes that rest at different free memory are sized by the poorest. 5 GB is where two Sparks were seen to part ways:
# 107 against 100 GB after a reboot, then swap and a timeout (https://al-engr.com/minimax-sglang-debug.html).
MEMORY_SPREAD=5000000000
CLOCK_SPREAD_MS=2000
KNOCK_SECONDS=3

verb_preflight() {
  local node
  local -a everyone
  read_options '--node NAME' "$@"
  everyone=("${CREW[@]}")
  heading "ssh"
  check_ssh
  heading "nodes"
  if ((${#CREW[@]} > 0)); then
    check_nodes
  fi
  if ((${#everyone[@]} > 1 && ${#CREW[@]} > 1)); then
    heading "between the nodes"
    compare_images
    compare_weights
    compare_memory
    compare_clocks
    try_ways
  fi
  drop_tools
  verdict
}

# check_ssh: report each node; those that do not answer leave the crew, so that the others are still looked at.
check_ssh() {
  local node words
  local -a reached=()
  for node in "${CREW[@]}"; do
    find_route "$node"
  done
  on_all connect
  for node in "${CREW[@]}"; do
    words=$(<"${OUTPUT[node]}")
    if ((STATUS[node] != 0)); then
      check fail "${NODES[node]}" ssh "$(destination "$node") does not answer: $words" "$(ssh_trouble "$node" "$words")"
    elif [[ ${ROUTES[node]} == here ]]; then
      check ok "${NODES[node]}" ssh "is this machine, no ssh needed"
      reached+=("$node")
    else
      check ok "${NODES[node]}" ssh "$(destination "$node") answers"
      reached+=("$node")
    fi
  done
  CREW=("${reached[@]}")
}

check_nodes() {
  local node
  local -a ready=()
  find_all_tools this-build
  for node in "${CREW[@]}"; do
    if [[ -z ${TOOLS[node]:-} ]]; then
      check fail "${NODES[node]}" tools "the checks cannot be put there: $(tail -n 3 -- "${OUTPUT[node]}")" \
        "is /tmp or the disk full? (df -h)"
    else
      ready+=("$node")
      [[ ${TOOLS[node]} == "${INSTALL_DIRS[node]}" ]] ||
        check info "${NODES[node]}" "install folder" "not at this build" "./launch.sh prepare brings it; so does up"
    fi
  done
  CREW=("${ready[@]}")
  on_all tool preflight
  for node in "${CREW[@]}"; do
    # Clocks are compared further down, where both can be seen.
    checks_of "${NODES[node]}" < <(grep -v $'^info\tclock\t' -- "${OUTPUT[node]}")
    if ((STATUS[node] != 0)); then
      check fail "${NODES[node]}" preflight "ended with status ${STATUS[node]}" "ssh to the node and run: bash ${TOOLS[node]}/node.sh preflight"
    fi
  done
}

# entries_of NODE OWNERS: print the positions at which the array OWNERS names the node.
entries_of() {
  local -n owners=$2
  local entry
  for entry in "${!owners[@]}"; do
    [[ ${owners[entry]} != "$1" ]] || printf '%s\n' "$entry"
  done
}

image_id() {
  run_function "$1" remote_image_id "$2"
}

# compare_images: an image of the same name must be the same everywhere: mixed builds hang or crash ranks.
compare_images() {
  local name node first id
  local -a ids=()
  while IFS= read -r -d '' name; do
    first='' ids=()
    on_all image_id "$name"
    for node in "${CREW[@]}"; do
      node_uses_image "$node" "$name" || continue
      id=$(<"${OUTPUT[node]}")
      # An absent image is reported by the node itself.
      [[ -n $id ]] || continue
      if [[ -z $first ]]; then
        first=$node
      fi
      ids[node]=$id
    done
    [[ -n $first ]] || continue
    for node in "${!ids[@]}"; do
      if [[ ${ids[node]} != "${ids[first]}" ]]; then
        check fail "${NODES[node]}" image "$name is ${ids[node]:0:19} here and ${ids[first]:0:19} on ${NODES[first]}" \
          "./launch.sh prepare copies it from ${NODES[first]}"
      fi
    done
    ((${#ids[@]} < 2)) || [[ $(printf '%s\n' "${ids[@]}" | sort -u | wc -l) -ne 1 ]] ||
      check ok nodes image "$name is the same on ${#ids[@]} nodes"
  done < <(printf '%s\0' "${IMAGE_NAMES[@]}" | sort -zu)
}

node_uses_image() {
  local entry
  while read -r entry; do
    [[ ${IMAGE_NAMES[entry]} != "$2" ]] || return 0
  done < <(entries_of "$1" IMAGE_NODES)
  return 1
}

# list_weights NODE REPOSITORY: the listing of the node's own copy of a repository.
list_weights() {
  local entry
  while read -r entry; do
    [[ ${WEIGHTS_REPOSITORIES[entry]} == "$2" ]] || continue
    run_function "$1" remote_listing "${WEIGHTS_PATHS[entry]}" "$2" "${WEIGHTS_IN_CACHE[entry]}"
  done < <(entries_of "$1" WEIGHTS_NODES)
}

# compare_weights: mixed revisions break ranks in ways that no message names.
compare_weights() {
  local repository node first lacking same
  while IFS= read -r -d '' repository; do
    first='' same=0
    on_all list_weights "$repository"
    for node in "${CREW[@]}"; do
      [[ -s ${OUTPUT[node]} ]] || continue
      if [[ -z $first ]]; then
        first=$node same=1
        continue
      fi
      lacking=$(only_in "${OUTPUT[first]}" "${OUTPUT[node]}")
      if [[ -n $lacking ]]; then
        check fail "${NODES[node]}" weights \
          "$(wc -l <<<"$lacking") files of $repository differ in size from ${NODES[first]} or are absent, first $(head -n 1 <<<"$lacking" | cut -f 2-)" \
          "./launch.sh prepare copies them from ${NODES[first]}"
      else
        same=$((same + 1))
      fi
    done
    ((same < 2)) || check ok nodes weights "$repository has the same files on $same nodes"
  done < <(printf '%s\0' "${WEIGHTS_REPOSITORIES[@]}" | sort -zu)
}

# only_in ONE OTHER: the lines of one listing that the other lacks.
only_in() {
  comm -23 <(LC_ALL=C sort -- "$1") <(LC_ALL=C sort -- "$2")
}

# memory_value KEY <LINES: a value of `node.sh memory`, in bytes.
memory_value() {
  local line
  while IFS= read -r line; do
    if [[ $line == "$1="* ]]; then
      printf '%s' "${line#*=}"
      return
    fi
  done
}

# compare_memory: vLLM and SGLang size every rank by the poorest node, or refuse.
compare_memory() {
  local node free least='' most=''
  local -a available=()
  on_all tool memory
  for node in "${CREW[@]}"; do
    free=$(memory_value MemAvailable <"${OUTPUT[node]}")
    is_number "$free" || continue
    available[node]=$free
    if [[ -z $least ]] || ((free < available[least])); then
      least=$node
    fi
    if [[ -z $most ]] || ((free > available[most])); then
      most=$node
    fi
  done
  ((${#available[@]} > 1)) || return 0
  report_spread "$least" "${available[least]}" "$most" "${available[most]}"
}

# report_spread POOREST BYTES RICHEST BYTES
report_spread() {
  local apart=$(($4 - $2))
  if [[ -n $LEAST_MEMORY_PERCENT ]] && (($2 * 100 < $4 * LEAST_MEMORY_PERCENT)); then
    check fail "${NODES[$1]}" memory "$(gib "$2") available, ${NODES[$3]} has $(gib "$4"): the engine refuses below $LEAST_MEMORY_PERCENT % of it (\"The memory capacity is unbalanced\")" \
      "stop what else runs on ${NODES[$1]}; what stays away after the page cache is dropped is leaked, and only a reboot brings it back"
  elif ((apart > MEMORY_SPREAD)); then
    check warn "${NODES[$1]}" memory "$(gib "$2") available, ${NODES[$3]} has $(gib "$4"): $(gib "$apart") apart, and the poorest node sizes all" \
      "stop what else runs on ${NODES[$1]}; what stays away after the page cache is dropped is leaked, and only a reboot brings it back"
  else
    check ok nodes memory "$(gib "$2") to $(gib "$4") available"
  fi
}

clock_of() {
  local before after remote
  before=$(now_ms)
  remote=$(run_function "$1" remote_clock) || return
  after=$(now_ms)
  is_number "$remote" || return
  printf '%d' "$((remote - (before + after) / 2))"
}

now_ms() {
  if [[ -n ${EPOCHREALTIME:-} ]]; then
    local time=${EPOCHREALTIME/[.,]/}
    printf '%s' "${time:0:-3}"
  else
    printf '%s000' "$(date +%s)"
  fi
}

# compare_clocks: each against this machine's clock, so the nodes against each other.
compare_clocks() {
  local node offset least='' most='' low=0 high=0
  on_all clock_of
  for node in "${CREW[@]}"; do
    offset=$(<"${OUTPUT[node]}")
    [[ $offset =~ ^-?[0-9]+$ ]] || continue
    if [[ -z $least ]] || ((offset < low)); then
      least=$node low=$offset
    fi
    if [[ -z $most ]] || ((offset > high)); then
      most=$node high=$offset
    fi
  done
  [[ -n $least ]] || return 0
  if ((high - low > CLOCK_SPREAD_MS)); then
    check warn "${NODES[least]}" clock "$(((high - low + 500) / 1000)) s behind ${NODES[most]}; log lines of the nodes cannot be put in order" \
      "timedatectl set-ntp true on both"
  else
    check ok nodes clock "within $((CLOCK_SPREAD_MS / 1000)) s of each other"
  fi
}

knock() {
  local entry=$1 from=$2
  run_function "$from" remote_try_port "${ADDRESSES[PEER_PORT_NODES[entry]]}" "${PEER_PORTS[entry]}" "$KNOCK_SECONDS"
}

knock_from() {
  local from=$1 entry
  for entry in "${!PEER_PORTS[@]}"; do
    [[ ${PEER_PORT_NODES[entry]} != "$from" ]] || continue
    printf '%s\t%s\n' "$entry" "$(knock "$entry" "$from")"
  done
}

# try_ways: knock from every node at every port that its peers listen on later. Nothing listens yet, and that is no
# hindrance: a refusal comes from the machine itself, so the way is open; silence is a firewall that drops.
try_ways() {
  local node entry answer to
  on_all knock_from
  for node in "${CREW[@]}"; do
    while IFS=$'\t' read -r entry answer; do
      to="${NODES[PEER_PORT_NODES[entry]]} ${ADDRESSES[PEER_PORT_NODES[entry]]}:${PEER_PORTS[entry]} (${PEER_PORT_PURPOSES[entry]})"
      case $answer in
        open | closed) check ok "${NODES[node]}" way "reaches $to" ;;
        silent)
          check fail "${NODES[node]}" way "nothing comes back from $to within $KNOCK_SECONDS s" \
            "a firewall drops it, or the cable is in another port: on ${NODES[PEER_PORT_NODES[entry]]} look at 'sudo ufw status' and 'ip -br address'" ;;
        rejected)
          check fail "${NODES[node]}" way "$to is rejected on the way, or has no route" \
            "on ${NODES[node]}: ip route get ${ADDRESSES[PEER_PORT_NODES[entry]]}; on the other node: sudo ufw status" ;;
        *) check warn "${NODES[node]}" way "$to could not be tried: $answer" ;;
      esac
    done <"${OUTPUT[node]}"
  done
  on_all jumbo_from
  for node in "${CREW[@]}"; do
    while IFS=$'\t' read -r entry answer; do
      to="${NODES[entry]} ${ADDRESSES[entry]}"
      case $answer in
        passes) check ok "${NODES[node]}" mtu "packets of ${MTUS[node]} bytes reach $to" ;;
        too-big)
          check fail "${NODES[node]}" mtu "packets of ${MTUS[node]} bytes do not reach $to, small ones do" \
            "set MTU ${MTUS[node]} on both ends and on a switch between them, or declare the MTU that is there" ;;
        silent) check fail "${NODES[node]}" mtu "$to does not answer ping" "look at the cable, the address and the firewall" ;;
        *) check info "${NODES[node]}" mtu "not tried: ping is not installed" "sudo apt-get install iputils-ping" ;;
      esac
    done <"${OUTPUT[node]}"
  done
}

jumbo_from() {
  local peer
  [[ -n ${MTUS[$1]} ]] || return 0
  for peer in "${CREW[@]}"; do
    [[ $peer != "$1" ]] || continue
    printf '%s\t%s\n' "$peer" "$(run_function "$1" remote_jumbo "${ADDRESSES[peer]}" "${MTUS[$1]}")"
  done
}
