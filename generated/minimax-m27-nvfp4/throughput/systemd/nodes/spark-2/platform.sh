# shellcheck shell=bash
# What node.sh asks of the platform, here: systemd units that run Docker. docker.sh, beside this file, says what each
# function has to do; systemd starts, restarts and ends what Docker creates, and the journal keeps the logs.
#
# The units belong to the machine, unless they were installed for the login user alone:
#   SPARKC_SCOPE=user bash node.sh install
# From then on node.sh finds them there. Root's steps then need passwordless sudo.
# Facts that shellcheck cannot see come from facts.sh, `here` and `root` from node.sh.
# shellcheck disable=SC2154

# shellcheck source-path=SCRIPTDIR source=docker.sh
source "$here/docker.sh"
# shellcheck disable=SC2034
PLATFORM=systemd

readonly SYSTEM_UNITS=$root/etc/systemd/system
readonly USER_UNITS=$HOME/.config/systemd/user
readonly TARGET=sparkc-$deployment${variant:+-$variant}.target
# Beyond this a start that has not come as far as docker run is left alone; systemd goes on with it.
readonly START_LOOK_S=60

# --- whose units ---

is_users() {
  [[ ${SPARKC_SCOPE:-} == user || -e $USER_UNITS/$TARGET ]]
}

# ctl WORD…: systemctl, as whoever owns the units.
ctl() {
  if is_users; then
    XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)} systemctl --user "$@"
  else
    as_root systemctl "$@"
  fi
}

# journal WORD…: ordinary users see their own units only.
journal() {
  if is_users; then
    journalctl --quiet --no-pager "$@"
  else
    as_root journalctl --quiet --no-pager "$@"
  fi
}

unit_of() { # NAME
  printf 'sparkc-%s.service' "$1"
}

property() { # NAME PROPERTY
  ctl show --property="$2" --value -- "$(unit_of "$1")" 2>/dev/null || true
}

# --- install ---

platform_tools() {
  if platform_engine; then
    report ok docker "usable as: ${engine[*]}"
  else
    report fail docker "$engine_trouble" "$engine_way_out"
  fi
  check_manager
  if ! is_users && ! is_root && ! has getent; then
    report warn docker-group 'whether there is a group docker is not known: getent is not installed'
  elif ! is_users && ! is_root && ! getent group docker >/dev/null; then
    report fail docker-group 'there is no group docker, with which the units open its socket' 'sudo groupadd docker, then restart docker'
  fi
  if [[ -d $root/var/log/journal ]]; then
    report ok journal 'the journal is kept on disk'
  else
    report warn journal 'the journal is kept in memory only: a reboot ends every log' 'sudo mkdir -p /var/log/journal'
  fi
}

check_manager() {
  local said
  if ! has systemctl; then
    report fail systemd 'systemctl is not installed' 'this node needs another target: shell or compose'
  elif said=$(ctl show --property=Version --value 2>&1); then
    report ok systemd "version ${said:-unknown}, units $(is_users && printf 'of %s' "$(id -un)" || printf 'of the machine')"
  else
    report fail systemd "systemctl does not answer: ${said##*$'\n'}" \
      "passwordless sudo for systemctl and journalctl, or install for the login user: SPARKC_SCOPE=user bash $here/node.sh install"
  fi
}

platform_install() {
  local folder=$SYSTEM_UNITS from=$here/units
  if is_users; then
    folder=$USER_UNITS from=$here/units/user
  fi
  if [[ ! -d $from ]]; then
    report fail units "this build has no units for a user's manager: a step needs root, and sudo asks for a password" \
      'install them for the machine: bash node.sh install, as root or with sudo'
    return 1
  fi
  copy_units "$from" "$folder" && keep_running && make_known
}

