"""The engine command lines in generated/, as words for the engine's parser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkc.catalog.engine import EngineCatalog, find_engine

PROGRAMS = (["vllm", "serve"], ["python3", "-m", "sglang.launch_server"])


@dataclass(frozen=True)
class CommandLine:
    """What one engine process is given.

    Args:
        release: the catalog that its version belongs to.
        words: everything after the program, without flags that only a fork has.
    """

    where: str
    release: str
    words: tuple[str, ...]


def command_lines(generated: Path) -> list[CommandLine]:
    """Return every command line of an engine whose version has a catalog, each once per launch."""
    return sorted(set(_all(generated)), key=lambda line: line.where)


def _all(generated: Path) -> Iterator[CommandLine]:
    for file in sorted(generated.rglob("plan.json")):
        plan = json.loads(file.read_text("utf-8"))
        match = find_engine(plan["engine"], plan["engine_version"] or "unknown")
        if match is None or not match.exact:
            continue
        under = match.catalog.base or match.catalog
        for node in plan["nodes"]:
            for process in (process for container in node["containers"] for process in container["processes"]):
                if process["program"] in PROGRAMS:
                    where = f"{file.parent.relative_to(generated.parent).as_posix()}, {node['name']}, {process['name']}"
                    words = _words(process, match.catalog, is_fork=bool(plan["fork_provides"]))
                    yield CommandLine(where, f"{under.engine}-{under.version}", tuple(words))


def _words(process: Any, catalog: EngineCatalog, *, is_fork: bool) -> Iterator[str]:  # Any: JSON
    for setting in (*process["operands"], *process["arguments"]):
        if is_fork and setting["key"].startswith("-") and catalog.flag(setting["key"]) is None:
            continue
        if setting["key"].startswith("-"):
            yield setting["key"]
        value = setting["value"]
        if value is not None:
            yield from value if isinstance(value, list) else (value,)
