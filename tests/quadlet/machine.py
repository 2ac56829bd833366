"""A machine with systemd and Podman, booted from an unpacked Debian in namespaces of its own.

It needs root, and a cgroup2 hierarchy; it needs neither systemd nor Podman on the machine that runs the tests, and
leaves nothing behind: all its files lie in memory, and every process ends with its first one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator import need_tree

from engines.own_cgroup import ENTER, new_cgroup, remove_cgroup
from sparkc.plan import Node, Plan
from sparkc_targets.node.mounts import mounts
from sparkc_targets.quadlet.render import node_files
from tools import cannot, need_tool

IMAGE = "eugr-vllm:latest"

# The OCI runtime with two habits of its own. It keeps what Podman asked for, and it drops the limits, which a virtual
# machine without CAP_SYS_RESOURCE may not raise.
RUNTIME = """#!/bin/bash
words=("$@")
for ((i = 0; i < $#; i++)); do
  case ${words[i]} in
    --bundle) file=${words[i + 1]}/config.json ;;
    --process) file=${words[i + 1]} ;;
    *) continue ;;
  esac
  if [[ ${words[i]} == --bundle ]]; then
    cp "$file" /oci/last.json
  fi
  sed -E -i 's/"rlimits":\\[[^]]*\\]/"rlimits":[]/' "$file"
done
exec /usr/bin/crun "$@"
"""
CONTAINERS_CONF = """[containers]
pids_limit = 0
keyring = false
[engine]
runtime = "spy"
[engine.runtimes]
spy = ["/usr/local/bin/spy"]
"""
STORAGE_CONF = """[storage]
driver = "vfs"
graphroot = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
"""
# There is no udev, so no interface ever shows up; do not wait for one as long as a real machine would.
SYSTEMD_CONF = "[Manager]\nDefaultDeviceTimeoutSec=1s\n"
# What nvidia-ctk writes on a real machine, in short.
CDI = """cdiVersion: "0.6.0"
kind: nvidia.com/gpu
devices:
  - name: all
    containerEdits:
      deviceNodes:
        - path: /dev/nvidia0
