"""Tell builds of a container apart."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from functools import lru_cache

from sparkc.plan import Because, Container


@lru_cache  # asked for by everything that names the container
def build_of(container: Container) -> str:
    """Return a short digest of everything about the container that runs; reasons do not count."""
    text = json.dumps(_what_runs(container), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _what_runs(value: object) -> object:
    if isinstance(value, tuple):
        return [_what_runs(item) for item in value]
    if is_dataclass(value):
        return [
            [field.name, _what_runs(getattr(value, field.name))]
            for field in fields(value)
            if not isinstance(getattr(value, field.name), Because)
        ]
    return value
