#!/bin/bash
# What a unit does beside running its container. The same for every spec.
#
# usage: unit.sh VERB WORD…
#
#   clear NAME                   wait for docker, then remove the container of an earlier start     (ExecStartPre=)
#   ready NAME SECONDS WORD…     try WORD… every so many seconds until it succeeds                  (ExecStartPost=)
#   after NAME                   leave nothing running; keep only what crashed                      (ExecStopPost=)
set -euo pipefail

# After a boot docker may come minutes late: https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark, docs/04
readonly DOCKER_LIMIT_S=300

say() {
  printf '[sparkc] %s\n' "$*"
}

running() { # NAME
  [[ $(docker container inspect --format '{{.State.Running}}' -- "$1" 2>/dev/null) == true ]]
}

clear() { # NAME
  local said
  until said=$(timeout 20 docker version --format '{{.Server.Version}}' 2>&1); do
    if ((SECONDS >= DOCKER_LIMIT_S)); then
      say "docker does not answer within $DOCKER_LIMIT_S s: $said"
      return 1
    fi
    sleep 2
  done
  if running "$1"; then
    say "the container $1 runs already, and this unit did not start it. End it first: docker stop $1"
    return 1
  fi
  if docker container inspect -- "$1" >/dev/null 2>&1; then
    docker rm --force -- "$1" >/dev/null
  fi
}

# ready: systemd limits the time (TimeoutStartSec=), and tells the process that must stay alive meanwhile.
ready() { # NAME SECONDS WORD…
  local name=$1 pause=$2
  shift 2
  # A stop while it loads is no failure of this command.
  trap 'exit 0' TERM
  say "the start of $name counts once this succeeds: ${*@Q}"
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "${MAINPID:?}" 2>/dev/null; then
      say "$name ended before it answered; the lines above say why"
      return 1
    fi
    sleep "$pause" &
    wait "$!"
  done
  say "$name answers"
}

after() { # NAME
  if running "$1"; then
    say "docker run is gone and the container is not: ending it"
    docker stop -- "$1" >/dev/null
  fi
  if [[ ${SERVICE_RESULT:-} == success ]]; then
    docker rm --force -- "$1" >/dev/null 2>&1 || true
  else
    say "${SERVICE_RESULT:-no result}, status ${EXIT_STATUS:-unknown}: until the next start, docker inspect $1 shows the rest"
  fi
}

case ${1:-} in
  clear | ready | after) "$@" ;;
  *)
    say "there is no verb ${1:-}; the head of $0 lists them"
    exit 64
    ;;
esac
