# shellcheck shell=bash
# What node.sh asks of the platform that runs the containers: Podman, started anew by systemd and nobody else.
# docker.sh, of the target `shell`, says what each function is asked for.
#
# Where root can be had (a root login, passwordless sudo), the units are the system's. Otherwise they are the login
# user's own: then no step runs as root before a start, and limits and devices are those of the user.
# Facts come from facts.sh and helpers from node.sh, which also reads what is set here.
# shellcheck disable=SC2034,SC2154

# Which platform this is: launch.sh compares it with the one that is installed, since a deployment has one supervisor.
PLATFORM=quadlet
# Notify=healthy, Entrypoint= and StopTimeout= came with Podman 5.0 (its release notes).
readonly ENGINE=podman OLDEST_PODMAN=5
readonly GENERATORS=(/usr/libexec/podman/quadlet /usr/lib/podman/quadlet)
# What systemd says when it begins to start a unit (systemd.journal-fields(7), `journalctl --list-catalog`).
readonly UNIT_STARTING=7d4958e842da4a758f6c1cdc7b36dcc5

engine=() engine_trouble='' engine_way_out=''
scope='' systemctl=() journalctl=() quadlets='' units='' fields=''

# find_scope: whose systemd runs the containers, and where its units lie.
find_scope() {
  local -a sudo=()
  if [[ -n $scope ]]; then
    return
  fi
  if is_root || { has sudo && sudo -n true 2>/dev/null; }; then
    is_root || sudo=(sudo -n)
    scope=system fields=''
    systemctl=("${sudo[@]}" systemctl) journalctl=("${sudo[@]}" journalctl)
    quadlets=$root/etc/containers/systemd units=$root/etc/systemd/system
  else
    scope=user fields=USER_
    # Not journalctl --user: it finds nothing where the journal is not kept on disk, and so not apart for each user.
    systemctl=(systemctl --user) journalctl=(journalctl)
    quadlets=${XDG_CONFIG_HOME:-$HOME/.config}/containers/systemd units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
    # A login over ssh that runs a single command may lack it, and systemctl finds no bus without.
    export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
  fi
}

# as_owner WORD…: as whoever owns the units.
as_owner() {
  if [[ $scope == system ]]; then
    as_root "$@"
  else
    "$@"
  fi
}

platform_engine() {
  local said
  if ((${#engine[@]} > 0)); then
    return
  fi
  find_scope
  if ! has podman; then
    engine_trouble='podman is not installed, or not on the PATH of this login'
    engine_way_out='install Podman 5.0 or newer: https://podman.io/docs/installation'
    return 1
  fi
  if ! said=$(as_owner timeout 20 podman version --format '{{.Client.Version}}' 2>&1); then
    engine_trouble=${said:-podman gave no answer within 20 s}
    engine_way_out='run by hand on this node: podman info'
    return 1
  fi
  if ((${said%%.*} < OLDEST_PODMAN)); then
    engine_trouble="podman is $said, 5.0 or newer wanted: older ones do not know Notify=healthy"
    engine_way_out='install a newer Podman: https://podman.io/docs/installation'
    return 1
  fi
  engine=(podman)
  if [[ $scope == system ]] && ! is_root; then
    engine=(sudo -n podman)
  fi
}

platform_leaves_out_root() {
  find_scope
  [[ $scope == user ]]
}

platform_tools() {
  if platform_engine; then
    report ok podman "usable as: ${engine[*]}"
  else
    report fail podman "$engine_trouble" "$engine_way_out"
  fi
  check_systemd
  check_cdi
  if [[ $scope == user ]]; then
    check_user_units
  fi
}

check_systemd() {
  local said
  if ! has systemctl; then
    report fail systemd 'systemctl is not installed' 'this target needs systemd; the target shell does not'
  elif said=$("${systemctl[@]}" show --property=Version --value 2>&1); then
    report ok systemd "the $scope's systemd $said runs the containers"
  else
    report fail systemd "${systemctl[*]} cannot be used: $said" 'is systemd the first process here, and the login a full one?'
  fi
}

# check_cdi: Podman reaches GPUs by what /etc/cdi and /run/cdi describe.
# https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html
check_cdi() {
  if [[ $needs_gpu != yes ]]; then
    report ok cdi 'no GPU is asked for'
  elif grep -qs 'nvidia.com/gpu' -- "$root"/etc/cdi/* "$root"/run/cdi/*; then
    report ok cdi 'nvidia.com/gpu is described'
  else
    report fail cdi 'neither /etc/cdi nor /run/cdi describes nvidia.com/gpu' \
      'sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml'
  fi
}

# check_user_units: what a user's systemd cannot do.
check_user_units() {
  local i
  for ((i = 0; i < ${#steps[@]}; i += 5 + steps[i + 4])); do
    if [[ ${steps[i + 1]} == every_start && ${steps[i + 2]} == yes ]]; then
      report warn units "units of $(id -un) run no step as root: ${steps[i]} is left out before a start" \
        "passwordless sudo for $login_user makes them units of the system; the start script's memory gate stands in"
    fi
  done
  if lingers "$(id -un)"; then
    report ok linger "$(id -un) lingers: the units live on after a logout, and start at boot"
  else
    report fail linger "the units of $(id -un) end at logout" "sudo loginctl enable-linger $(id -un)"
  fi
}

# --- units ---

# unit_of NAME: the unit of a container, by its own file; of one that this build does not know, by what is installed.
unit_of() {
  local file
  for file in "$here/units"/*.container "$quadlets"/*.container; do
    if [[ -e $file ]] && grep -qxF -- "ContainerName=$1" "$file"; then
      file=${file##*/}
      printf '%s.service' "${file%.container}"
      return
    fi
  done
  return 1
}

# target_unit: what pulls in all of them.
target_unit() {
  local file
  for file in "$here/units"/*.target; do
    printf '%s' "${file##*/}"
  done
}

platform_install() {
  local file name status=0
  find_scope
  for file in "$here/units"/*.container; do
    name=${file##*/}
    put_unit "$file" "$quadlets/$name" || status=1
    if [[ $scope == user ]]; then
      put_unit "$here/units/user/$name.d/user.conf" "$quadlets/$name.d/user.conf" || status=1
    fi
  done
  put_unit "$here/units/$(target_unit)" "$units/$(target_unit)" || status=1
  reload || status=1
  for name in $(container_names); do
    was_generated "$(unit_of "$name")" || status=1
  done
  ((status == 0)) || return "$status"
  tell_systemd enable --quiet -- "$(target_unit)"
}

