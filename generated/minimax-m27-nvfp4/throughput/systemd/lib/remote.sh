# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# What runs on a node besides its own node.sh. Each function travels there as text (see run_function), so it may use
# nothing but its arguments, the programs of the node, and the helpers named here.

REMOTE_HELPERS=(in_quotes engine engine_load_line peer_ssh name_to_save hub_folder weights_folder)

# peer_ssh USER PORT HOST-KEYS: set PEER to the ssh command for another node over the fabric. HOST-KEYS are that node's,
# as the launcher read them over its own connection: nothing is trusted unseen, and nobody's known_hosts is changed.
peer_ssh() {
  local line
  PEER_KNOWN_HOSTS=$(mktemp) || return
  while IFS= read -r line; do
    [[ -z $line ]] || printf 'sparkc-peer %s\n' "$line"
  done <<<"$3" >"$PEER_KNOWN_HOSTS"
  PEER=(ssh -T -o BatchMode=yes -o ConnectTimeout=10 -o HostKeyAlias=sparkc-peer
    -o "UserKnownHostsFile=$PEER_KNOWN_HOSTS" -o StrictHostKeyChecking=yes ${2:+-p "$2"} ${1:+-l "$1"})
}

# hub_folder PATH REPOSITORY: where the Hub cache at PATH keeps a repository: below hub/ when PATH is HF_HOME.
hub_folder() {
  local folder=models--${2//\//--}
  if [[ ! -d $1/$folder && -d $1/hub ]]; then
    printf 'hub/'
  fi
  printf '%s' "$folder"
}

# remote_lock FILE WHO: hold the lock until stdin ends, which it does however the launcher dies.
remote_lock() {
  mkdir -p -- "${1%/*}" || return 1
  exec 9>>"$1" || return 1
  # A launcher that was killed cannot wait until its holder has let go.
  if ! flock -w 2 9; then
    printf 'held by %s\n' "$(head -n 1 -- "$1")"
    return 3
  fi
  printf '%s, since %s\n' "$2" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" >"$1"
  printf 'locked\n'
  # Not the lock itself: cat must not keep it when this shell is killed.
  cat 9>&- >/dev/null
  : >"$1"
}

# remote_put FILE MODE <CONTENT: replace a file at once.
remote_put() {
  mkdir -p -- "${1%/*}" && cat >"$1.new" && chmod "$2" -- "$1.new" && mv -f -- "$1.new" "$1"
}

# remote_sums FOLDER: what SHA256SUMS there says, once every file in it has been found as listed.
remote_sums() {
  cd -- "$1" 2>/dev/null && sha256sum --check --status --strict SHA256SUMS 2>/dev/null && cat SHA256SUMS
}

# platform_in FOLDER: what runs the containers of the build in it; nothing when there is none.
platform_in() {
  sed -n 's/^PLATFORM=//p' "$1/platform.sh" 2>/dev/null | head -n 1
}

# remote_prune FOLDER NAME…: remove files that an earlier build brought and this one does not.
remote_prune() {
  local line name keep
  cd -- "$1" 2>/dev/null && [[ -f SHA256SUMS ]] || return 0
  shift
  while IFS= read -r line; do
    name=${line:66}
    [[ $line != \\* && -n $name && $name != /* && /$name/ != */../* ]] || continue
    for keep in "$@"; do
      [[ $name != "$keep" ]] || continue 2
    done
    rm -f -- "$name"
  done <SHA256SUMS
}

# remote_keys: the public host keys of this machine.
remote_keys() {
  cat /etc/ssh/ssh_host_*_key.pub 2>/dev/null
}

# remote_reaches_peer USER PORT HOST-KEYS ADDRESS: whether this node may log in on another one.
remote_reaches_peer() {
  local status
  peer_ssh "$1" "$2" "$3" && "${PEER[@]}" -- "$4" true
  status=$?
  rm -f -- "$PEER_KNOWN_HOSTS"
  return "$status"
}

# remote_image_id NAME: what the engine calls it; nothing when the node has no such image.
remote_image_id() {
  engine image inspect --format '{{.Id}}' -- "$1" 2>/dev/null
}

# name_to_save NAME REFERENCE: the reference when it means the same image, so that the copy has its name too.
name_to_save() {
  if [[ $(engine image inspect --format '{{.Id}}' -- "$1") == "$(engine image inspect --format '{{.Id}}' -- "$2" 2>/dev/null)" ]]; then
    printf '%s' "$2"
  else
    printf '%s' "$1"
  fi
}

# remote_pull NAME
remote_pull() {
  engine pull -- "$1"
}

# remote_save NAME REFERENCE >TAR
remote_save() {
  engine save -- "$(name_to_save "$1" "$2")"
}

# remote_load <TAR
remote_load() {
  engine load
}

# remote_send_image USER PORT HOST-KEYS ADDRESS NAME REFERENCE: give the image to another node.
remote_send_image() {
  set -o pipefail
  local status
  peer_ssh "$1" "$2" "$3" && engine save -- "$(name_to_save "$5" "$6")" | "${PEER[@]}" -- "$4" "$(engine_load_line)"
  status=$?
  rm -f -- "$PEER_KNOWN_HOSTS"
  return "$status"
}

# weights_folder PATH REPOSITORY IN-HUB-CACHE: the folder that holds the files of one repository.
weights_folder() {
  if [[ $3 == no ]]; then
    printf '%s' "$1"
  else
    printf '%s/%s' "$1" "$(hub_folder "$1" "$2")"
  fi
}

# remote_listing PATH REPOSITORY IN-HUB-CACHE: size and name of every file of the weights, one per line. The notes and
# half-loaded files of the hub's client and of a copy that was cut off are not part of them.
remote_listing() {
  cd -- "$(weights_folder "$1" "$2" "$3")" 2>/dev/null || return 0
  find -L . -type f ! -path './.cache/*' ! -path '*/.no_exist/*' ! -path '*/.sparkc-partial/*' ! -name '*.incomplete' \
    ! -name '*.lock' -printf '%s\t%P\n' | LC_ALL=C sort -t $'\t' -k 2
}

# remote_missing_shards PATH REPOSITORY IN-HUB-CACHE: the files that an index of the weights names and that are absent.
remote_missing_shards() {
  local index name
  while IFS= read -r -d '' index; do
    while IFS= read -r name; do
      [[ -e ${index%/*}/$name ]] || printf '%s\n' "$name"
    done < <(LC_ALL=C grep -aoE '"[^"]+[.]safetensors"' -- "$index" | tr -d '"' | sort -u)
  done < <(find -L "$(weights_folder "$1" "$2" "$3")" -name '*.safetensors.index.json' ! -path '*/.cache/*' -print0 2>/dev/null)
}

# remote_weights_folder PATH REPOSITORY IN-HUB-CACHE
remote_weights_folder() {
  weights_folder "$1" "$2" "$3"
}

# remote_send_weights USER PORT HOST-KEYS ADDRESS FOLDER PATH REPOSITORY IN-HUB-CACHE FILES PROGRESS…: give the weights
# to FOLDER of another node. FILES, one per line, are those that it lacks; rsync finds them itself.
remote_send_weights() {
  set -o pipefail
  local status host=$4 target=$5 folder
  folder=$(weights_folder "$6" "$7" "$8")
  [[ $host != *:* ]] || host="[$host]"
  peer_ssh "$1" "$2" "$3" || return
  if ! "${PEER[@]}" -- "$4" "mkdir -p -- $(in_quotes "$target")"; then
    status=1
  elif command -v rsync >/dev/null && "${PEER[@]}" -- "$4" 'command -v rsync' >/dev/null 2>&1; then
    # A file that was cut off stays in the partial folder, and the next run goes on where it stopped.
    rsync -a -s --partial-dir=.sparkc-partial --exclude=/.cache "${@:10}" -e "$(in_quotes "${PEER[@]}")" -- \
      "$folder/" "$host:$target/"
    status=$?
  else
    tar -C "$folder" -cf - --verbatim-files-from -T <(printf '%s\n' "$9") |
      "${PEER[@]}" -- "$4" "tar -C $(in_quotes "$target") -xf -"
    status=$?
  fi
  rm -f -- "$PEER_KNOWN_HOSTS"
  return "$status"
}

# remote_pack PATH REPOSITORY IN-HUB-CACHE FILES >TAR
remote_pack() {
  tar -C "$(weights_folder "$1" "$2" "$3")" -cf - --verbatim-files-from -T <(printf '%s\n' "$4")
}

# remote_unpack PATH REPOSITORY IN-HUB-CACHE <TAR
remote_unpack() {
  local folder
  folder=$(weights_folder "$1" "$2" "$3")
  mkdir -p -- "$folder" && tar -C "$folder" -xf -
}

# remote_download IMAGE HUB REPOSITORY REVISION PATH IN-HUB-CACHE TOKEN-VARIABLE TOKEN-FILE: fetch the weights with the
# client that the engine's image holds, as the login user. Both clients go on where they were cut off.
remote_download() {
  local image=$1 hub=$2 repository=$3 revision=$4 path=$5 in_cache=$6 variable=$7 secret=$8 script
  local -a call=(--rm -i --network host --user "$(id -u):$(id -g)" --env HOME=/tmp --volume "$path:$path"
    --entrypoint bash)
  local -a words=()
  mkdir -p -- "$path" || return
  # shellcheck disable=SC2016 # expanded in the container
  script='if [ -r /run/secrets/hub_token ]; then export "$1=$(cat /run/secrets/hub_token)"; fi; shift
if command -v "$1" >/dev/null; then exec "$@"; fi
if [ "$1" = hf ] && command -v huggingface-cli >/dev/null; then shift; exec huggingface-cli "$@"; fi
echo "the image has no $1" >&2; exit 127'
  if [[ -n $secret && -r $secret ]]; then
    call+=(--volume "$secret:/run/secrets/hub_token:ro")
  fi
  if [[ $hub == modelscope ]]; then
    words=(modelscope "download" --model "$repository" ${revision:+--revision "$revision"})
    [[ $in_cache == yes ]] || words+=(--local_dir "$path")
    call+=(--env "MODELSCOPE_CACHE=$path")
  else
    words=(hf "download" "$repository" ${revision:+--revision "$revision"})
    [[ $in_cache == yes ]] || words+=(--local-dir "$path")
    call+=(--env "HF_HOME=$path")
  fi
  engine run "${call[@]}" "$image" -c "$script" bash "${variable:-HF_TOKEN}" "${words[@]}"
}

# remote_clock: milliseconds since 1970.
remote_clock() {
  date +%s%3N
}

# remote_try_port HOST PORT SECONDS: what comes back to a knock: `open`, `closed` (a refusal came back, so packets go
# through in both directions), `silent` (dropped on the way: a firewall, or a wrong address), or the error.
remote_try_port() {
  local answer status
  # shellcheck disable=SC2016 # expanded by the inner shell
  answer=$(LC_ALL=C timeout "$3" bash -c 'exec 3<>"/dev/tcp/$1/$2"' knock "$1" "$2" 2>&1)
  status=$?
  case $status/$answer in
    0/*) printf 'open' ;;
    124/*) printf 'silent' ;;
    */*'Connection refused'*) printf 'closed' ;;
    */*'No route to host'* | */*'unreachable'*) printf 'rejected' ;;
    *) printf '%s' "${answer##*: }" ;;
  esac
}

