"""A node of a pair, whatever runs its container."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cable import End

from sparkc.plan import Node


@dataclass(frozen=True)
class RunningNode:
    """A machine that is up, with the node's units installed.

    `call` runs a command there, which must succeed, and returns what it wrote; `first` is its first process, seen from
    outside; `unit` runs its container by the container engine that `client` speaks to.
    """

    node: Node
    unit: str
    client: str
    first: int
    call: Callable[..., str]

    @property
    def port(self) -> End:
        """Return where the cable to the other node is plugged in."""
        return End(self.first, str(self.node.fabric.interface), self.node.fabric.address)

    def node_sh(self, *words: str) -> str:
        said = self.call("bash", f"{self.node.install_dir}/node.sh", *words)
        assert "fail\t" not in said, said
        return said

    def show(self, name: str) -> str:
        return self.call("systemctl", "show", f"--property={name}", "--value", self.unit).strip()

    def log(self) -> str:
        """Return what its container and systemd have said, of every start."""
        return self.call("journalctl", "--no-pager", "--output=cat")

    def containers(self) -> str:
        return self.call(self.client, "ps", "--all", "--format", "{{.Names}}").strip()

    def kill_container(self, name: str | None = None) -> None:
        """Kill the first process of a container, or of the only one, as the kernel does when memory runs out."""
        if name is None:
            [container] = self.node.containers
            name = container.name
        pid = self.call(self.client, "container", "inspect", "--format", "{{.State.Pid}}", name).strip()
        self.call("bash", "-c", f"kill -KILL {pid}")

    def serves(self, port: int) -> bool:
        return '"id"' in self.answer(f"http://127.0.0.1:{port}/v1/models")

    def answer(self, url: str) -> str:
        """Return the HTTP status and the body of an answer; 000 when there is none."""
        return self.call("sh", "-c", f"curl --silent --write-out '%{{http_code}}' '{url}' || true")

    def listens_on(self) -> set[int]:
        """Return the TCP ports that anything listens on, by the kernel's own table."""
        table = self.call("cat", "/proc/net/tcp").splitlines()[1:]
        fields = [line.split() for line in table]
        return {int(field[1].rpartition(":")[2], 16) for field in fields if field[3] == "0A"}