# put_unit FILE PLACE (by env, because node.sh has a function called install)
put_unit() {
  local said
  if said=$(as_owner env install -D -m 644 -- "$1" "$2" 2>&1); then
    report ok units "$2 is there"
  else
    report fail units "$2 cannot be written: $said" "give $login_user passwordless sudo, or look at the folder"
    return 1
  fi
}

# reload: read the units anew; Podman's generator runs inside.
reload() {
  tell_systemd daemon-reload
}

# tell_systemd WORD…
tell_systemd() {
  local said
  if ! said=$("${systemctl[@]}" "$@" 2>&1); then
    report fail units "systemctl $* failed: $said" "run by hand on $node: ${systemctl[*]} $*"
    return 1
  fi
}

# was_generated UNIT: the generator leaves out what it cannot read, and says why only to those who ask; and a unit of
# the same name in systemd's own folders goes before what it made.
was_generated() {
  local source generator
  source=$("${systemctl[@]}" show --property=SourcePath --value -- "$1")
  if [[ $source == "$quadlets/${1%.service}.container" ]]; then
    return
  fi
  source=$("${systemctl[@]}" show --property=FragmentPath --value -- "$1")
  if [[ -n $source ]]; then
    report fail units "$source hides the unit of that name from Podman's generator" \
      'uninstall the other target of this deployment first'
    return 1
  fi
  for generator in "${GENERATORS[@]}"; do
    if [[ -x $generator ]]; then
      report fail units "Podman's generator made no $1" "QUADLET_UNIT_DIRS=$quadlets $generator -dryrun says why"
      return 1
    fi
  done
  report fail units "Podman's generator is not installed, so there is no $1" 'install Podman with its systemd generator'
  return 1
}

platform_uninstall() {
  local file name status=0
  find_scope
  "${systemctl[@]}" disable --quiet -- "$(target_unit)" 2>/dev/null || true
  for file in "$here/units"/*.container; do
    name=${file##*/}
    as_owner rm -rf -- "$quadlets/$name" "$quadlets/$name.d/user.conf" || status=1
    as_owner rmdir -- "$quadlets/$name.d" 2>/dev/null || true
  done
  as_owner rm -f -- "$units/$(target_unit)" || status=1
  reload || status=1
  if ((status == 0)); then
    report ok units "removed from $quadlets and $units"
  else
    report fail units "not everything could be removed from $quadlets and $units" 'remove it by hand, then daemon-reload'
  fi
  return "$status"
}

# --- containers ---

platform_start() { # NAME
  local unit said
  if ! unit=$(unit_of "$1"); then
    printf 'no unit runs %s: install it first\n' "$1"
    return 1
  fi
  # A unit that gave up counts its starts until somebody says that it may try again.
  "${systemctl[@]}" reset-failed -- "$unit" 2>/dev/null || true
  # Without --no-block this would wait until the engine answers.
  if said=$("${systemctl[@]}" start --no-block -- "$unit" "$(target_unit)" 2>&1); then
    printf 'started as %s\n' "$unit"
  else
    printf 'systemctl start failed: %s\n' "$said"
    return 1
  fi
}

