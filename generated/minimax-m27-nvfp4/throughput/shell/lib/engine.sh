# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the other files of lib/
# The container engine that keeps the images: Docker.

ENGINE=docker

# engine WORD…: docker, through sudo where the user is not in the docker group. Runs on a node (see remote.sh).
engine() {
  if docker version >/dev/null 2>&1; then
    docker "$@"
  else
    sudo -n docker "$@"
  fi
}

# engine_load_line: the command that loads an image from stdin, for whatever login shell another node has.
engine_load_line() {
  printf '%s' 'if docker version >/dev/null 2>&1; then docker load; else sudo -n docker load; fi'
}
