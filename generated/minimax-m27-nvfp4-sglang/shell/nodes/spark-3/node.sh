#!/usr/bin/env bash
# What is done on one node of a deployment. The same for every spec and every target: what differs stands beside this
# file, what is known of the node in facts.sh, what runs its containers in platform.sh.
#
# usage: node.sh VERB [WORD…]
#
#   preflight               every check of this node
#   install                 create the folders (caches, logs, secrets), make units known to the platform
#   uninstall               stop, then undo what install did for the platform; the folders stay
#   steps TRIGGER           run the host steps of a trigger: install, up, every_start, stop
#   drop-caches             the steps of every_start, and what they did for the memory
#   memory                  key=value lines in bytes, from /proc/meminfo
#   wait-memory BYTES S     wait until so much is available; 75 when it does not come
#   images                  image <TAB> what is run <TAB> id, which is empty when the image is absent
#   weights                 weights <TAB> path <TAB> bytes <TAB> files <TAB> digest of names and sizes
#   start                   save the last log, remove the old containers, create and start new ones
#   stop [--keep]           stop in reverse order, save the logs, remove (unless kept), look that nothing is left
#   state                   container <TAB> name <TAB> state <TAB> exit status <TAB> restarts <TAB> seconds since the
#                           start <TAB> last line of the log
#   status                  what a person wants to know while it runs
#   logs [-f] [--tail N] [CONTAINER]
#   last-log [CONTAINER]    the log of the start before
#   exec CONTAINER WORD…    run a command in a container
#
# preflight, install, uninstall, steps, start, stop and status write lines of four fields for whoever called:
#   ok|warn|fail|info <TAB> name of the check <TAB> text <TAB> way out
# A check that ran ends with 0 whatever it found; a deed that failed ends with 1; a wrong call with 64.
set -euo pipefail

# Messages of other programs are read below: in English, whoever is logged in.
export LC_ALL=C

# For tests: a folder that holds another proc, sys, etc and var. Nothing in a spec can set it.
root=${SPARKC_ROOT:-}
proc=$root/proc
readonly SAVED_LOGS=10

here=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source-path=SCRIPTDIR source=facts.sh
source "$here/facts.sh"
# shellcheck source-path=SCRIPTDIR source=node-checks.sh
source "$here/node-checks.sh"
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$here/platform.sh"

main() {
  local verb=${1:-}
  if (($# > 0)); then
    shift
  fi
  case $verb in
    preflight | install | uninstall | steps | memory | images | weights) "$verb" "$@" ;;
    start | stop | state | status | logs) "$verb" "$@" ;;
    drop-caches) drop_caches ;;
    wait-memory) wait_memory "$@" ;;
    last-log) last_log "$@" ;;
    exec) exec_in "$@" ;;
    *)
      printf 'node.sh: there is no verb %q; the head of %s lists them\n' "$verb" "$here/node.sh" >&2
      return 64
      ;;
  esac
}

# --- words ---

# report LEVEL CHECK TEXT [WAY-OUT]: one line, whatever the text holds.
report() {
  local text=$3 way_out=${4:-}
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "${text//[[:cntrl:]]/ }" "${way_out//[[:cntrl:]]/ }"
}

has() { # PROGRAM
  command -v "$1" >/dev/null
}

gib() { # BYTES
  local tenths=$(($1 * 10 / 1073741824))
  printf '%s.%s GiB' "$((tenths / 10))" "$((tenths % 10))"
}

# span SECONDS: as a person says it.
span() {
  local s=$1
  if ((s < 120)); then
    printf '%s s' "$s"
  elif ((s < 7200)); then
    printf '%s min' "$((s / 60))"
  else
    printf '%s h %s min' "$((s / 3600))" "$((s % 3600 / 60))"
  fi
}

# --- who may do what ---

is_root() {
  [[ $(id -u) == 0 ]]
}

# as_root WORD…
as_root() {
  if is_root; then
    "$@"
  else
    sudo -n -- "$@"
  fi
}

need_engine() {
  if ! platform_engine; then
    report fail "$ENGINE" "$engine_trouble" "$engine_way_out"
    return 1
  fi
}

# --- install and steps ---

install() {
  local folder status=0
  for folder in "$install_dir" "$install_dir/logs" "$install_dir/secrets" "${caches[@]}"; do
    make_folder "$folder" || status=1
  done
  if ! chmod 700 -- "$install_dir/secrets"; then
    report fail install "the mode of $install_dir/secrets cannot be set to 0700" "chown it to $login_user"
    status=1
  fi
  platform_install || status=1
  return "$status"
}

uninstall() {
  local status=0
  stop || status=1
  platform_uninstall || status=1
  return "$status"
}

