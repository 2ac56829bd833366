"""Say what an install folder must hold, so that coreutils alone can check it on the node."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sparkc.artifact import Artifact


def checksums(files: Iterable[Artifact]) -> str:
    """Return a list that `sha256sum --check` reads, one line per file."""
    return "".join(_line(file) for file in files)


def _line(file: Artifact) -> str:
    digest = hashlib.sha256(file.text.encode()).hexdigest()
    name = file.path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    # A leading backslash tells sha256sum that the name is escaped.
    return f"{'' if name == file.path else chr(92)}{digest}  {name}\n"
