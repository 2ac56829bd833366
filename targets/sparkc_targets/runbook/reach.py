"""Say how a person reaches a node."""

from __future__ import annotations

from sparkc.plan import Node
from sparkc_targets.quoting import Quoted, sh_words


def ssh_command(node: Node, *command: str) -> Quoted:
    """Return the ssh call, as typed in a shell, that logs in to a node or runs one command there."""
    login = f"{node.ssh.user}@{node.ssh.host}" if node.ssh.user else node.ssh.host
    port = ("-p", node.ssh.port) if node.ssh.port else ()
    return sh_words(("ssh", *port, "--", login, *command) if command else ("ssh", *port, login))
