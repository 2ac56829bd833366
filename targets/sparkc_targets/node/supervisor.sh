# ---------------------------------------------------------------------------------------------------------------------
# From here on the same in every start script.
#
# Exit statuses, besides the engine's own: 70 a peer was lost, or a server ended unasked with status 0; 75 what a
# process waits for did not come in time; 78 a secret or a setup file is in the way. All of them make a restart policy
# of "on failure" start the container anew.

readonly PROC=/proc SYS=/sys
# Lies in the container, so it is there when the same container is started anew.
readonly STARTED_BEFORE=/tmp/.sparkc-started
readonly LOOK_EVERY_S=2 SAY_EVERY_S=10
# A connection to a machine that drops packets would otherwise hang for minutes; `ray status` starts a Python.
readonly LOOK_LIMIT_S=5 RAY_STATUS_LIMIT_S=30

foreground='' foreground_name='' stop_signal='' peer_lost='' watchers=()
START_ID=$(TZ=UTC0 printf '%(%Y%m%dT%H%M%SZ)T' -1)-$((RANDOM % 9000 + 1000))

# say TEXT…: one line of the log that cannot be taken for one of the engine's.
say() {
  local text=$*
  TZ=UTC0 printf '[sparkc %s %(%H:%M:%S)T] %s\n' "$START_ID" -1 "${text//[[:cntrl:]]/ }"
}

# --- before the first process ---

# pause_between_starts: a container engine starts a container anew at once; the memory of the last start needs time to
# come back, and the peers need time to notice.
pause_between_starts() {
  if [[ -e $STARTED_BEFORE ]] && ((RESTART_PAUSE_S > 0)); then
    say "this container is started anew: pausing $RESTART_PAUSE_S s"
    nap "$RESTART_PAUSE_S"
  fi
  { : >"$STARTED_BEFORE"; } 2>/dev/null || true
}