# remote_jumbo ADDRESS MTU: whether a packet of the full size arrives in one piece.
remote_jumbo() {
  if ! command -v ping >/dev/null; then
    printf 'unknown'
  # 20 bytes of IP header and 8 of ICMP are part of the MTU.
  elif ping -n -q -c 1 -W 2 -M "do" -s "$(($2 - 28))" -- "$1" >/dev/null 2>&1; then
    printf 'passes'
  elif ping -n -q -c 1 -W 2 -- "$1" >/dev/null 2>&1; then
    printf 'too-big'
  else
    printf 'silent'
  fi
}

# remote_request HOST PORT PATH SECONDS KEY-FILE [<BODY]: ask the service; the HTTP status is the last line. The key
# goes to curl through a pipe: the arguments of a process can be read by everyone on the machine.
remote_request() {
  local key='' body=()
  if [[ -n $5 ]]; then
    key=$(<"$5") || return 3
    key=${key//\\/\\\\}
    key=${key//\"/\\\"}
  fi
  [[ ${6:-} != post ]] || body=(--header 'Content-Type: application/json' --data-binary @-)
  curl --silent --show-error --globoff --noproxy '*' --max-time "$4" --write-out '\n%{http_code}' "${body[@]}" \
    --config <([[ -z $key ]] || printf 'header = "Authorization: Bearer %s"\n' "$key") -- "http://$1:$2$3"
}

# remote_count CONTAINER-LOG PATTERN…: for each pattern how many lines of the log on stdin match it.
remote_count() {
  local log pattern
  log=$(mktemp) || return
  cat >"$log"
  for pattern in "$@"; do
    LC_ALL=C grep -acE -e "$pattern" -- "$log"
  done
  rm -f -- "$log"
}
