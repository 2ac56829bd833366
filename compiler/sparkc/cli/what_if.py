"""Turn `serving.max_model_len=65536` into the YAML that says it."""

from __future__ import annotations

import re

from sparkc.findings import SparkcError
from sparkc.source.spelling import shown

_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def as_yaml(change: str) -> str:
    """Return nested YAML for a change on the command line; the value is YAML itself.

    Raises:
        SparkcError: it is not KEY=VALUE.
    """
    key, equals, value = change.partition("=")
    if not equals or not _KEY.fullmatch(key) or not value.strip() or "\n" in value:
        raise SparkcError(f"found --what-if {shown(change)}, wanted KEY=VALUE like serving.max_model_len=65536")
    *around, last = key.split(".")
    lines = [f"{'  ' * depth}{step}:" for depth, step in enumerate(around)]
    return "\n".join((*lines, f"{'  ' * len(around)}{last}: {value.strip()}")) + "\n"