# copy_units FROM TO: the units of this build, and none that an earlier one left.
copy_units() {
  local said name
  if ! said=$(privileged mkdir -p -- "$2" 2>&1 && privileged cp -- "$1"/*.service "$1"/*.target "$2/" 2>&1); then
    report fail units "the units cannot be copied to $2: $said" 'log in as root, or allow sudo; or SPARKC_SCOPE=user'
    return 1
  fi
  while IFS= read -r name; do
    if [[ ! -e $1/$(unit_of "$name") ]]; then
      privileged rm -f -- "$2/$(unit_of "$name")"
      report info units "$(unit_of "$name") is of an earlier build: removed"
    fi
  done < <(installed_names "$2")
  report ok units "copied to $2"
}

privileged() { # WORD…
  if is_users; then
    "$@"
  else
    as_root "$@"
  fi
}

# keep_running: a user's manager ends with the last login, and logind then removes the user's shared memory.
keep_running() {
  local said
  if ! is_users || lingers "$(id -un)"; then
    return 0
  fi
  if said=$(loginctl enable-linger 2>&1 || as_root loginctl enable-linger "$(id -un)" 2>&1); then
    report ok linger "$(id -un) lingers: the units outlive the login, and start with the machine"
  else
    report fail linger "$(id -un) does not linger, so a logout would end everything: $said" \
      "sudo loginctl enable-linger $(id -un)"
    return 1
  fi
}

make_known() {
  local said
  if said=$(ctl daemon-reload 2>&1 && ctl enable -- "$TARGET" 2>&1); then
    report ok units "$TARGET starts with the machine"
  else
    report fail units "systemd does not take the units: $said" "systemctl status $TARGET"
    return 1
  fi
}

platform_uninstall() {
  local folder=$SYSTEM_UNITS said name
  if is_users; then
    folder=$USER_UNITS
  fi
  if [[ ! -e $folder/$TARGET ]]; then
    report ok units 'no unit is installed'
    return
  fi
  ctl disable --now -- "$TARGET" >/dev/null 2>&1 || true
  while IFS= read -r name; do
    ctl stop -- "$(unit_of "$name")" >/dev/null 2>&1 || true
    privileged rm -f -- "$folder/$(unit_of "$name")"
  done < <(installed_names "$folder")
  # Whose units they are shows in this file: it goes last.
  if said=$(privileged rm -f -- "$folder/$TARGET" 2>&1) && said=$(reload_in "$folder" 2>&1); then
    report ok units "removed from $folder"
  else
    report fail units "the units cannot be removed from $folder: $said"
    return 1
  fi
}

reload_in() { # FOLDER
  if [[ $1 == "$USER_UNITS" ]]; then
    SPARKC_SCOPE=user ctl daemon-reload
  else
    ctl daemon-reload
  fi
}

# installed_names FOLDER: the containers of this deployment and variant, whichever build they are of.
installed_names() {
  local file
  for file in "$1"/sparkc-*.service; do
    if [[ -r $file ]] && grep -qxF "PartOf=$TARGET" -- "$file"; then
      file=${file##*/sparkc-}
      printf '%s\n' "${file%.service}"
    fi
  done
}

# --- start and stop ---

# platform_start NAME: systemd waits for the answer, node.sh does not.
platform_start() {
  local said began=$SECONDS
  ctl reset-failed -- "$(unit_of "$1")" >/dev/null 2>&1 || true
  if ! said=$(ctl start --no-block -- "$(unit_of "$1")" 2>&1); then
    printf 'systemctl start failed: %s\n' "$said"
    return 1
  fi
  while is_before_run "$1" && ((SECONDS - began < START_LOOK_S)); do
    sleep 0.5
  done
  if [[ $(property "$1" ActiveState) == failed || $(property "$1" NRestarts) != 0 ]]; then
    printf 'it failed before it ran: %s\n' "$(platform_logs "$1" --tail 3 2>&1)"
    return 1
  fi
  printf 'started by systemd: %s\n' "$(unit_of "$1")"
}

is_before_run() { # NAME
  case $(property "$1" SubState) in
    dead | condition | start-pre) [[ -n $(property "$1" Job) || $(property "$1" ActiveState) == activating ]] ;;
    *) return 1 ;;
  esac
}

platform_stop() { # NAME
  if [[ $(property "$1" LoadState) == loaded ]]; then
    ctl stop -- "$(unit_of "$1")" 2>&1 || return
  fi
  # Not a unit's: started by hand, or by another target of the same spec.
  if [[ $(inspect "$1" '{{.State.Running}}') == true ]]; then
    "${engine[@]}" stop -- "$1" 2>&1
  fi
}

