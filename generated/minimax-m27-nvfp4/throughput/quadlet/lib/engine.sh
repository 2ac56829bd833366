# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the other files of lib/
# The container engine that keeps the images: Podman. Root has a store of its own, and a user's images are not in it:
# where root can be had the system's systemd runs the containers, and root's store is the one that counts.

ENGINE=podman

# engine WORD…: podman, as whoever runs the containers. Runs on a node (see remote.sh). Podman guesses at no registry,
# so a name without one is pulled from Docker Hub, where it points in everybody's instructions.
engine() {
  local -a podman=(podman) words=("$@")
  local name=${*: -1}
  if [[ $(id -u) != 0 ]] && sudo -n true 2>/dev/null; then
    podman=(sudo -n podman)
  fi
  if [[ $1 == pull && ! $name =~ ^(localhost|[^/]*[.:][^/]*)/ ]]; then
    [[ $name == */* ]] || name=library/$name
    words[-1]=docker.io/$name
  fi
  "${podman[@]}" "${words[@]}"
}

# engine_load_line: the command that loads an image from stdin, for whatever login shell another node has.
engine_load_line() {
  # shellcheck disable=SC2016 # expanded by that shell
  printf '%s' 'if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then sudo -n podman load; else podman load; fi'
}
