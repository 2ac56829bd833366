#!/usr/bin/env bash
# Unpack a small Debian 13 with systemd and Podman into a folder, for tests that boot it in namespaces of their own.
#
# usage: debian-tree.sh FOLDER
#
# Needs apt and a machine that is Debian: packages come from wherever its own apt gets them. Nothing is installed, no
# maintainer script runs, and the machine's own lists of packages stay as they are. Root is not needed to unpack.
set -euo pipefail

readonly SUITE=trixie
# What runs in there, and what tests call.
readonly PACKAGES=(systemd dbus podman crun conmon bash dash coreutils busybox-static util-linux findutils sed grep curl
  uidmap libpam-systemd dbus-user-session)

tree=$1
if [[ -e $tree/unpacked ]]; then
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# The archive that this machine's own release comes from; updates and security fixes have a dash in their names.
# shellcheck disable=SC2016 # apt expands these
mirror=$(apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
  sed -n 's/^Debian [a-z]* //p' | head -n 1)
if [[ -z $mirror ]]; then
  echo "debian-tree.sh: apt of this machine names no archive of Debian's" >&2
  exit 1
fi

mkdir -p "$work"/{lists/partial,archives/partial,etc}
: >"$work/status"
printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$SUITE" >"$work/sources.list"
options=(
  -o "Dir::Etc::sourcelist=$work/sources.list"
  -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$work/lists"
  -o "Dir::State::status=$work/status"
  -o "Dir::Cache=$work"
  -o "Dir::Cache::archives=$work/archives"
  -o Debug::NoLocking=1
  -o APT::Sandbox::User=
  -qq
)
apt-get "${options[@]}" update
apt-get "${options[@]}" --yes --no-install-recommends --download-only install "${PACKAGES[@]}"

rm -rf -- "$tree"
mkdir -p -- "$tree"
for package in "$work"/archives/*.deb; do
  dpkg-deb --extract "$package" "$tree"
done

# What maintainer scripts would have made, and a user.
cat >"$tree/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/bash
messagebus:x:100:100::/nonexistent:/usr/sbin/nologin
ops:x:1000:1000::/home/ops:/bin/bash
END
printf '%s\n' root:x:0: messagebus:x:100: systemd-journal:x:101:ops ops:x:1000: >"$tree/etc/group"
printf '%s\n' ops:100000:65536 | tee "$tree/etc/subuid" >"$tree/etc/subgid"
printf '%s required pam_permit.so\n' auth account password session >"$tree/etc/pam.d/other"
printf '%s\n' 'account required pam_permit.so' 'session optional pam_systemd.so' >"$tree/etc/pam.d/systemd-user"
printf '%s\n' 0123456789abcdef0123456789abcdef >"$tree/etc/machine-id"
: >"$tree/unpacked"
