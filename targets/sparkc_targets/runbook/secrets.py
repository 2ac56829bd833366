"""Which secret files must exist on which node, and the command that creates each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import dirname

from sparkc.plan import Node, Plan, Secret
from sparkc_targets.quoting import Quoted, sh
from sparkc_targets.runbook.reach import ssh_command


@dataclass(frozen=True)
class SecretFile:
    """A file that somebody has to write once.

    Args:
        variables: what the containers get from it.
        command: creates it with mode 0600 from what is pasted; the value reaches no shell history.
    """

    node: str
    file: str
    variables: tuple[str, ...]
    command: Quoted


def secret_files(plan: Plan) -> Iterator[SecretFile]:
    """Yield every secret file once a node, in the order of the nodes."""
    for node in plan.nodes:
        variables: dict[str, list[str]] = {}
        for secret in _secrets(plan, node):
            names = variables.setdefault(secret.file, [])
            if secret.key not in names:
                names.append(secret.key)
        for file, keys in variables.items():
            yield SecretFile(node.name, file, tuple(keys), _command(node, file))


def _secrets(plan: Plan, node: Node) -> Iterator[Secret]:
    for container in node.containers:
        yield from container.secrets
    if plan.service.node == node.name and plan.service.api_key is not None:
        yield plan.service.api_key


def _command(node: Node, file: str) -> Quoted:
    return ssh_command(node, f"umask 077; mkdir -p -- {sh(dirname(file))} && cat > {sh(file)}")
