# shellcheck shell=bash
# What node.sh asks of the platform (the contract stands at the head of docker.sh). Here: Docker, told by Compose. What
# Compose started is looked at, followed and stopped as a container of Docker's.
# shellcheck source-path=SCRIPTDIR source=docker.sh disable=SC2154
source "$here/docker.sh"
# shellcheck disable=SC2034
PLATFORM=compose

# The login's own variables would rename the project, or choose another file.
unset "${!COMPOSE_@}"

compose=()

# find_compose: fill `compose` with the command of Compose v2: Docker's plugin, or the program of that name.
find_compose() {
  local sudo=()
  platform_engine || return
  if [[ ${engine[0]} == sudo ]]; then
    sudo=(sudo -n)
  fi
  if [[ $("${engine[@]}" compose version --short 2>/dev/null) == [2-9]* ]]; then
    compose=("${engine[@]}" compose)
  elif has docker-compose && [[ $("${sudo[@]}" docker-compose version --short 2>/dev/null) == [2-9]* ]]; then
    compose=("${sudo[@]}" docker-compose)
  else
    return 1
  fi
}

platform_tools() {
  if ! platform_engine; then
    report fail docker "$engine_trouble" "$engine_way_out"
    return
  fi
  report ok docker "usable as: ${engine[*]}"
  if find_compose; then
    report ok compose "usable as: ${compose[*]}"
  else
    report fail compose 'Compose v2 is not installed' 'install the plugin: https://docs.docker.com/compose/install/linux/'
  fi
}

platform_start() { # NAME
  local said
  if ! find_compose; then
    printf 'Compose v2 is not installed\n'
    return 1
  fi
  if said=$("${compose[@]}" --project-directory "$here" --file "$here/compose.yaml" up --detach --no-deps -- "$1" 2>&1); then
    printf 'started by Compose\n'
  else
    printf 'docker compose up failed: %s\n' "$said"
    return 1
  fi
}
