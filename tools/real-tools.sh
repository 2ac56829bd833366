#!/usr/bin/env bash
# Install the real tools that check and run what sparkc writes: Docker, Compose v2, systemd, Podman and its Quadlet.
#
# usage: real-tools.sh
#
# As root, on Debian 12 or newer. What Debian 12 has comes by apt-get. Compose v2 and Quadlet came later: the packages of
# Debian 13 are unpacked below .tools/, from the archive that this machine's own apt uses, so the rest of the system
# stays what it is (both are Go programs that run on the older libc). Can be run again; what is there is not fetched
# anew. The tests look for programs in .tools/bin (tests/tools.py).
set -euo pipefail
cd "$(dirname "$0")/.."

export PATH=$PATH:/usr/sbin:/sbin
readonly TOOLS=$PWD/.tools
readonly NEWER=trixie
# Compose runs as it is; Podman 5 runs in a tree of its own, which the tests lay over the system's, hence its libraries.
readonly NEWER_PACKAGES=(docker-compose podman conmon crun catatonit golang-github-containers-common
  golang-github-containers-image libassuan9 libgpg-error0 libgpgme11t64 libseccomp2 libsqlite3-0 libsubid5 libyajl2)

main() {
  install_packages
  if [[ $(cat "$TOOLS/packages" 2>/dev/null) != "${NEWER_PACKAGES[*]}" ]]; then
    unpack_newer "${NEWER_PACKAGES[@]}"
  fi
  show
}

# Package, and a program that shows it is there.
install_packages() {
  local entry
  local -a missing=() needed=(
    docker.io:dockerd
    systemd:systemd-analyze
    dbus:dbus-daemon
    busybox-static:busybox
    iproute2:ip
    util-linux:nsenter
  )
  for entry in "${needed[@]}"; do
    command -v "${entry#*:}" >/dev/null || missing+=("${entry%%:*}")
  done
  if ((${#missing[@]} > 0)); then
    echo "== installing ${missing[*]}"
    apt-get update -qq
    # RUNLEVEL=1: no service is started; the tests start what they need themselves, and end it.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

# unpack_newer PACKAGE…: with apt lists and a cache of their own.
unpack_newer() {
  local archive package
  work=$(mktemp -d)
  trap 'rm -rf -- "$work"' EXIT
  # shellcheck disable=SC2016 # apt-get fills it in
  archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | sed -n 1p)
  : "${archive:?this machine has no apt source of Debian}"
  echo "== unpacking $* of Debian's $NEWER"
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$archive" "$NEWER" >"$work/sources.list"
  local -a apart=(
    -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root
  )
  apt-get "${apart[@]}" update -qq
  (cd "$work/debs" && apt-get "${apart[@]}" download -qq "$@")
  mkdir -p "$TOOLS/debian" "$TOOLS/bin"
  for package in "$work"/debs/*.deb; do
    dpkg-deb -x "$package" "$TOOLS/debian"
  done
  ln -sf ../debian/usr/libexec/docker/cli-plugins/docker-compose "$TOOLS/bin/docker-compose"
  ln -sf ../debian/usr/libexec/podman/quadlet "$TOOLS/bin/quadlet"
  printf '%s\n' "$*" >"$TOOLS/packages"
}

show() {
  echo '== real tools'
  dockerd --version
  systemctl --version | sed -n 1p
  busybox | sed -n 1p
  "$TOOLS/bin/docker-compose" version
  printf 'Quadlet %s\n' "$("$TOOLS/bin/quadlet" --version)"
}

main
