"""A node on which a real systemd runs the containers of a real Docker engine, in private namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from private_systemd import PrivateSystemd, need_namespaces, python_for_everyone
from running_node import RunningNode

from engines.docker_engine import SPY
from engines.stub_image import NAME, image_tar
from sparkc.plan import Node, Plan
from sparkc_targets.node.mounts import mounts
from sparkc_targets.systemd.names import device_name, service_name
from sparkc_targets.systemd.node_files import node_files
from tools import need_tool

# Not the first `docker` of the PATH: on some machines that is another program.
CLIENT = "/usr/bin/docker"
DOCKERD = """[Service]
Type=notify
ExecStart={dockerd} --data-root /srv/docker --storage-driver vfs --iptables=false --ip6tables=false --bridge=none \\
  --exec-opt native.cgroupdriver=cgroupfs --add-runtime spy=/srv/bin/spy --default-runtime spy
"""
# There is no udev, so no interface ever shows up to systemd; do not wait for one as long as a real machine would.
NO_UDEV = "[Unit]\nJobRunningTimeoutSec=1s\n"


@contextmanager
def docker_node(folder: Path, plan: Plan, node: Node) -> Iterator[RunningNode]:
    """Boot a machine with the units of the target `systemd`, and end it."""
    need_namespaces()
    prepared = PrivateSystemd(folder)
    _put_docker(prepared)
    prepared.unit(f"{device_name(str(node.fabric.interface))}.d/no-udev.conf", NO_UDEV)
    prepared.install(node.install_dir, list(node_files(plan, node)))
    with prepared as machine:

        def call(*words: str) -> str:
            return machine.run(*words).stdout

        assert machine.first is not None
        call("systemctl", "start", "docker.service")
        (folder / "image.tar").write_bytes(image_tar(("stub",)))
        call(CLIENT, "import", str(folder / "image.tar"), NAME)
        running = RunningNode(node, service_name(node.containers[0]), CLIENT, machine.first, call)
        running.node_sh("install")
        for mount in mounts(node, node.containers[0]):
            assert machine.inside(mount.host).exists(), mount
        yield running


def _put_docker(machine: PrivateSystemd) -> None:
    programs = machine.work / "bin"
    (programs / "docker").unlink()
    (programs / "docker").symlink_to(CLIENT)
    spy = SPY.replace("@PYTHON@", python_for_everyone()).replace("@RUNC@", need_tool("runc"))
    (programs / "spy").write_text(spy.replace("@RECORDS@", "/srv/records"))
    # With a program of this name Docker believes that GPUs can be handed out; it does nothing here.
    (programs / "nvidia-container-runtime-hook").write_text("#!/bin/sh\nexit 0\n")
    for name in ("spy", "nvidia-container-runtime-hook"):
        (programs / name).chmod(0o755)
    machine.unit("docker.service", DOCKERD.format(dockerd=need_tool("dockerd")))
