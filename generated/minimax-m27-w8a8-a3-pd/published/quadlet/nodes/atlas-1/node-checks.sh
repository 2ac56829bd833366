# shellcheck shell=bash
# The checks of node.sh: what it looks at before a start (preflight) and while it runs (status).
# Facts that shellcheck cannot see come from facts.sh.
# shellcheck disable=SC2154

# Every check runs, whatever happened to the others.
readonly PREFLIGHT=(platform privilege interface_facts hcas_active networks_apart ports_free images_present
  weights_present sources_present secrets_safe devices_present memory_enough swap_unused desktop_off engine_processes
  ipc_kept disk_free nvidia_driver npu_driver npu_links kernel_log clock_time)
readonly STATUS=(containers_up memory_used swap_unused kernel_log gpu_spinning)

preflight() {
  run_checks "${PREFLIGHT[@]}"
}

status() {
  run_checks "${STATUS[@]}"
}

# run_checks FUNCTION…: each in a shell of its own, so that one that breaks takes nothing else along. What it writes
# besides lines for the caller is the reason why it broke.
run_checks() {
  local check said line rest broken
  for check in "$@"; do
    rest='' broken=''
    said=$("check_$check" 2>&1) || broken=yes
    while IFS= read -r line; do
      case $line in
        *$'\t'*$'\t'*$'\t'*) printf '%s\n' "$line" ;;
        ?*) rest+=" $line" ;;
      esac
    done <<<"$said"
    if [[ -n $broken || -n $rest || -z $said ]]; then
      report fail "${check//_/-}" "this check could not finish:${rest:- it gave no reason}" \
        "run by hand on $node: bash -x $here/node.sh preflight"
    fi
  done
}

# --- the platform and what the login may do ---

check_platform() {
  platform_tools
}

