# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# prepare: install folders, caches, images and weights on every node; what is there is not sent twice.

verb_prepare() {
  local missing=0
  read_options '--offline' "$@"
  connect_all || return 1
  take_lock || return
  say "Copying the install folders"
  on_all sync_install || { report_failures "copying the install folder"; return 1; }
  say "Creating caches and folders"
  on_all node_sh install || { report_failures "creating folders"; return 1; }
  on_all node_sh steps install || { report_failures "a step of the installation"; return 1; }
  bring_images || missing=1
  bring_weights || missing=1
  if ((missing)); then
    complain "not everything is there; see above"
    return 1
  fi
  heading "prepared; next: ./launch.sh preflight, then ./launch.sh up"
}

# --- images ----------------------------------------------------------------------------------------------------------

# bring_images: every node gets each image that it needs, the same as on the first node that has it.
bring_images() {
  local name all_well=0
  while IFS= read -r -d '' name; do
    bring_image "$name" || all_well=1
  done < <(printf '%s\0' "${IMAGE_NAMES[@]}" | sort -zu)
  return "$all_well"
}

bring_image() {
  local name=$1 node source='' reference pull all_well=0
  local -a users=()
  local -a ids=()
  on_all image_id "$name"
  for node in "${CREW[@]}"; do
    node_uses_image "$node" "$name" || continue
    users+=("$node")
    ids[node]=$(<"${OUTPUT[node]}")
    if [[ -z $source && -n ${ids[node]} ]]; then
      source=$node
    fi
  done
  reference=$(image_detail IMAGE_REFERENCES "$name")
  pull=$(image_detail IMAGE_PULLS "$name")
  if [[ -z $source ]]; then
    source=${users[0]}
    first_copy_of_image "$source" "$name" "$pull" || return
    ids[source]=$(image_id "$source" "$name")
  fi
  for node in "${users[@]}"; do
    [[ ${ids[node]} != "${ids[source]}" ]] || continue
    say "Copying image $name from ${NODES[source]} to ${NODES[node]}"
    if copy_image "$source" "$node" "$name" "$reference" && same_image "$node" "$name" "${ids[source]}" "$pull"; then
      check ok "${NODES[node]}" image "$name is there, ${ids[source]:0:19}"
    else
      all_well=1
    fi
  done
  return "$all_well"
}

# image_detail ARRAY NAME: what the build knows about an image.
image_detail() {
  local -n details=$1
  local entry
  for entry in "${!IMAGE_NAMES[@]}"; do
    if [[ ${IMAGE_NAMES[entry]} == "$2" ]]; then
      printf '%s' "${details[entry]}"
      return
    fi
  done
}

first_copy_of_image() {
  local node=$1 name=$2 pull=$3
  if [[ -z $pull ]]; then
    check fail "${NODES[node]}" image "no node has $name, and it is not pinned by a registry's digest" \
      "build or pull it on ${NODES[node]}, then run prepare again; or pin engine.image with a digest in $SPEC"
    return 1
  fi
  if [[ -n $OFFLINE ]]; then
    check fail "${NODES[node]}" image "no node has $name, and --offline forbids to pull it" \
      "on a machine with network: $ENGINE pull and $ENGINE save; on ${NODES[node]}: $ENGINE load"
    return 1
  fi
  say "Pulling $pull on ${NODES[node]}"
  if ! run_function "$node" remote_pull "$pull" </dev/null; then
    check fail "${NODES[node]}" image "$pull cannot be pulled" "has ${NODES[node]} a way to the registry, and a login for it ($ENGINE login)?"
    return 1
  fi
}

copy_image() {
  local from=$1 to=$2 name=$3 reference=$4 status
  if find_way "$from" "$to"; then
    FORWARD=yes
    run_function "$from" remote_send_image "${WAY[@]}" "$name" "$reference" </dev/null
  else
    run_function "$from" remote_save "$name" "$reference" </dev/null | run_function "$to" remote_load
  fi
  status=$?
  FORWARD=''
  if ((status != 0)); then
    check fail "${NODES[to]}" image "copying $name failed" "is there room? On ${NODES[to]}: $ENGINE system df; df -h"
    return 1
  fi
}

