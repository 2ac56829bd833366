# shellcheck shell=bash
# What node.sh asks of the platform that runs the containers. Here: Docker, which also starts them anew.
#
# The contract, the same for every platform. node.sh reads this file after facts.sh and offers report, has, as_root,
# is_root, inspect, save_log, saved_log and the arrays of facts.sh. NAME is a container's name. Wherever nothing else is
# said, a function prints nothing and its status says whether it succeeded.
#
#   platform_engine           fill the array `engine` with the command of the container engine (`docker`, `sudo -n
#                             podman`); when it cannot be used, set engine_trouble and engine_way_out and fail. It is
#                             called again and again: look only once.
#   platform_tools            report lines (ok or fail) about every program of the platform, the engine included
#   platform_leaves_out_root  succeed where steps of root's are left out, because a user's own manager runs the containers
#   platform_install          report lines; make the installed files known to the platform (units). Can be run again
#   platform_uninstall        report lines; undo that. The containers are stopped already; may find nothing to do
#   platform_start NAME       create and start it, its old container is gone already. Prints one line: what was done, or
#                             why it failed. Returns when it is started, not when it serves
#   platform_stop NAME        end it within the time it may take, and let nobody start it anew. Prints why it failed
#   platform_remove NAME      remove what a stop left of it. Prints why it failed
#   platform_state NAME       STATE <TAB> EXIT-STATUS <TAB> RESTARTS <TAB> TIME-OF-START <TAB> BUILD, where STATE is
#                             created, running, restarting, paused, exited or dead, TIME-OF-START is anything that
#                             `date -d` reads, and BUILD is the label sparkc.plan; nothing when there is no such container
#   platform_strangers        names of containers (or units) of this deployment and variant, one per line; node.sh drops
#                             those of this build
#   platform_logs NAME [--follow] [--tail N]
#                             the log of the container that is there, on stdout and stderr
#   platform_last_log NAME    the log of the start before it, with a heading; status 1 when there is none
#   platform_exec NAME WORD…  replace this shell by the command in the container
#
# A platform that starts containers by Docker but supervises them itself brings this file along as docker.sh, reads it,
# and defines anew what it does its own way.

# Which platform this is: launch.sh compares it with the one that is installed, since a deployment has one supervisor.
# shellcheck disable=SC2034
PLATFORM=docker

engine=() engine_trouble='' engine_way_out=''
# How people and messages call it; also the command, unless sudo stands before it.
readonly ENGINE=docker

platform_engine() {
  local said
  if ((${#engine[@]} > 0)); then
    return
  fi
  if ! has docker; then
    engine_trouble='docker is not installed, or not on the PATH of this login'
    engine_way_out='install a container engine: https://docs.docker.com/engine/install/'
    return 1
  fi
  if said=$(timeout 20 docker version --format '{{.Server.Version}}' 2>&1); then
    engine=(docker)
  elif ! is_root && has sudo && timeout 20 sudo -n docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then
    engine=(sudo -n docker)
  else
    engine_trouble=${said:-docker gave no answer within 20 s}
    case $said in
      *'ermission denied'*)
        engine_trouble="$(id -un) may not use docker: ${said##*$'\n'}"
        engine_way_out="sudo usermod -aG docker $(id -un), then log in anew; or passwordless sudo"
        ;;
      *) engine_way_out='is the daemon running? sudo systemctl status docker' ;;
    esac
    return 1
  fi
}

platform_tools() {
  if platform_engine; then
    report ok docker "usable as: ${engine[*]}"
  else
    report fail docker "$engine_trouble" "$engine_way_out"
  fi
}

platform_leaves_out_root() {
  false
}

platform_install() {
  :
}

platform_uninstall() {
  :
}

platform_start() { # NAME
  local said
  # shellcheck disable=SC2154 # set by node.sh
  if said=$(bash "$here/run-$1.sh" "${engine[@]}" 2>&1); then
    printf 'started as %s\n' "${said:0:12}"
  else
    printf 'docker run failed: %s\n' "$said"
    return 1
  fi
}

# platform_stop NAME: docker sends SIGTERM and waits as long as the container's own stop time-out says.
platform_stop() {
  "${engine[@]}" stop -- "$1" 2>&1
}

platform_remove() { # NAME
  "${engine[@]}" rm --force -- "$1" 2>&1
}

platform_state() { # NAME
  inspect "$1" $'{{.State.Status}}\t{{.State.ExitCode}}\t{{.RestartCount}}\t{{.State.StartedAt}}\t{{index .Config.Labels "sparkc.plan"}}'
}

platform_strangers() {
  # shellcheck disable=SC2154 # set by facts.sh
  "${engine[@]}" ps --all --filter "label=sparkc.deployment=$deployment" --filter "label=sparkc.variant=$variant" \
    --format '{{.Names}}'
}

platform_logs() { # NAME [--follow] [--tail N]
  "${engine[@]}" logs "${@:2}" -- "$1"
}

platform_last_log() { # NAME
  saved_log "$1"
}

platform_exec() { # NAME WORD…
  exec "${engine[@]}" exec -- "$@"
}
