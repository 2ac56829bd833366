"""Ask an engine's own parser which names it takes, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sparkc.catalog.entries import CAPABILITIES, HEAD_SIZES

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Interview:
    """What is asked: the engine's names, and whether it takes these command lines.

    Args:
        head_sizes, capabilities: what its attention backends are asked about.
    """

    engine: str
    command_lines: tuple[tuple[str, ...], ...]
    head_sizes: tuple[int, ...] = HEAD_SIZES
    capabilities: tuple[int, ...] = CAPABILITIES


@dataclass(frozen=True)
class Answer:
    """What the real parser says.

    Args:
        options: every option string but --help.
        variables: every variable that the engine declares.
        refusals: for each command line what the parser says against it; None when it takes it.
        stages: for each model class that could be imported, whether it runs in pipeline stages.
        backends: for each attention backend that could be imported, its traits and what it refuses.
    """

    options: frozenset[str]
    variables: frozenset[str]
    refusals: tuple[str | None, ...]
    stages: Mapping[str, bool]
    backends: Mapping[str, Any]  # Any: JSON


def ask(python: Path, release: Path, interview: Interview) -> Answer:
    """Import the release that lies in a folder and return its answers."""
    script = HERE / "parsers" / f"{interview.engine}_parser.py"
    answers = release.parent / "answers.json"
    done = subprocess.run(
        [str(python), str(script), str(release), str(answers)],
        input=json.dumps(asdict(interview)),
        text=True,
        capture_output=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "VLLM_LOGGING_LEVEL": "ERROR"},
        check=False,
    )
    if done.returncode:
        sys.exit(f"the parser of {interview.engine} could not be asked:\n{done.stderr}")
    said = json.loads(answers.read_text("utf-8"))
    answers.unlink()
    names = (frozenset(said["options"]), frozenset(said["variables"]))
    return Answer(*names, tuple(said["refusals"]), said.get("stages", {}), said.get("backends", {}))