platform_remove() { # NAME
  if [[ $(property "$1" LoadState) == loaded ]]; then
    ctl stop -- "$(unit_of "$1")" 2>&1 || return
    ctl reset-failed -- "$(unit_of "$1")" >/dev/null 2>&1 || true
  fi
  if [[ -n $(inspect "$1" '{{.Id}}') ]]; then
    "${engine[@]}" rm --force -- "$1" 2>&1
  fi
}

# --- what goes on ---

platform_state() { # NAME
  local state
  state=$(unit_state "$1")
  if [[ -z $state ]]; then
    # A container without a unit that is at work on it.
    inspect "$1" $'{{.State.Status}}\t{{.State.ExitCode}}\t0\t{{.State.StartedAt}}\t{{index .Config.Labels "sparkc.plan"}}'
    return
  fi
  printf '%s\t%s\t%s\t%s\t%s\n' "$state" "$(property "$1" ExecMainStatus)" "$(property "$1" NRestarts)" \
    "$(property "$1" ExecMainStartTimestamp)" "$(inspect "$1" '{{index .Config.Labels "sparkc.plan"}}')"
}

# unit_state NAME: in Docker's words; nothing for a unit that is at rest.
unit_state() {
  case $(property "$1" ActiveState)/$(property "$1" SubState) in
    activating/auto-restart*) printf 'restarting' ;;
    activating/condition | activating/start-pre) printf 'created' ;;
    active/* | activating/* | reloading/* | deactivating/*) printf 'running' ;;
    failed/*) printf 'exited' ;;
  esac
}

platform_strangers() {
  local folder=$SYSTEM_UNITS
  if is_users; then
    folder=$USER_UNITS
  fi
  {
    installed_names "$folder"
    "${engine[@]}" ps --all --filter "label=sparkc.deployment=$deployment" --filter "label=sparkc.variant=$variant" \
      --format '{{.Names}}'
  } | sort -u
}

# --- logs ---

# platform_logs NAME [--follow] [--tail N]: of the start that is there. What came before docker run is in it too.
platform_logs() {
  local invocation options=() follow=''
  while (($# > 1)); do
    case $2 in
      --follow) follow=yes ;;
      --tail)
        options+=(--lines "$3")
        set -- "$1" "${@:3}"
        ;;
    esac
    set -- "$1" "${@:3}"
  done
  if [[ -n $follow ]]; then
    # A restart begins a new invocation, and whoever follows wants to see it.
    journal --output=cat --follow "${options[@]}" "$(unit_field)=$(unit_of "$1")"
    return
  fi
  invocation=$(invocations "$1" | sed -n 1p)
  if [[ -n $invocation ]]; then
    journal --output=cat "${options[@]}" "_SYSTEMD_INVOCATION_ID=$invocation" + "$(manager_field)=$invocation"
  fi
}

# platform_last_log NAME: of the start before the one that is there.
platform_last_log() {
  local invocation
  invocation=$(invocations "$1" | sed -n 2p)
  if [[ -z $invocation ]]; then
    saved_log "$1"
    return
  fi
  printf '==> the start before, journalctl _SYSTEMD_INVOCATION_ID=%s <==\n' "$invocation"
  journal --output=cat "_SYSTEMD_INVOCATION_ID=$invocation" + "$(manager_field)=$invocation"
}

# invocations NAME: one for each start of the unit that the journal knows, the newest first.
invocations() {
  journal --reverse --output=cat --output-fields=_SYSTEMD_INVOCATION_ID "$(unit_field)=$(unit_of "$1")" 2>/dev/null |
    awk '!seen[$0]++ { print; if (++found == 2) exit }'
}

unit_field() {
  if is_users; then printf '_SYSTEMD_USER_UNIT'; else printf '_SYSTEMD_UNIT'; fi
}

# manager_field: under which name systemd's own lines about a start carry its id.
manager_field() {
  if is_users; then printf 'USER_INVOCATION_ID'; else printf 'INVOCATION_ID'; fi
}