# read_environment PATTERN: read the image's own scripts of that path. They are written for a shell that lets failures
# and unset variables pass.
read_environment() {
  local sparkc_script
  local -a sparkc_scripts
  mapfile -t sparkc_scripts < <(compgen -G "$1")
  if ((${#sparkc_scripts[@]} == 0)); then
    say "the image has no $1"
  fi
  for sparkc_script in "${sparkc_scripts[@]}"; do
    say "reading $sparkc_script"
    set +eu
    # shellcheck source=/dev/null
    source "$sparkc_script"
    set -euo pipefail
  done
}

# prepend VARIABLE TEXT: put TEXT before the image's own value, a colon between them.
prepend() {
  need_variable "$1"
  export "$1=$2${!1:+:${!1}}"
}

# read_secret VARIABLE FILE FILE-ON-NODE: every process gets the variable; its value stands in no artifact.
read_secret() {
  local SECRET=''
  need_variable "$1"
  find_secret "$@"
  export "$1=$SECRET"
}

# write_secret MEMBER FILE FILE-ON-NODE INTO: a program that reads no variable finds `MEMBER: value` in a YAML file of the
# container that nobody else can read.
write_secret() {
  local SECRET=''
  find_secret "$@"
  if [[ $SECRET == *[[:cntrl:]]* ]]; then
    end 78 "the secret $1 at $2 is more than one line" "write a single line to $3 on the node, with mode 0600"
  fi
  SECRET=${SECRET//\\/\\\\}
  rm -f -- "$4"
  if ! (umask 077 && printf '%s: "%s"\n' "$1" "${SECRET//\"/\\\"}" >"$4"); then
    end 78 "the secret $1 cannot be written to $4 in the container" 'let the image write to /tmp'
  fi
}

# find_secret NAME FILE FILE-ON-NODE…: fills SECRET.
find_secret() {
  if [[ -r $2 ]]; then
    SECRET=$(<"$2")
  fi
  if [[ -z $SECRET ]]; then
    end 78 "the secret $1 is empty or cannot be read at $2" "write it to $3 on the node, with mode 0600"
  fi
}

# need_variable NAME: bash would take anything else in its place for an expression.
need_variable() {
  if [[ ! $1 =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then
    end 78 "$1 cannot be the name of a variable" 'change it in the spec'
  fi
}

# run_setup FILE
run_setup() {
  local status=0
  say "running the setup file $1"
  "$1" &
  wait_to_end "$!" || status=$?
  if ((status != 0)); then
    end 78 "the setup file $1 ended with status $status" 'repair it; nothing was started without it'
  fi
}

# --- waiting ---

# wait_for SAYS LIMIT-SECONDS ELSE-DO LOOK WORD…: return once `LOOK WORD…` holds.
wait_for() {
  local says=$1 limit=$2 else_do=$3 began=$SECONDS said=$SECONDS found
  shift 3
  say "waiting for $says, at most $limit s"
  until found=$(look_in_time "$@"); do
    if ((SECONDS - began >= limit)); then
      if [[ $1 == memory_available ]]; then
        explain_memory
      fi
      end 75 "gave up after $limit s of waiting for $says: $found" "$else_do"
    fi
    if ((SECONDS - said >= SAY_EVERY_S)); then
      said=$SECONDS
      say "still waiting for $says ($((SECONDS - began)) of $limit s): $found"
    fi
    nap "$LOOK_EVERY_S"
  done
  say "there is $says: $found"
}

# look_in_time LOOK WORD…: print what was found; fail when the fact does not hold or does not show itself in time.
look_in_time() {
  local limit=$LOOK_LIMIT_S found status=0
  if [[ $1 == ray_nodes ]]; then
    limit=$RAY_STATUS_LIMIT_S
  fi
  found=$(timeout -k 2 "$limit" "$BASH" -p "$0" look "$@" 2>&1) || status=$?
  if ((status == 124 || status == 137)); then
    found="no answer within $limit s"
  fi
  # What bash says about a connection ends in the system's own words: "…: Connection refused".
  printf '%s\n' "${found##*: }"
  return "$status"
}

tcp_open() { # HOST PORT
  exec 3<>"/dev/tcp/$1/$2" && printf '%s:%s answers\n' "$1" "$2"
}

# start_of_peer HOST PORT: what a beacon says; nothing from a server that waits to be asked, as Ray's do.
start_of_peer() {
  local start=''
  exec 3<>"/dev/tcp/$1/$2" || return
  IFS= read -r -t 0.5 -n 16 start <&3 || true
  [[ ! $start =~ ^[0-9a-f]{16}$ ]] || printf '%s\n' "$start"
}

http_ok() { # HOST PORT PATH
  local code
  exec 3<>"/dev/tcp/$1/$2" || return
  printf 'GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n' "$3" "$1" "$2" >&3
  IFS=' ' read -r _ code _ <&3 || code=nothing
  printf 'http://%s%s answers %s\n' "$1:$2" "$3" "${code%$'\r'}"
  [[ $code == 200* ]]
}

# interface_up INTERFACE ADDRESS [IPV6-AS-32-HEX-DIGITS]: images often lack `ip`, so the kernel's own files are read.
# They tell that this node carries an IPv4 address, not on which interface: preflight, on the node, checks that.
interface_up() {
  local state=''
  if [[ ! -e $SYS/class/net/$1 ]]; then
    printf 'there is no interface %s\n' "$1"
    return 1
  fi
  read -r state <"$SYS/class/net/$1/operstate" || true
  if [[ $state != up && $state != unknown ]]; then
    printf '%s is %s\n' "$1" "${state:-in an unknown state}"
    return 1
  fi
  if ! carries_address "$@"; then
    printf '%s is up, but nothing carries %s\n' "$1" "$2"
    return 1
  fi
  printf '%s is up with %s\n' "$1" "$2"
}

carries_address() {
  local line leaf=''
  if [[ -n ${3:-} ]]; then
    while read -r line _ _ _ _ leaf; do
      [[ $line != "$3" || $leaf != "$1" ]] || return 0
    done <"$PROC/net/if_inet6"
    return 1
  fi
  while IFS= read -r line; do
    case $line in
      *'|-- '*) leaf=${line##*|-- } ;;
      *'/32 host LOCAL') [[ $leaf != "$2" ]] || return 0 ;;
    esac
  done <"$PROC/net/fib_trie"
  return 1
}

# ray_nodes NODES GPUS: what `ray status` lists above "Pending:" is alive, one line per node or per kind of node
# (as pasted in https://github.com/vllm-project/vllm/issues/5948).
ray_nodes() {
  local line part=top count nodes=0 gpus=0
  while IFS= read -r line; do
    case $line in
      *'Node status'*) part=nodes ;;
      *Pending:* | *'Recent failures:'*) part=top ;;
      *Usage:) part=usage ;;
      *Demands:* | *'From request_resources:'*) part=top ;;
    esac
    if [[ $part == nodes && $line =~ ^\ +([0-9]+)\ [^:]+$ ]]; then
      nodes=$((nodes + BASH_REMATCH[1]))
    elif [[ $part == usage && $line =~ /([0-9]+)(\.[0-9]+)?\ (GPU|NPU)($|\ ) ]]; then
      count=${BASH_REMATCH[1]}
      gpus=$((gpus + 10#$count))
    fi
  done < <(ray status 2>/dev/null)
  printf '%s of %s nodes, %s of %s GPUs\n' "$nodes" "$1" "$gpus" "$2"
  ((nodes >= $1 && gpus >= $2))
}

memory_available() { # BYTES
  local available
  available=$(bytes_of MemAvailable)
  printf '%s available, %s wanted\n' "$(in_gib "$available")" "$(in_gib "$1")"
  ((available >= $1))
}

# https://github.com/NVIDIA/open-gpu-kernel-modules/issues/1358 and https://al-engr.com/minimax-sglang-debug.html:
# page cache can be dropped, memory that a dead CUDA context holds comes back with a reboot only.
explain_memory() {
  say "MemFree $(in_gib "$(bytes_of MemFree)"), MemAvailable $(in_gib "$(bytes_of MemAvailable)")," \
    "swap in use $(in_gib $(($(bytes_of SwapTotal) - $(bytes_of SwapFree))))"
  say '1. "up" drops the page cache before it starts containers; a restart by the container engine does not.'
  say '2. Still short then: look on the node for leftover processes (vllm, VLLM::EngineCore, sglang, ray, raylet) and end them.'
  say '3. Short and no such process: a dead CUDA context holds the memory. Reboot the node.'
}

bytes_of() { # KEY-OF-MEMINFO
  local key value
  while IFS=$' \t:' read -r key value _; do
    if [[ $key == "$1" ]]; then
      printf '%s\n' "$((value * 1024))"
      return
    fi
  done <"$PROC/meminfo"
  printf '0\n'
}

in_gib() { # BYTES
  local tenths=$(($1 * 10 / 1073741824))
  printf '%s.%s GiB\n' "$((tenths / 10))" "$((tenths % 10))"
}

# --- processes ---

# start_daemon NAME WORD…: the command returns once its daemon runs.
start_daemon() {
  local name=$1 status=0
  shift
  say "starting $name: ${*@Q}"
  "$@" &
  wait_to_end "$!" || status=$?
  if ((status != 0)); then
    end "$status" "$name did not start: status $status" 'read the lines above'
  fi
}

# start_foreground NAME WORD…: a child in the background, because a signal that reaches bash while it waits for a
# command in the foreground stays unheard until that ends.
start_foreground() {
  foreground_name=$1
  shift
  say "starting $foreground_name: ${*@Q}"
  "$@" &
  foreground=$!
}

# watch_peer SAYS PERIOD-SECONDS MISSES HOST PORT
watch_peer() {
  keep_watch "$@" &
  watchers+=("$!")
}

# keep_watch: misses count from the moment the peer was first seen; that it comes at all is what wait_for is for.
keep_watch() {
  local says=$1 period=$2 misses=$3 missed=0 seen='' start='' found
  shift 3
  until ((missed >= misses)); do
    if found=$(look_in_time start_of_peer "$@"); then
      [[ -n $seen ]] || say "watching $says from now on"
      if [[ -n $start && -n $found && $found != "$start" ]]; then
        say "$says was started anew, without this node"
        break
      fi
      seen=yes missed=0 start=${found:-$start}
    elif [[ -n $seen ]]; then
      missed=$((missed + 1))
      say "$says does not answer, $missed of $misses: $found"
    fi
    sleep "$period"
  done
  say "$says is gone"
  kill -s USR1 "$$"
}

# stay: live as long as the foreground process, and say why it ended.
stay() {
  local status=0
  wait_to_end "$foreground" || status=$?
  if [[ -n $peer_lost ]]; then
    end 70 "$foreground_name was ended because a peer is gone" 'nothing: all ranks start anew together'
  elif [[ -n $stop_signal ]]; then
    end "$status" "$foreground_name ended with status $status, as it was asked to"
  elif ((status == 0)); then
    # vLLM ends with 0 when its engine dies, and no restart policy acts on that:
    # https://github.com/vllm-project/vllm/issues/48966
    end 70 "$foreground_name ended by itself with status 0, which is a failure for a server" 'read the lines above'
  elif ((status == 137)); then
    end 137 "$foreground_name was killed (SIGKILL)" 'look on the node for out-of-memory lines: dmesg | grep -iE "oom|NVRM"'
  fi
  end "$status" "$foreground_name ended with status $status" 'read the lines above'
}

# wait_to_end PID: return its status. A trap ends `wait` early, hence the loop; bash remembers the status of a child.
wait_to_end() {
  local status=0
  while wait "$1" || status=$? && kill -0 "$1" 2>/dev/null; do
    status=0
  done
  status=0
  wait "$1" || status=$?
  return "$status"
}

# nap SECONDS: sleep, but hear signals.
nap() {
  sleep "$1" &
  wait "$!" || true
}

on_stop() { # SIGNAL
  stop_signal=$1
  say "asked to stop (SIG$1)"
  if [[ -z $foreground ]]; then
    end "$((128 + $(kill -l "$1")))" "ended before anything served"
  fi
  kill -s "$1" "$foreground" 2>/dev/null || true
}

on_peer_lost() {
  peer_lost=yes
  say "ending $foreground_name: SIGTERM now, SIGKILL in $STOP_GRACE_S s"
  kill -s TERM "$foreground" 2>/dev/null || true
  kill_later "$foreground" &
  watchers+=("$!")
}

kill_later() { # PID
  sleep "$STOP_GRACE_S"
  say "$foreground_name did not end within $STOP_GRACE_S s: SIGKILL"
  kill -s KILL -- "-$1"
}

# end STATUS WHY [WHAT-TO-DO]
end() {
  say "$2"
  if [[ -n ${3:-} ]]; then
    say "what to do: $3"
  fi
  say "end of this start, exit status $1"
  exit "$1"
}

end_watchers() {
  local watcher
  for watcher in "${watchers[@]}"; do
    kill -s KILL -- "-$watcher" 2>/dev/null || true
  done
}

case ${1:-launch} in
  look)
    shift
    "$@"
    ;;
  launch)
    # Job control: each child leads its own process group and keeps the default reaction to SIGINT.
    set -m
    trap 'on_stop TERM' TERM
    trap 'on_stop INT' INT
    trap on_peer_lost USR1
    trap end_watchers EXIT
    say "start $START_ID of $CONTAINER on $NODE (deployment $DEPLOYMENT, build $BUILD)"
    pause_between_starts
    launch
    ;;
esac