check_privilege() {
  local i names=''
  for ((i = 0; i < ${#steps[@]}; i += 5 + steps[i + 4])); do
    if [[ ${steps[i + 2]} == yes ]]; then
      names+=" ${steps[i]}"
    fi
  done
  if [[ -z $names ]]; then
    report ok privilege 'no step needs root'
  elif is_root; then
    report ok privilege "logged in as root, for:$names"
  elif platform_leaves_out_root; then
    report ok privilege "root is not asked for: units of $(id -un) leave out:$names"
  elif ! has sudo; then
    report fail privilege "sudo is not installed, root is needed for:$names" "log in as root, or install sudo"
  elif sudo -n true 2>/dev/null; then
    report ok privilege "sudo asks for no password, for:$names"
  elif may_run_steps; then
    report warn privilege "sudo lists the steps as allowed, but was not tried:$names" 'sudo -l shows whether they say NOPASSWD'
  else
    report fail privilege "sudo wants a password (the spec says: $sudo_mode), root is needed for:$names" \
      "allow $login_user these commands with NOPASSWD in /etc/sudoers.d, or log in as root"
  fi
}

# may_run_steps: a narrow sudoers entry allows the commands and nothing else.
may_run_steps() {
  local i
  for ((i = 0; i < ${#steps[@]}; i += 5 + steps[i + 4])); do
    if [[ ${steps[i + 2]} == yes ]]; then
      sudo -n -l -- "${steps[@]:i+5:steps[i + 4]}" >/dev/null 2>&1 || return 1
    fi
  done
}

# --- the fabric ---

check_interface_facts() {
  local folder=$root/sys/class/net/$interface state
  if [[ -z $interface ]]; then
    report ok interface 'none is needed'
    return
  fi
  if [[ ! -e $folder ]]; then
    report fail interface "there is no interface $interface; there are: $(ls "$root/sys/class/net" 2>&1)" \
      'correct interconnect.interface in the spec'
    return
  fi
  state=$(read_file "$folder/operstate")
  if [[ $state != up && $state != unknown ]]; then
    report fail interface "$interface is ${state:-in an unknown state}" \
      "look at the cable, then: sudo ip link set $interface up"
  else
    report ok interface "$interface is $state"
  fi
  check_address
  check_mtu "$folder"
  check_speed "$folder"
}

check_address() {
  local found line
  if ! has ip; then
    report warn address "whether $interface carries $address is not known: ip is not installed" 'install iproute2'
    return
  fi
  found=$(ip -o addr show dev "$interface" 2>/dev/null | while read -r _ _ _ line _; do printf '%s ' "${line%/*}"; done)
  if [[ " $found" == *" $address "* ]]; then
    report ok address "$interface carries $address"
  else
    report fail address "$interface carries ${found:-no address}, $address wanted" \
      'give the port the address (netplan), or correct the spec'
  fi
}

check_mtu() { # FOLDER
  local found
  found=$(read_file "$1/mtu")
  if [[ -z $mtu ]]; then
    report ok mtu "$interface has ${found:-an unknown MTU}; the spec declares none"
  elif [[ ! $found =~ ^[0-9]+$ ]]; then
    report warn mtu "the MTU of $interface cannot be read, $mtu wanted"
  elif ((found < mtu)); then
    report fail mtu "$interface has MTU $found, $mtu declared" "sudo ip link set $interface mtu $mtu, and in netplan"
  else
    report ok mtu "$interface has MTU $found, $mtu declared"
  fi
}

check_speed() { # FOLDER
  local found
  found=$(read_file "$1/speed")
  if [[ -z $speed_gbps ]]; then
    report ok speed "$interface shows ${found:-no} Mb/s; the spec declares none"
  elif [[ ! $found =~ ^[0-9]+$ ]]; then
    # The kernel gives -1, or an error, while the link is down.
    report warn speed "$interface shows no link speed, $speed_gbps Gb/s declared" "ethtool $interface"
  elif ((found < speed_gbps * 1000)); then
    report fail speed "$interface runs at $found Mb/s, $((speed_gbps * 1000)) declared" \
      'look at the cable and the port, or correct interconnect in the spec'
  else
    report ok speed "$interface runs at $found Mb/s"
  fi
}

check_hcas_active() {
  local hca state
  if ((${#hcas[@]} == 0)); then
    report ok hca 'none is needed'
  fi
  for hca in "${hcas[@]}"; do
    state=$(read_file "$root/sys/class/infiniband/$hca/ports/1/state")
    if [[ ! -e $root/sys/class/infiniband/$hca ]]; then
      report fail hca "there is no RDMA device $hca" 'ibdev2netdev lists them; correct interconnect.hca in the spec'
    elif [[ $state != *ACTIVE* ]]; then
      report fail hca "$hca is ${state:-in an unknown state}, 4: ACTIVE wanted" 'look at the cable; is its interface up?'
    else
      report ok hca "$hca is ACTIVE"
    fi
  done
}

# https://github.com/eugr/spark-vllm-docker, docs/NETWORKING.md: two ports in one network mess up routing. What is sent to
# the one may leave through the other, and RDMA answers come from an address that nobody asked.
check_networks_apart() {
  local hca folder line network device told='' names=" $interface "
  local -A first=()
  if [[ -z $interface ]]; then
    report ok networks 'no fabric is used'
    return
  elif ! has ip; then
    report info networks 'whether two ports stand in one network is not known: ip is not installed' 'install iproute2'
    return
  fi
  for hca in "${hcas[@]}"; do
    for folder in "$root/sys/class/infiniband/$hca/device/net"/*; do
      names+="${folder##*/} "
    done
  done
  while read -r line; do
    if [[ ! $line =~ ^([^ ]+)\ dev\ ([^ ]+) ]]; then
      continue
    fi
    network=${BASH_REMATCH[1]} device=${BASH_REMATCH[2]}
    if [[ -z ${first[$network]:-} ]]; then
      first[$network]=$device
    elif [[ $names == *" $device "* || $names == *" ${first[$network]} "* ]]; then
      told=yes
      report warn networks "${first[$network]} and $device both stand in $network" \
        "give each port of the fabric a network of its own (netplan), the two halves of one cage too"
    fi
  done < <(ip -4 route show proto kernel scope link 2>/dev/null)
  if [[ -z $told ]]; then
    report ok networks 'each port of the fabric has a network of its own'
  fi
}

read_file() { # PATH: its first line; empty when it cannot be read
  local line=''
  { read -r line <"$1"; } 2>/dev/null || true
  printf '%s' "$line"
}

# --- ports ---

check_ports_free() {
  local i number protocol purpose holder
  load_containers
  for ((i = 0; i < ${#ports[@]}; i += 3)); do
    number=${ports[i]} protocol=${ports[i + 1]} purpose=${ports[i + 2]}
    holder=$(listener "$number" "$protocol")
    if [[ -z $holder ]]; then
      report ok port "$protocol $number is free ($purpose)"
    elif [[ $holder == own:* ]]; then
      report ok port "$protocol $number is held by our own container ${holder#own:} ($purpose)"
    else
      report fail port "$protocol $number is taken by $holder ($purpose)" \
        "end it, or choose another port in the spec; it may belong to another deployment"
    fi
  done
  if ((${#ports[@]} == 0)); then
    report ok port 'none is bound on this node'
  fi
}

# listener NUMBER PROTOCOL: who listens there; empty when nobody does.
listener() {
  local line local_address process
  if ! has ss; then
    listener_of_kernel "$@"
    return
  fi
  while read -r _ _ _ local_address _ process; do
    if [[ ${local_address##*:} == "$1" ]]; then
      name_holder "$process" "$local_address"
      return
    fi
  done < <(ss -H -n -p -l "--$2" 2>/dev/null)
}

# listener_of_kernel NUMBER PROTOCOL: without `ss` the kernel's own table still tells that the port is taken.
listener_of_kernel() {
  local file line state port
  printf -v port ':%04X' "$1"
  for file in "$proc/net/$2" "$proc/net/${2}6"; do
    [[ -r $file ]] || continue
    while read -r _ line _ state _; do
      # 0A is a listening TCP socket, 07 an unconnected UDP one.
      if [[ $line == *"$port" && ($state == 0A || $state == 07) ]]; then
        printf 'a process that cannot be named: ss is not installed'
        return
      fi
    done <"$file"
  done
}

# name_holder PROCESS-FIELD-OF-SS ADDRESS
name_holder() {
  local pid container
  if [[ ! $1 =~ \(\"([^\"]*)\",pid=([0-9]+) ]]; then
    # ss shows the processes of others to root only.
    if our_container_runs; then
      printf 'own:%s' '(probably; its process is not visible without root)'
    else
      printf 'a process of another user at %s (sudo ss -ltnp names it)' "$2"
    fi
    return
  fi
  pid=${BASH_REMATCH[2]}
  container=$(container_of "$pid")
  if [[ -n $container ]] && is_ours "$container"; then
    printf 'own:%s' "$container"
  else
    printf '%s (pid %s%s) at %s' "${BASH_REMATCH[1]}" "$pid" "${container:+, container $container}" "$2"
  fi
}

# --- containers and processes ---

declare -A container_by_id=()

load_containers() {
  local id name
  if platform_engine; then
    while read -r id name; do
      if [[ -n $id ]]; then
        container_by_id[$id]=$name
      fi
    done < <("${engine[@]}" ps --no-trunc --format '{{.ID}} {{.Names}}' 2>/dev/null || true)
  fi
}

# container_of PID: the name of the container it runs in; empty on the host itself.
container_of() {
  local line
  while IFS= read -r line; do
    if [[ $line =~ ([0-9a-f]{64}) ]]; then
      printf '%s' "${container_by_id[${BASH_REMATCH[1]}]:-${BASH_REMATCH[1]:0:12}}"
      return
    fi
  done < <(cat -- "$proc/$1/cgroup" 2>/dev/null)
}

is_ours() { # CONTAINER
  [[ $'\n'$(container_names)$'\n' == *$'\n'"$1"$'\n'* ]]
}

our_container_runs() {
  local name
  for name in "${container_by_id[@]}"; do
    if is_ours "$name"; then
      return
    fi
  done
  return 1
}

# engine_pids: processes of vLLM, SGLang and Ray by the titles that they give themselves.
engine_pids() {
  local folder
  local -a words
  local engine='(^|/)vllm (serve|bench)|vllm\.entrypoints|VLLM::|sglang\.(launch_server|srt)|sglang::|(^|/)ray start|(^|/)raylet |(^|/)gcs_server |^ray::'
  for folder in "$proc"/[0-9]*; do
    { mapfile -d '' -t words <"$folder/cmdline"; } 2>/dev/null || continue
    if [[ "${words[*]} " =~ $engine ]]; then
      printf '%s\n' "${folder##*/}"
    fi
  done
}

# report_engine_processes: warn of each one that is not in a container of ours; fail when there is none.
report_engine_processes() {
  local pid container found=1
  local -a words
  load_containers
  for pid in $(engine_pids); do
    container=$(container_of "$pid")
    if [[ -n $container ]] && is_ours "$container"; then
      continue
    fi
    found=0
    { mapfile -d '' -t words <"$proc/$pid/cmdline"; } 2>/dev/null || true
    report warn engine-processes "pid $pid${container:+ in container $container} holds $(gib "$(rss_of "$pid")"): ${words[*]:0:4}" \
      "if nobody needs it: ${container:+$ENGINE stop $container, or }kill $pid"
  done
  return "$found"
}

rss_of() { # PID
  local key value
  while IFS=$' \t:' read -r key value _; do
    if [[ $key == VmRSS ]]; then
      printf '%s' "$((value * 1024))"
      return
    fi
  done < <(cat -- "$proc/$1/status" 2>/dev/null)
  printf '0'
}

check_engine_processes() {
  if ! report_engine_processes; then
    report ok engine-processes 'none outside of our containers'
  fi
}

check_containers_up() {
  local i name build state exit restarts started runs_build
  need_engine || return 0
  for ((i = 0; i < ${#containers[@]}; i += 2)); do
    name=${containers[i]} build=${containers[i + 1]}
    state='' exit='' restarts='' started='' runs_build=''
    IFS=$'\t' read -r state exit restarts started runs_build < <(platform_state "$name") || true
    case $state in
      running) report ok "$name" "running for $(span "$(seconds_since "$started")"), $restarts restarts" ;;
      '')
        report fail "$name" 'there is no such container' 'up starts it'
        continue
        ;;
      *)
        report fail "$name" "$state with exit status $exit, $restarts restarts: $(last_line "$name")" \
          'read its log; the last lines say why it ended'
        ;;
    esac
    if [[ $runs_build != "$build" ]]; then
      report warn "$name" 'it runs an older build than the one installed here' 'down, then up'
    fi
  done
}

# --- files ---

check_images_present() {
  local i reference name wanted found
  if ! platform_engine; then
    report fail image "not known: $ENGINE is not usable" "$engine_way_out"
    return
  fi
  for ((i = 0; i < ${#images[@]}; i += 3)); do
    reference=${images[i]} name=${images[i + 1]} wanted=${images[i + 2]}
    found=$(image_id "$name")
    if [[ -z $found ]]; then
      found=$(image_id "$reference")
      if [[ -n $found ]]; then
        report fail image "$reference is $found, $name wanted" 'prepare copies the right one from the first node'
      else
        report fail image "$reference is not on this node" 'prepare copies it from the first node'
      fi
    elif [[ -n $wanted && $found != "$wanted" ]]; then
      report fail image "$reference is $found, $wanted wanted" 'prepare copies the right one from the first node'
    else
      report ok image "$reference is here ($found)"
    fi
  done
}

check_weights_present() {
  local i folder size least most
  for ((i = 0; i < ${#weights[@]}; i += 7)); do
    folder=$(weights_folder "${weights[@]:i:4}") least=${weights[i + 5]} most=${weights[i + 6]}
    if [[ ! -d $folder ]]; then
      report fail weights "${weights[i + 1]} is not at $folder" 'prepare copies it from the first node, or downloads it'
      report_room "${weights[i]}" "${weights[i + 4]}"
      continue
    fi
    size=$(sum_of_sizes "$(list_files "$folder")")
    if [[ -z $least ]]; then
      report ok weights "$(gib "$size") at $folder; how much it should be is not known"
    elif ((size < least || size > most)); then
      report fail weights "$size bytes at $folder, ${weights[i + 4]} wanted (between $least and $most)" \
        'prepare goes on where a copy was cut off'
    else
      report ok weights "$size bytes at $folder, ${weights[i + 4]} wanted"
    fi
  done
  if ((${#weights[@]} == 0)); then
    report ok weights 'none are needed on this node'
  fi
}

# report_room PATH BYTES: whether absent weights would fit where they belong.
report_room() {
  local free
  free=$(free_bytes "$1")
  if [[ -n $free && -n $2 ]] && ((free < $2)); then
    report fail disk "$(gib "$free") free for $1, $(gib "$2") of weights to come" 'make room, or name another path in the spec'
  fi
}

# free_bytes PATH: on the file system where PATH is or would be; empty when that cannot be told.
free_bytes() {
  local at=$1 free=''
  while [[ ! -e $at && -n ${at%/*} ]]; do
    at=${at%/*}
  done
  free=$(df -P -B1 -- "$at" 2>/dev/null | {
    read -r _
    read -r _ _ _ free _
    printf '%s' "$free"
  }) || true
  if [[ $free =~ ^[0-9]+$ ]]; then
    printf '%s' "$free"
  fi
}

check_sources_present() {
  local path missing=''
  for path in "${sources[@]}"; do
    if [[ ! -e $path ]]; then
      missing=yes
      report fail mount "$path does not exist" 'create it, or correct container.mounts in the spec'
    fi
  done
  if [[ -z $missing ]]; then
    report ok mount "${#sources[@]} paths of the spec's own mounts exist"
  fi
}

check_secrets_safe() {
  local i name file mode
  for ((i = 0; i < ${#secrets[@]}; i += 2)); do
    name=${secrets[i]} file=${secrets[i + 1]}
    if [[ ! -e $file ]]; then
      report fail secret "$name is not at $file" "write it there: install -m 600 /dev/stdin ${file@Q}"
      continue
    fi
    mode=$(stat -L -c %a -- "$file")
    if [[ ! -s $file ]]; then
      report fail secret "$file is empty" "write the value of $name into it"
    elif (((8#$mode & 8#077) != 0)); then
      report fail secret "$file has mode $mode: others can read $name" "chmod 600 ${file@Q}"
    else
      report ok secret "$name is at $file with mode $mode"
    fi
  done
  if ((${#secrets[@]} == 0)); then
    report ok secret 'none is needed'
  fi
}

check_devices_present() {
  local device missing=''
  for device in "${devices[@]}"; do
    if [[ ! -e $root$device ]]; then
      missing=yes
      report fail device "$device does not exist" 'is the driver loaded?'
    fi
  done
  if [[ -z $missing ]]; then
    report ok device "${#devices[@]} devices are there"
  fi
}

# --- NPUs ---

# npu_numbers: of the NPUs that the containers get.
npu_numbers() {
  local device
  for device in "${devices[@]}"; do
    if [[ $device =~ ^/dev/davinci([0-9]+)$ ]]; then
      printf '%s\n' "${BASH_REMATCH[1]}"
    fi
  done
}

# https://docs.vllm.ai/projects/ascend/en/latest/getting_started/installation.html: npu-smi info shows whether firmware
# and driver are installed.
check_npu_driver() {
  local said file missing=''
  if [[ -z $(npu_numbers) ]]; then
    report ok npu-driver 'no NPU is asked for'
    return
  fi
  for file in "${driver_files[@]}"; do
    if [[ ! -e $root$file ]]; then
      missing=yes
      report fail npu-driver "$file does not exist, and the container is to see it" 'install the driver and firmware of the NPUs'
    fi
  done
  if ! has npu-smi; then
    report fail npu-driver 'npu-smi is not installed, or not on the PATH of this login' 'install the driver and firmware of the NPUs'
  elif ! said=$(timeout 60 npu-smi info 2>&1); then
    report fail npu-driver "npu-smi info: ${said:-no answer within 60 s}" "look at the driver's log, or reboot $node"
  elif [[ -z $missing ]]; then
    report ok npu-driver 'npu-smi info shows the NPUs, and the files of the driver are there'
  fi
}

# https://docs.vllm.ai/projects/ascend/en/latest/installation.html, Verify Multi-Node Communication: every NPU of every
# node must have its link UP and its network healthy.
check_npu_links() {
  local number link health tool=hccn_tool ill=0
  local -a numbers
  mapfile -t numbers < <(npu_numbers)
  if ((${#numbers[@]} == 0)) || [[ -z $interface ]]; then
    report ok npu-links 'no NPU talks to another node'
    return
  fi
  has "$tool" || tool=/usr/local/Ascend/driver/tools/hccn_tool
  if ! has "$tool"; then
    report fail npu-links 'hccn_tool is not installed' 'install the driver and firmware of the NPUs'
    return
  fi
  for number in "${numbers[@]}"; do
    link=$(timeout 30 "$tool" -i "$number" -link -g 2>&1) || true
    health=$(timeout 30 "$tool" -i "$number" -net_health -g 2>&1) || true
    if [[ $link != *UP* || ${health,,} != *success* ]]; then
      ill=$((ill + 1))
      report fail npu-links "NPU $number: $link; $health" 'look at its optical module and the switch: hccn_tool -i '"$number"' -lldp -g'
    fi
  done
  if ((ill == 0)); then
    report ok npu-links "the links of ${#numbers[@]} NPUs are UP, their networks healthy"
  fi
}

check_disk_free() {
  local path free
  for path in "$install_dir" "${caches[@]}"; do
    free=$(free_bytes "$path")
    if [[ -z $free ]]; then
      report warn disk "the free space for $path is not known"
    elif ((free == 0)); then
      report fail disk "the file system of $path is full" "make room: $ENGINE system df, and old models"
    else
      report ok disk "$(gib "$free") free for $path"
    fi
  done
}

# --- memory ---

# after_drop: an upper bound of MemAvailable once caches are dropped. Shared memory counts as cached and stays.
after_drop() {
  local bound available
  bound=$(($(bytes_of MemFree) + $(bytes_of Buffers) + $(bytes_of Cached) + $(bytes_of SReclaimable) - $(bytes_of Shmem)))
  available=$(bytes_of MemAvailable)
  printf '%s' "$((bound > available ? bound : available))"
}

# Stop what is left, drop caches, compare, and only then blame a leak: a dead CUDA context holds memory that no
# process owns, https://al-engr.com/minimax-sglang-debug.html.
check_memory_enough() {
  local available bound numbers kept=''
  available=$(bytes_of MemAvailable)
  bound=$(after_drop)
  kept=$(reserved_words)
  numbers="$(gib "$available") available of $(gib "$(bytes_of MemTotal)"), up to $(gib "$bound") without caches$kept"
  load_containers
  if [[ -z $needed_free && $unified == no ]]; then
    report ok memory "$numbers; the accelerators have memory of their own"
  elif [[ -z $needed_free ]]; then
    report warn memory "$numbers; how much the launch needs is not known"
  elif ((available >= needed_free)); then
    report ok memory "$numbers, $(gib "$needed_free") needed"
  elif our_container_runs; then
    report ok memory "$numbers, $(gib "$needed_free") needed; our own containers hold theirs"
  elif ((bound >= needed_free)); then
    report warn memory "$numbers, $(gib "$needed_free") needed" 'up drops the caches before it starts'
  elif [[ -n $(engine_pids) ]]; then
    report fail memory "$numbers, $(gib "$needed_free") needed" 'end the engine processes that are named here, then look again'
  else
    report fail memory "$numbers, $(gib "$needed_free") needed, and no engine process is running" \
      "ps aux --sort -rss shows what uses it; when nothing does, a dead CUDA context holds it: reboot $node"
  fi
}

reserved_words() {
  local i
  for ((i = 0; i < ${#reservations[@]}; i += 2)); do
    printf '; %s is reserved for %s' "$(gib "${reservations[i + 1]}")" "${reservations[i]}"
  done
}

check_memory_used() {
  local total available percent
  total=$(bytes_of MemTotal)
  available=$(bytes_of MemAvailable)
  percent=$(((total - available) * 100 / (total > 0 ? total : 1)))
  if [[ $unified == no ]]; then
    report info memory "$percent % used, $(gib "$available") available; the accelerators have memory of their own"
    return
  fi
  # https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387
  report info memory "$percent % used, $(gib "$available") available; 96 % on the head is normal with unified memory"
}

check_swap_unused() {
  local used
  used=$(($(bytes_of SwapTotal) - $(bytes_of SwapFree)))
  if ((used > 0)); then
    report warn swap "$(gib "$used") of swap is in use: weights or cache may be paged out, which stalls every token" \
      'with enough memory free: sudo swapoff -a && sudo swapon -a'
  else
    report ok swap 'none is in use'
  fi
}

# https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark, docs/00-prerequisites.md: an estimate of 2 to 3 GiB.
check_desktop_off() {
  if [[ $unified == yes ]] && has systemctl && systemctl is-active --quiet graphical.target 2>/dev/null; then
    report info desktop 'the graphical desktop runs, and may take 2 to 3 GiB of the memory that the model needs' \
      'sudo systemctl set-default multi-user.target, then reboot'
  else
    report ok desktop 'none runs, or it takes nothing from the accelerator'
  fi
}

# --- the system ---

# https://github.com/eugr/spark-vllm-docker/issues/352: with RemoveIPC, logging out takes the semaphores of the workers
# that the login started; they freeze at graph capture.
check_ipc_kept() {
  local user
  user=$(id -un)
  if is_root || [[ $shares_ipc != yes ]]; then
    report ok remove-ipc 'systemd removes the IPC objects of ordinary users only, and none are used here'
  elif [[ $(removes_ipc) == no ]]; then
    report ok remove-ipc 'RemoveIPC=no'
  elif lingers "$user"; then
    report ok remove-ipc "$user lingers, so logging out removes nothing"
  else
    report warn remove-ipc "systemd removes the IPC objects of $user at logout, and the container shares the host's" \
      "sudo loginctl enable-linger $user, or RemoveIPC=no in /etc/systemd/logind.conf"
  fi
}

# removes_ipc: the last word in the configuration; yes is the default.
removes_ipc() {
  local file line answer=yes
  for file in "$root/usr/lib/systemd/logind.conf.d"/*.conf "$root/etc/systemd/logind.conf" \
    "$root/etc/systemd/logind.conf.d"/*.conf; do
    [[ -r $file ]] || continue
    while IFS= read -r line || [[ -n $line ]]; do
      case ${line//[[:space:]]/} in
        RemoveIPC=[nN]o | RemoveIPC=0 | RemoveIPC=[fF]alse | RemoveIPC=off) answer=no ;;
        RemoveIPC=*) answer=yes ;;
      esac
    done <"$file"
  done
  printf '%s' "$answer"
}

lingers() { # USER
  [[ -e $root/var/lib/systemd/linger/$1 ]] ||
    { has loginctl && [[ $(loginctl show-user "$1" --property=Linger --value 2>/dev/null) == yes ]]; }
}

check_nvidia_driver() {
  local said
  if [[ $needs_gpu != yes ]]; then
    report ok gpu-driver 'no NVIDIA GPU is asked for'
  elif ! has nvidia-smi; then
    report fail gpu-driver 'nvidia-smi is not installed' 'install the NVIDIA driver'
  elif said=$(timeout 30 nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>&1); then
    # https://github.com/eugr/spark-vllm-docker, README of 2026-03-12: capturing graphs deadlocks on GB10 with 590.
    if [[ $said == *GB10,\ 590.* ]]; then
      report warn gpu-driver "$said: with 590 the capture of CUDA graphs was seen to deadlock on this machine" \
        'install a driver 580, or switch graphs off (serving.cuda_graphs: off)'
    else
      report ok gpu-driver "$said"
    fi
  else
    report fail gpu-driver "nvidia-smi: ${said:-no answer within 30 s}" "reload the driver, or reboot $node"
  fi
}

# kernel_lines: the kernel's log since boot, from whichever source this login may read.
kernel_lines() {
  dmesg 2>/dev/null || sudo -n dmesg 2>/dev/null || journalctl --dmesg --boot --quiet --no-pager 2>/dev/null
}

check_kernel_log() {
  local log line last='' count=0 trouble='NVRM: .*(Out of memory|NO_MEMORY|Xid)|[Oo]ut of memory: Kill|oom-kill:'
  if ! log=$(kernel_lines) || [[ -z $log ]]; then
    report info kernel "the kernel's log cannot be read by $(id -un)" 'sudo dmesg | grep -E "NVRM|oom"'
    return
  fi
  while IFS= read -r line; do
    if [[ $line =~ $trouble ]]; then
      count=$((count + 1)) last=$line
    fi
  done <<<"$log"
  if ((count > 0)); then
    report warn kernel "$count lines about memory or the GPU since boot, the last: $last" \
      'after an NVRM out of memory, check that Ray'"'"'s object store is capped and caches were dropped; if it stays, reboot'
  else
    report ok kernel 'no out-of-memory and no NVRM trouble since boot'
  fi
}

# https://al-engr.com/minimax-sglang-debug.html: 96 % SM and 0 % memory, for half an hour, was two nodes waiting for
# each other.
check_gpu_spinning() {
  local line samples=0 spinning=0 shown=''
  local -a field
  if [[ $needs_gpu != yes ]] || ! has nvidia-smi; then
    report info gpu 'not looked at: no NVIDIA GPU, or nvidia-smi is missing'
    return
  fi
  while IFS= read -r line; do
    read -r -a field <<<"$line"
    if [[ ${field[0]:-} =~ ^[0-9]+$ && ${field[1]:-} =~ ^[0-9]+$ && ${field[2]:-} =~ ^[0-9]+$ ]]; then
      samples=$((samples + 1))
      shown="SM ${field[1]} %, memory ${field[2]} %"
      if ((field[1] >= 90 && field[2] <= 1)); then
        spinning=$((spinning + 1))
      fi
    fi
  done < <(timeout 30 nvidia-smi dmon -s u -c 3 2>/dev/null || true)
  if ((samples == 0)); then
    report info gpu 'nvidia-smi dmon shows no utilisation'
  elif ((samples == spinning)); then
    report warn gpu "$shown: looks like a spin-lock, ranks that wait for each other" \
      'if it stays so for minutes: compare the logs of all nodes, then down and up'
  else
    report ok gpu "$shown"
  fi
}

# Whoever called compares the nodes.
check_clock_time() {
  report info clock "$(date +%s.%3N)"
}