# same_image NODE NAME ID PULL: whether the copy is what was sent. Docker's classic store forgets the registry's digest
# of a loaded image; then only a pull makes the name known, and it needs the network.
same_image() {
  local node=$1 name=$2 wanted=$3 pull=$4 found
  found=$(image_id "$node" "$name")
  if [[ -z $found && -n $pull && -z $OFFLINE ]]; then
    say "${NODES[node]} does not know the copy by its digest; pulling $pull there"
    run_function "$node" remote_pull "$pull" </dev/null
    found=$(image_id "$node" "$name")
  fi
  if [[ -z $found ]]; then
    check fail "${NODES[node]}" image "the copy of $name is not known under that name" \
      "$ENGINE load can forget the digest: pin engine.image by id in $SPEC, or let ${NODES[node]} pull it"
    return 1
  fi
  if [[ $found != "$wanted" ]]; then
    check fail "${NODES[node]}" image "$name is ${found:0:19} after the copy, ${wanted:0:19} was sent" \
      "do both nodes use the same image store? ($ENGINE info: Storage Driver)"
    return 1
  fi
}

# --- from node to node -----------------------------------------------------------------------------------------------

# find_way FROM TO: set WAY to what the sending node needs to log in on the other one over the fabric. Status 1 when it
# may not; then a line says that the data goes through this machine.
find_way() {
  local from=$1 to=$2 keys words status
  keys=$(run_function "$to" remote_keys </dev/null)
  WAY=("${USERS[to]}" "${SSH_PORTS[to]}" "$keys" "${ADDRESSES[to]}")
  FORWARD=yes
  words=$(run_function "$from" remote_reaches_peer "${WAY[@]}" </dev/null 2>&1)
  status=$?
  FORWARD=''
  if ((status == 0)); then
    say "  directly, ${NODES[from]} to ${ADDRESSES[to]}"
    return 0
  fi
  say "  through this machine: ${NODES[from]} may not log in on ${ADDRESSES[to]} ($(printable "$words"))"
  way_out "faster over the fabric: run ssh-agent and ssh-add here, or give ${NODES[from]} a key for ${NODES[to]}"
  return 1
}

# --- weights ---------------------------------------------------------------------------------------------------------

# bring_weights: every node gets each repository that it needs, as on the first node where it is complete.
bring_weights() {
  local repository all_well=0
  while IFS= read -r -d '' repository; do
    bring_repository "$repository" || all_well=1
  done < <(printf '%s\0' "${WEIGHTS_REPOSITORIES[@]}" | sort -zu)
  return "$all_well"
}

weights_entry() {
  local entry
  while read -r entry; do
    if [[ ${WEIGHTS_REPOSITORIES[entry]} == "$2" ]]; then
      printf '%s' "$entry"
      return
    fi
  done < <(entries_of "$1" WEIGHTS_NODES)
  return 1
}

# weigh NODE: `ENTRY<TAB>BYTES<TAB>FILES` for each weights of the node, as the node itself finds them.
weigh() {
  local word bytes files lines number=0
  local -a entries
  mapfile -t entries < <(entries_of "$1" WEIGHTS_NODES)
  lines=$(node_sh "$1" weights </dev/null) || return
  # The node names them in the order of the plan, as entries_of does.
  while IFS=$'\t' read -r word _ bytes files _; do
    [[ $word == weights ]] || continue
    printf '%s\t%s\t%s\n' "${entries[number]}" "$bytes" "$files"
    number=$((number + 1))
  done <<<"$lines"
}

# is_whole ENTRY BYTES FILES: whether the size is what the build knows; where it knows none, whether there is anything.
is_whole() {
  is_number "${2:-}" || return
  if [[ -n ${WEIGHTS_LEAST[$1]} ]]; then
    (($2 >= WEIGHTS_LEAST[$1] && $2 <= WEIGHTS_MOST[$1]))
  else
    (($3 > 0))
  fi
}

# weights_complete NODE REPOSITORY: status 0 when the node can give it to others.
weights_complete() {
  local entry bytes files missing
  while IFS=$'\t' read -r entry bytes files; do
    [[ ${WEIGHTS_REPOSITORIES[entry]} == "$2" ]] || continue
    is_whole "$entry" "$bytes" "$files" || return
    missing=$(run_function "$1" remote_missing_shards "${WEIGHTS_PATHS[entry]}" "$2" "${WEIGHTS_IN_CACHE[entry]}" </dev/null)
    [[ -z $missing ]]
    return
  done < <(weigh "$1")
  return 1
}

