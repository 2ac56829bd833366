"""Move a Plan to the machine that runs the tests: the same containers, with what only a Spark has replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engines.stub_image import NAME
from sparkc.artifact import Artifact
from sparkc.plan import Container, Device, Image, MemoryAvailable, Node, Plan, Process

MIB = 1024**2
# Exists on every machine; in the engine's configuration it stands only when somebody asked for it.
DEVICE = "/dev/full"


def on_this_machine(plan: Plan, folder: Path, *, pause_s: int = 1) -> Plan:
    """Return the Plan with these changes, and create the paths that its containers mount.

    Paths on the node stand below `folder`/<node>. The image is the stub. The memory gate asks for what any machine has.
    RDMA devices become one that every machine has. Containers pause shortly between two starts.
    """
    return replace(plan, nodes=tuple(_node(node, folder / node.name, pause_s) for node in plan.nodes))


def _node(node: Node, folder: Path, pause_s: int) -> Node:
    def below(path: str) -> str:
        return f"{folder}{path}"

    def container(old: Container) -> Container:
        new = replace(
            old,
            image=Image(NAME, None, None, old.image.because),
            mounts=tuple(replace(mount, host=below(mount.host)) for mount in old.mounts),
            secrets=tuple(replace(secret, file=below(secret.file)) for secret in old.secrets),
            devices=tuple(Device(DEVICE, device.because) for device in old.devices[:1]),
            processes=tuple(map(_process, old.processes)),
            restart=replace(old.restart, pause_s=pause_s),
        )
        for mount in new.mounts:
            if mount.kind not in ("secret", "file"):
                Path(mount.host).mkdir(parents=True, exist_ok=True)
        for secret in new.secrets:
            Path(secret.file).parent.mkdir(parents=True, exist_ok=True)
            Path(secret.file).write_text(f"the value of {secret.name}\n")
            Path(secret.file).chmod(0o600)
        return new

    return replace(
        node,
        install_dir=below(node.install_dir),
        home=below(node.home),
        cache_dirs=tuple(map(below, node.cache_dirs)),
        weights=tuple(replace(weights, path=below(weights.path)) for weights in node.weights),
        containers=tuple(map(container, node.containers)),
    )


def _process(process: Process) -> Process:
    return replace(
        process,
        waits_for=tuple(
            replace(condition, fact=MemoryAvailable(MIB)) if isinstance(condition.fact, MemoryAvailable) else condition
            for condition in process.waits_for
        ),
    )


def install(files: list[Artifact], target: str, node: Node) -> Path:
    """Bring a target's files to the node's install folder, as `prepare` does, and return it."""
    folder = Path(node.install_dir)
    prefix = f"{target}/nodes/{node.name}/"
    for file in files:
        if file.path.startswith(prefix):
            path = folder / file.path.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.text.encode())
            path.chmod(0o755 if file.executable else 0o644)
    return folder