platform_stop() { # NAME
  "${systemctl[@]}" stop -- "$(unit_of "$1")" 2>&1
}

platform_remove() { # NAME
  local unit
  unit=$(unit_of "$1") || return
  "${systemctl[@]}" stop -- "$unit" 2>&1
  "${systemctl[@]}" reset-failed -- "$unit" 2>/dev/null || true
  "${engine[@]}" rm --force --ignore -- "$1" 2>&1
  if ! is_ours "$1"; then
    as_owner rm -rf -- "$quadlets/${unit%.service}.container" "$quadlets/${unit%.service}.container.d" 2>&1
    "${systemctl[@]}" daemon-reload 2>&1
  fi
}

platform_state() { # NAME
  local unit key value active='' sub='' job='' exit='' restarts='' began='' state
  unit=$(unit_of "$1") || return 0
  while IFS='=' read -r key value; do
    case $key in
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      Job) job=$value ;;
      ExecMainStatus) exit=$value ;;
      NRestarts) restarts=$value ;;
      InactiveExitTimestamp) began=$value ;;
    esac
  done < <("${systemctl[@]}" show \
    --property=ActiveState,SubState,Job,ExecMainStatus,NRestarts,InactiveExitTimestamp -- "$unit")
  case $active/$sub in
    */auto-restart*) state=restarting ;;
    active/* | activating/* | deactivating/* | reloading/*) state=running ;;
    failed/*) state=exited ;;
    # It still waits for what it comes after, such as the interface.
    inactive/*) [[ -n $job && $job != 0 ]] && state=created || return 0 ;;
    *) return 0 ;;
  esac
  printf '%s\t%s\t%s\t%s\t%s\n' "$state" "$exit" "$restarts" "$began" "$(build_in_use "$1" "$unit")"
}

# build_in_use NAME UNIT: of the container when there is one; between two starts, of what would be started.
build_in_use() {
  local found file=$quadlets/${2%.service}.container
  found=$(inspect "$1" '{{index .Config.Labels "sparkc.plan"}}')
  if [[ -z $found && -r $file && $(<"$file") =~ (^|[[:space:]])sparkc\.plan=([0-9a-f]+) ]]; then
    found=${BASH_REMATCH[2]}
  fi
  printf '%s' "$found"
}

# platform_strangers: containers of units that belong to our target.
platform_strangers() {
  local file line
  for file in "$quadlets"/*.container; do
    if [[ -r $file ]] && grep -qxF -- "PartOf=$(target_unit)" "$file"; then
      line=$(grep -m 1 '^ContainerName=' "$file")
      printf '%s\n' "${line#ContainerName=}"
    fi
  done
}

# --- logs: the journal keeps them, of each start apart ---

platform_logs() { # NAME [--follow] [--tail N]
  local name=$1 unit start
  local -a options=()
  unit=$(unit_of "$name") || return
  shift
  while (($# > 0)); do
    case $1 in
      --follow) options+=(--follow) ;;
      --tail)
        options+=(--lines "$2")
        shift
        ;;
    esac
    shift
  done
  start=$("${systemctl[@]}" show --property=InvocationID --value -- "$unit")
  log_of_start "$name" "$start" "${options[@]}"
}

# log_of_start NAME ID [OPTION…]: what the container wrote during a start, and what systemd said about it. Podman's own
# notes of every health check are left out, and the empty lines: conmon hands each line over with its end.
log_of_start() {
  "${journalctl[@]}" --quiet --no-pager --output=cat "${@:3}" \
    "CONTAINER_NAME=$1" "_SYSTEMD_INVOCATION_ID=$2" + "${fields}INVOCATION_ID=$2" | sed -u '/^$/d'
}

platform_last_log() { # NAME
  local unit line
  local -a starts=()
  find_scope
  unit=$(unit_of "$1") || return
  while IFS= read -r line; do
    [[ $line != "${fields}INVOCATION_ID="* ]] || starts+=("${line#*=}")
  done < <("${journalctl[@]}" --quiet --no-pager --output=export --output-fields="${fields}INVOCATION_ID" \
    "${fields}UNIT=$unit" "MESSAGE_ID=$UNIT_STARTING")
  if ((${#starts[@]} < 2)); then
    saved_log "$1"
    return
  fi
  printf '==> the start before the last one of %s, from the journal <==\n' "$unit"
  log_of_start "$1" "${starts[-2]}"
}

platform_exec() { # NAME WORD…
  exec "${engine[@]}" exec -- "$@"
}