# make_folder PATH: as the login user; where that user may not, as root, and then handed over to the user.
make_folder() {
  local said
  if said=$(mkdir -p -- "$1" 2>&1) && [[ -w $1 ]]; then
    report ok install "$1 is there"
  elif { as_root mkdir -p -- "$1" && as_root chown "$(id -u):$(id -g)" -- "$1"; } >/dev/null 2>&1; then
    report ok install "$1 was made by root and now belongs to $(id -un)"
  else
    report fail install "$1 cannot be created or written: ${said:-no permission}" \
      "sudo mkdir -p ${1@Q} && sudo chown $(id -un) ${1@Q}"
    return 1
  fi
}

# steps TRIGGER
steps() {
  local i name as_root says count status=0
  local -a words
  for ((i = 0; i < ${#steps[@]}; i += 5 + count)); do
    name=${steps[i]} as_root=${steps[i + 2]} says=${steps[i + 3]} count=${steps[i + 4]}
    words=("${steps[@]:i+5:count}")
    if [[ ${steps[i + 1]} == "${1:-}" ]]; then
      run_step "$name" "$as_root" "$says" "${words[@]}" || status=1
    fi
  done
  return "$status"
}

# run_step NAME AS-ROOT SAYS WORD…
run_step() {
  local name=$1 needs_root=$2 says=$3 said who
  shift 3
  who=$(id -un)
  if [[ $needs_root == yes ]] && platform_leaves_out_root; then
    report warn "$name" "left out, because units of $who run no step as root: $says" \
      "passwordless sudo for $login_user makes them units of the system"
    return
  fi
  if [[ $needs_root == yes ]]; then
    who=root
    set -- as_root "$@"
  fi
  if said=$("$@" 2>&1 </dev/null); then
    report ok "$name" "$says (as $who)"
  else
    report fail "$name" "$says, as $who: ${said:-status $?}" \
      "run it by hand on $node, or give $login_user passwordless sudo for it"
    return 1
  fi
}

drop_caches() {
  local status=0 before
  before=$(bytes_of MemAvailable)
  steps every_start || status=1
  report info memory "MemAvailable $(gib "$before") before, $(gib "$(bytes_of MemAvailable)") after"
  return "$status"
}

# --- memory ---

bytes_of() { # KEY-OF-MEMINFO
  local key value
  while IFS=$' \t:' read -r key value _; do
    if [[ $key == "$1" ]]; then
      printf '%s\n' "$((value * 1024))"
      return
    fi
  done <"$proc/meminfo"
  printf '0\n'
}

memory() {
  local key
  for key in MemTotal MemAvailable MemFree SwapTotal SwapFree; do
    printf '%s=%s\n' "$key" "$(bytes_of "$key")"
  done
}

# wait_memory BYTES SECONDS
wait_memory() {
  local wanted=$1 limit=$2 began=$SECONDS
  until (($(bytes_of MemAvailable) >= wanted)); do
    if ((SECONDS - began >= limit)); then
      report fail memory "$(gib "$(bytes_of MemAvailable)") available after $limit s, $(gib "$wanted") wanted" \
        "end leftover processes; when there are none, reboot $node: a dead CUDA context holds the memory"
      return 75
    fi
    sleep 1
  done
  report ok memory "$(gib "$(bytes_of MemAvailable)") available, $(gib "$wanted") wanted"
}

# --- images and weights ---

images() {
  local i
  need_engine
  for ((i = 0; i < ${#images[@]}; i += 3)); do
    printf 'image\t%s\t%s\n' "${images[i + 1]}" "$(image_id "${images[i + 1]}")"
  done
}

# image_id NAME: as Docker writes it (Podman leaves the kind of digest out); empty when the image is absent.
image_id() {
  local id
  if id=$("${engine[@]}" image inspect --format '{{.Id}}' -- "$1" 2>/dev/null); then
    printf 'sha256:%s' "${id#sha256:}"
  fi
}

weights() {
  local i folder listing
  for ((i = 0; i < ${#weights[@]}; i += 7)); do
    folder=$(weights_folder "${weights[@]:i:4}")
    listing=$(list_files "$folder")
    printf 'weights\t%s\t%s\t%s\t%s\n' "${weights[i]//[[:cntrl:]]/ }" "$(sum_of_sizes "$listing")" \
      "$(count_lines "$listing")" "$(digest_of "$listing")"
  done
}

# weights_folder PATH REPOSITORY REVISION IN-HUB-CACHE: where the files lie. A Hub cache may be HF_HOME or the `hub`
# below it, and keeps each revision as a folder of links.
weights_folder() {
  local cache=$1/models--${2//\//--} revision=$3
  if [[ $4 == no ]]; then
    printf '%s' "$1"
    return
  fi
  if [[ ! -d $cache ]]; then
    cache=$1/hub/models--${2//\//--}
  fi
  if [[ -z $revision && -r $cache/refs/main ]]; then
    revision=$(<"$cache/refs/main")
  fi
  printf '%s' "$cache/snapshots/${revision:-unknown}"
}

# list_files FOLDER: size and name of each file, links followed; what the Hub's client keeps beside them is left out.
list_files() {
  if [[ -d $1 ]]; then
    (cd -- "$1" && find -L . -type f ! -path './.cache/*' ! -path '*/.sparkc-partial/*' ! -name '*.incomplete' ! -name '*.lock' -printf '%s\t%P\n') |
      sort -t $'\t' -k 2
  fi
}

sum_of_sizes() { # LISTING
  local size sum=0
  while IFS=$'\t' read -r size _; do
    if [[ $size =~ ^[0-9]+$ ]]; then
      sum=$((sum + size))
    fi
  done <<<"$1"
  printf '%s' "$sum"
}

count_lines() { # TEXT
  if [[ -z $1 ]]; then
    printf '0'
  else
    printf '%s\n' "$1" | wc -l | tr -d ' '
  fi
}

digest_of() { # TEXT
  local sum
  sum=$(printf '%s' "$1" | sha256sum)
  printf '%s' "${sum:0:16}"
}

# --- containers ---

# inspect NAME FORMAT: empty when there is no such container.
inspect() {
  "${engine[@]}" container inspect --format "$2" -- "$1" 2>/dev/null || true
}

state_of() { # NAME
  local state
  IFS=$'\t' read -r state _ < <(platform_state "$1") || true
  printf '%s' "${state:-absent}"
}

# container_names: those of this build, in start order.
container_names() {
  local i
  for ((i = 0; i < ${#containers[@]}; i += 2)); do
    printf '%s\n' "${containers[i]}"
  done
}

# strangers: what the platform has of this deployment and variant, and this build does not know.
strangers() {
  local name
  while IFS= read -r name; do
    if [[ -n $name && $'\n'$(container_names)$'\n' != *$'\n'"$name"$'\n'* ]]; then
      printf '%s\n' "$name"
    fi
  done < <(platform_strangers || true)
}

start() {
  local name status=0
  need_engine
  for name in $(container_names); do
    start_container "$name" || status=1
  done
  return "$status"
}

# start_container NAME
start_container() {
  local state said
  state=$(state_of "$1")
  if [[ $state == running ]]; then
    report fail "$1" 'it runs already' 'stop it first, or leave it'
    return 1
  fi
  if [[ $state != absent ]]; then
    save_log "$1"
    if ! said=$(platform_remove "$1"); then
      report fail "$1" "the old container cannot be removed: $said" "$ENGINE rm --force $1"
      return 1
    fi
  fi
  if said=$(platform_start "$1" </dev/null); then
    report ok "$1" "$said"
  else
    report fail "$1" "$said" 'preflight names what is missing on this node'
    return 1
  fi
}

# stop [--keep]
stop() {
  local keep=${1:-} name status=0
  local -a names
  # Of itself, whoever calls: bash forgets `set -e` where a caller asks for the status, as uninstall does.
  need_engine || return
  mapfile -t names < <(
    strangers
    container_names | tac
  )
  for name in "${names[@]}"; do
    stop_container "$name" "$keep" || status=1
  done
  steps stop || status=1
  look_for_leftovers "$keep" "${names[@]}" || status=1
  return "$status"
}

# stop_container NAME KEEP
stop_container() {
  local state said began=$SECONDS
  state=$(state_of "$1")
  case $state in
    absent)
      report info "$1" 'there is no such container'
      return
      ;;
    running | restarting | paused)
      if ! said=$(platform_stop "$1"); then
        report fail "$1" "it cannot be stopped: $said" "$ENGINE kill $1; if that hangs, reboot $node"
        return 1
      fi
      ;;
  esac
  if [[ $2 == --keep ]]; then
    report ok "$1" "stopped after $(span "$((SECONDS - began))") and kept (it was $state)"
    return
  fi
  save_log "$1"
  if ! said=$(platform_remove "$1"); then
    report fail "$1" "it cannot be removed: $said" "$ENGINE rm --force $1"
    return 1
  fi
  report ok "$1" "stopped after $(span "$((SECONDS - began))") and removed (it was $state)"
}

# look_for_leftovers KEEP NAME…
look_for_leftovers() {
  local keep=$1 name status=0
  shift
  for name in "$@"; do
    case $(state_of "$name") in
      absent) ;;
      exited | created | dead) [[ $keep == --keep ]] || status=1 ;;
      *) status=1 ;;
    esac
  done
  if ((status != 0)); then
    report fail leftovers 'a container is still there' "$ENGINE ps --all; $ENGINE kill, then $ENGINE rm --force"
  fi
  if ! report_engine_processes; then
    report ok leftovers 'no engine process is left outside of containers'
  fi
  report info memory "$(gib "$(bytes_of MemAvailable)") available of $(gib "$(bytes_of MemTotal)")"
  return "$status"
}

# --- logs ---

# save_log NAME: the log of a container that is about to go, under the next free number; the oldest make room.
save_log() {
  local number file said
  local -a numbers
  mkdir -p -- "$install_dir/logs"
  mapfile -t numbers < <(saved_numbers "$1")
  number=1
  if ((${#numbers[@]} > 0)); then
    number=$((numbers[-1] + 1))
  fi
  file=$install_dir/logs/$1-$number.log
  # What cat says is about the disk; what the platform says about a log stands in the file.
  if ! said=$(platform_logs "$1" 2>&1 | cat 2>&1 >"$file"); then
    report warn "$1" "its log cannot be saved: ${said:-$(tail -n 1 -- "$file")}" "df -h $install_dir/logs; is there room?"
  elif [[ -s $file ]]; then
    report info "$1" "log saved as $file"
  fi
  if [[ ! -s $file ]]; then
    rm -f -- "$file"
    return
  fi
  while ((${#numbers[@]} >= SAVED_LOGS)); do
    rm -f -- "$install_dir/logs/$1-${numbers[0]}.log"
    numbers=("${numbers[@]:1}")
  done
}

# saved_numbers NAME: smallest first.
saved_numbers() {
  local file number
  for file in "$install_dir/logs/$1"-*.log; do
    number=${file#"$install_dir/logs/$1-"}
    number=${number%.log}
    if [[ $number =~ ^[0-9]+$ ]]; then
      printf '%s\n' "$number"
    fi
  done | sort -n
}

# saved_log NAME: the newest one, with a heading; status 1 when none was saved.
saved_log() {
  local -a numbers
  mapfile -t numbers < <(saved_numbers "$1")
  ((${#numbers[@]} > 0)) || return
  printf '==> %s <==\n' "$install_dir/logs/$1-${numbers[-1]}.log"
  cat -- "$install_dir/logs/$1-${numbers[-1]}.log"
}

# last_log [CONTAINER]
last_log() {
  local name
  for name in ${1:-$(container_names)}; do
    platform_last_log "$name" || printf 'no log of %s was saved\n' "$name"
  done
}

# logs [-f] [--tail N] [CONTAINER]
logs() {
  local name='' container follow=''
  local -a options=() names
  while (($# > 0)); do
    case $1 in
      -f | --follow) follow=--follow ;;
      --tail)
        options+=(--tail "${2:?--tail needs a number}")
        shift
        ;;
      *) name=$1 ;;
    esac
    shift
  done
  need_engine >&2
  mapfile -t names < <(container_names)
  if [[ -n $name ]]; then
    names=("$name")
  fi
  if ((${#names[@]} == 1)); then
    platform_logs "${names[0]}" ${follow:+"$follow"} "${options[@]}"
    return
  fi
  for container in "${names[@]}"; do
    if [[ -n $follow ]]; then
      platform_logs "$container" --follow "${options[@]}" 2>&1 | mark_lines "$container" &
    else
      platform_logs "$container" "${options[@]}" 2>&1 | mark_lines "$container"
    fi
  done
  wait
}

mark_lines() { # NAME
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    printf '%s | %s\n' "$1" "$line"
  done
}

# exec_in CONTAINER WORD…
exec_in() {
  need_engine >&2
  platform_exec "$@"
}

# --- what goes on ---

state() {
  local name
  need_engine
  for name in $(container_names); do
    state_line "$name"
  done
}

# state_line NAME
state_line() {
  local what exit restarts started
  IFS=$'\t' read -r what exit restarts started _ < <(platform_state "$1") || true
  if [[ -z $what ]]; then
    printf 'container\t%s\tabsent\t\t\t\t\n' "$1"
  else
    printf 'container\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$what" "$exit" "$restarts" "$(seconds_since "$started")" \
      "$(last_line "$1")"
  fi
}

# seconds_since TIME: empty for a container that never started (Docker says year 1).
seconds_since() {
  local began
  if began=$(date -d "$1" +%s 2>/dev/null) && ((began > 0)); then
    printf '%s' "$(($(date +%s) - began))"
  fi
}

# last_line NAME: the last line with anything in it, colours and other control characters removed.
last_line() {
  local line last=''
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == *[![:space:]]* ]]; then
      last=$line
    fi
  done < <(platform_logs "$1" --tail 5 2>&1 || true)
  last=$(printf '%s' "$last" | sed 's/\x1b\[[0-9;]*[A-Za-z]//g')
  printf '%s' "${last//[[:cntrl:]]/ }"
}

main "$@"
