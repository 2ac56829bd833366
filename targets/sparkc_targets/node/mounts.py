"""Everything of the node that a container sees, and how Docker is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkc.plan import FILES, Because, Container, Mount, Node, Origin

START_SCRIPT = "/sparkc/start.sh"
"""Where a container finds its start script."""

ENTRYPOINT = ("/bin/bash", "-p", START_SCRIPT)
"""What every container runs. `-p`: a BASH_ENV or an exported function in the environment does not get into it.

With the words `look http_ok HOST PORT PATH` or `look tcp_open HOST PORT` behind it, it is a health check.
"""


def mounts(node: Node, container: Container) -> tuple[Mount, ...]:
    """Return the container's mounts: the Plan's own, its secrets, the start script and the files beside it.

    What the Plan already mounts at a place is not mounted there a second time.
    """
    found: dict[str, Mount] = {}
    for mount in (*container.mounts, *_brought_along(node, container)):
        found.setdefault(mount.to, mount)
    return tuple(found.values())


def _brought_along(node: Node, container: Container) -> Iterator[Mount]:
    for secret in container.secrets:
        yield Mount(secret.file, secret.to, True, "secret", secret.because)
    yield Mount(f"{node.install_dir}/{container.start_script}", START_SCRIPT, True, "file", _because("start script"))
    if container.setup or container.files:
        yield Mount(f"{node.install_dir}/files", FILES, True, "file", _because("files that the spec brings along"))


def _because(what: str) -> Because:
    return Because(Origin.PASS, "containers", "containers", f"the {what}, from the install folder")


def mount_option(mount: Mount) -> str:
    """Return the value of `docker run --mount`: one CSV record, so that any path can be written.

    `--volume` splits at colons, and creates a missing source as an empty folder of root's; `--mount` refuses.
    """
    fields = ["type=bind", f"source={mount.host}", f"target={mount.to}"]
    if mount.read_only:
        fields.append("readonly")
    return ",".join(map(_csv_field, fields))


def _csv_field(text: str) -> str:
    if not re.search(r'[",\r\n]', text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