"""
# Stands for vLLM: writes down how it was called, then answers as a server does.
ENGINE = """#!/bin/bash
printf '%s\\0' "$@" >/records/argv
env -0 >/records/env
while [[ -e /records/hold ]]; do sleep 0.1; done
[[ ! -e /records/broken ]] || exit 9
exec httpd -f -p 8002 -h /www
"""
RAY = """#!/bin/bash
printf '%s\\0' "$@" >/records/ray
"""


class Machine:
    """A machine that runs. Its root can be written through `root` and its commands called through `call`."""

    def __init__(self, folder: Path) -> None:
        if os.geteuid() != 0:
            cannot("a machine in namespaces of its own is root's to boot")
        self.tree = need_tree()
        self.cgroup = new_cgroup()
        before = folder / "before"
        work = folder / "work"
        work.mkdir(parents=True)
        self._put(before)
        self.log = (folder / "log").open("wb")
        namespaces = ["--mount", "--pid", "--fork", "--cgroup", "--uts", "--ipc", "--net", "--kill-child"]
        boot = ["/bin/bash", str(Path(__file__).with_name("boot.sh")), str(self.tree), str(work), str(before)]
        self.process = subprocess.Popen(
            [*ENTER, str(self.cgroup), need_tool("unshare"), *namespaces, *boot],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        try:
            self.first = self._first_process()
            self.wait(lambda: self.call("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"))
            self.image = _image(self.tree, folder / "image")
            self.said("podman", "import", "-", IMAGE, input=self.image)
        except BaseException:
            self.end()
            raise

    def _put(self, before: Path) -> None:
        for path, text in {
            "etc/containers/containers.conf": CONTAINERS_CONF,
            "etc/containers/storage.conf": STORAGE_CONF,
            "etc/systemd/system.conf.d/test.conf": SYSTEMD_CONF,
            "etc/systemd/user.conf.d/test.conf": SYSTEMD_CONF,
            "etc/cdi/nvidia.yaml": CDI,
            "usr/local/bin/spy": RUNTIME,
        }.items():
            file = before / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (before / "usr/local/bin/spy").chmod(0o755)
        (before / "records").mkdir()
        (before / "records").chmod(0o777)
        (before / "oci").mkdir()
        (before / "oci").chmod(0o777)

    def _first_process(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.wait(lambda: bool(children.read_text().strip()))
        first = int(children.read_text())
        self.wait(lambda: Path(f"/proc/{first}/comm").read_text() == "systemd\n")
        return first

    @property
    def root(self) -> Path:
        """Return the root folder of the machine, as seen from here."""
        return Path(f"/proc/{self.first}/root")

    def call(
        self, *words: str, input: bytes = b"", user: str = "root", seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the machine, as root or as another user of it."""
        enter = [need_tool("nsenter"), "-t", str(self.first), "-m", "-p", "-C", "-u", "-i", "-n", "-r", "-w"]
        home = "/root" if user == "root" else f"/home/{user}"
        clean = ["env", "-i", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", f"HOME={home}", "LC_ALL=C"]
        become = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        command = [*enter, *clean, *become, *words]
        done = subprocess.run(command, input=input, capture_output=True, timeout=seconds, check=False)
        return subprocess.CompletedProcess(words, done.returncode, done.stdout.decode(), done.stderr.decode())

    def said(self, *words: str, input: bytes = b"", user: str = "root") -> str:
        """Run a command that must succeed, and return what it wrote."""
        done = self.call(*words, input=input, user=user)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def wait(self, holds: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert self.process.poll() is None, f"the machine ended: {Path(self.log.name).read_text(errors='replace')}"
            assert time.monotonic() < deadline, "it did not come in time"
            time.sleep(0.05)

    def bring(self, plan: Plan, node: Node) -> None:
        """Bring the install folder to the machine, and make there what a real one has."""
        for artifact in node_files(plan, node):
            path = self.root / node.install_dir[1:] / artifact.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(artifact.text.encode())
            path.chmod(0o755 if artifact.executable else 0o644)
        for secret in node.containers[0].secrets:
            path = self.root / secret.file[1:]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("the secret's value\n")
            path.chmod(0o600)
        for mount in mounts(node, node.containers[0]):
            path = self.root / mount.host[1:]
            if not path.exists():
                path.mkdir(parents=True)
        (self.root / "dev/infiniband").mkdir()
        for device in ("nvidia0", "infiniband/uverbs0"):
            path = self.root / "dev" / device
            os.mknod(path, stat.S_IFCHR, os.makedev(1, 3))  # it is another /dev/null
            path.chmod(0o666)

    def asked_for(self) -> dict[str, Any]:
        """Return the OCI configuration of the container that was created last."""
        config: dict[str, Any] = json.loads((self.root / "oci/last.json").read_bytes())
        return config

    def end(self) -> None:
        """End the machine; the end of its first process is the end of all of them."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
        remove_cgroup(self.cgroup)


def _image(tree: Path, folder: Path) -> bytes:
    """Return the stand-in engine's root folder as a tar."""
    for name in ("bin", "lib64", "lib/x86_64-linux-gnu", "usr/bin", "tmp", "www/v1", "records", "root"):
        (folder / name).mkdir(parents=True)
    libraries = tree / "usr/lib"
    shutil.copy(tree / "usr/bin/bash", folder / "bin/bash")
    shutil.copy(tree / "usr/bin/busybox", folder / "bin/busybox")
    for library in ("libc.so.6", "libtinfo.so.6"):
        shutil.copy(libraries / "x86_64-linux-gnu" / library, folder / "lib/x86_64-linux-gnu")
    shutil.copy(libraries / "x86_64-linux-gnu/ld-linux-x86-64.so.2", folder / "lib64")
    for applet in ("sh", "env", "sleep", "timeout", "cat", "mkdir", "date", "kill", "grep", "tr", "true", "httpd"):
        (folder / "bin" / applet).symlink_to("busybox")
    for name, text in (("vllm", ENGINE), ("ray", RAY)):
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    (folder / "www/health").write_text("ok\n")
    (folder / "www/v1/models").write_text('{"data": [{"id": "minimax-m2.7"}]}\n')
    return subprocess.run(["tar", "-C", str(folder), "-c", "."], capture_output=True, check=True).stdout
