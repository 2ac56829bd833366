#!/bin/bash
# Become the first process of a machine of its own: the files of this one, but private /run, /home, /srv, units, users.
# usage: machine.sh WORK MODE, in new mount, pid, cgroup, network and IPC namespaces; MODE is system or user
set -eu
work=$1 mode=$2
mount --make-rprivate /
mount -t proc proc /proc
for folder in /run /home /srv /etc/systemd/system /var/log /var/lib/systemd; do
  mount -t tmpfs -o mode=0755 tmpfs "$folder"
done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind "$work/passwd" /etc/passwd
mount --bind "$work/group" /etc/group
mkdir -p /srv/bin /srv/records /srv/containers /run/systemd/system /run/lock /run/user/0 /var/log/journal /var/lib/systemd/linger
cp -a "$work/bin/." /srv/bin/
chmod 0777 /srv/records /srv/containers
# Programs are found where systemd looks for them (its search path is fixed), before those of this machine.
mount -t overlay overlay -o lowerdir=/srv/bin:/usr/local/bin /usr/local/bin
cp -a "$work/units/." /etc/systemd/system/
cp -a "$work/home/." /home/
chown -R ops:ops /home/ops
ip link set lo up
cd /
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [[ $mode == user ]]; then
  # The journal tells whose a line is by the group of its process, as logind would have made it.
  mkdir -p /sys/fs/cgroup/user.slice/user-0.slice/user@0.service
  /lib/systemd/systemd-journald &
  # It takes lines before it has begun its journal, but cannot tell later whose they were.
  for ((looks = 0; looks < 200; looks++)); do
    [[ -z $(journalctl --quiet --lines=1 SYSLOG_IDENTIFIER=systemd-journald 2>/dev/null) ]] || break
    sleep 0.05
  done
  echo $$ >/sys/fs/cgroup/user.slice/user-0.slice/user@0.service/cgroup.procs
  # Not as the first process: a user's manager refuses to be that.
  touch /var/lib/systemd/linger/root
  env -i "PATH=$PATH" HOME=/home/ops XDG_RUNTIME_DIR=/run/user/0 \
    SYSTEMD_UNIT_PATH=/home/ops/.config/systemd/user:/etc/systemd/system \
    /lib/systemd/systemd --user --unit=default.target --log-target=console
  exit
fi
exec env -i "PATH=$PATH" container=sparkc-test SYSTEMD_UNIT_PATH=/etc/systemd/system \
  /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal-or-kmsg --show-status=no