bring_repository() {
  local repository=$1 node source='' entry listing lacking all_well=0
  local -a users=()
  on_all weights_complete "$repository"
  for node in "${CREW[@]}"; do
    weights_entry "$node" "$repository" >/dev/null || continue
    users+=("$node")
    if [[ -z $source ]] && ((STATUS[node] == 0)); then
      source=$node
    fi
  done
  if [[ -z $source ]]; then
    source=${users[0]}
    first_copy_of_weights "$source" "$repository" || return
  fi
  listing=$WORKPLACE/listing
  list_weights "$source" "$repository" </dev/null >"$listing"
  for node in "${users[@]}"; do
    [[ $node != "$source" ]] || continue
    list_weights "$node" "$repository" </dev/null >"$listing-$node"
    lacking=$(only_in "$listing" "$listing-$node" | cut -f 2-)
    if [[ -z $lacking ]]; then
      check ok "${NODES[node]}" weights "$repository is the same as on ${NODES[source]}"
      continue
    fi
    say "Copying $(wc -l <<<"$lacking") files of $repository from ${NODES[source]} to ${NODES[node]}"
    copy_weights "$source" "$node" "$repository" "$lacking"
    list_weights "$node" "$repository" </dev/null >"$listing-$node"
    lacking=$(only_in "$listing" "$listing-$node")
    if [[ -n $lacking ]]; then
      check fail "${NODES[node]}" weights "$(wc -l <<<"$lacking") files of $repository are still absent or of another size" \
        "run prepare again, it goes on where it stopped; is there room? (df -h)"
      all_well=1
    else
      check ok "${NODES[node]}" weights "$repository has the same files and sizes as on ${NODES[source]}"
    fi
  done
  return "$all_well"
}

copy_weights() {
  local from=$1 to=$2 repository=$3 files=$4 entry target
  local -a have want progress=()
  [[ ! -t 1 ]] || progress=(--info=progress2)
  entry=$(weights_entry "$from" "$repository")
  have=("${WEIGHTS_PATHS[entry]}" "$repository" "${WEIGHTS_IN_CACHE[entry]}")
  entry=$(weights_entry "$to" "$repository")
  want=("${WEIGHTS_PATHS[entry]}" "$repository" "${WEIGHTS_IN_CACHE[entry]}")
  if find_way "$from" "$to"; then
    target=$(run_function "$to" remote_weights_folder "${want[@]}" </dev/null)
    FORWARD=yes
    run_function "$from" remote_send_weights "${WAY[@]}" "$target" "${have[@]}" "$files" "${progress[@]}" </dev/null
    FORWARD=''
  else
    run_function "$from" remote_pack "${have[@]}" "$files" </dev/null | run_function "$to" remote_unpack "${want[@]}"
  fi
}

first_copy_of_weights() {
  local node=$1 repository=$2 entry
  entry=$(weights_entry "$node" "$repository")
  if [[ ${WEIGHTS_HUBS[entry]} == none ]]; then
    check fail "${NODES[node]}" weights "no node has $repository complete in ${WEIGHTS_PATHS[entry]}, and no hub has it" \
      "put it into ${WEIGHTS_PATHS[entry]} on ${NODES[node]}, then run prepare again: it is copied to the other nodes"
    return 1
  fi
  if [[ -n $OFFLINE ]]; then
    check fail "${NODES[node]}" weights "no node has $repository complete in ${WEIGHTS_PATHS[entry]}, and --offline forbids to download it" \
      "copy it into ${WEIGHTS_PATHS[entry]} on ${NODES[node]}, then run prepare again"
    return 1
  fi
  say "Downloading $repository on ${NODES[node]}; this can take hours, and goes on where it stopped"
  if ! run_function "$node" remote_download "${WEIGHTS_IMAGES[entry]}" "${WEIGHTS_HUBS[entry]}" "$repository" \
    "${WEIGHTS_REVISIONS[entry]}" "${WEIGHTS_PATHS[entry]}" "${WEIGHTS_IN_CACHE[entry]}" \
    "${WEIGHTS_TOKEN_VARIABLES[entry]}" "${WEIGHTS_TOKEN_FILES[entry]}" </dev/null; then
    check fail "${NODES[node]}" weights "downloading $repository failed" \
      "run prepare again, it goes on where it stopped; a gated model needs a token, and its licence accepted on the hub"
    return 1
  fi
  if ! weights_complete "$node" "$repository"; then
    check fail "${NODES[node]}" weights "$repository is not complete in ${WEIGHTS_PATHS[entry]} after the download" \
      "run prepare again; if it stays so, compare with the list of files on the hub"
    return 1
  fi
}
