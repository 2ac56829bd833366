"""Remember that a build changed nothing, so that asking again costs no compiler.

Everything that the answer hung on is compared by content: the sources as they were *read*, the generated files as they
were *wanted*, never as they happen to stand on disk when the note is taken. Any doubt, a damaged note included, is
"not known", and the caller compiles. The folder `.sparkc-cache` can be deleted at any time.
"""

# This is the first thing that `sparkc build --check` runs, and often the last. `dataclasses`, `typing` and `pathlib`
# each take about as long to import as Python takes to start, so none of them is used here.
# ruff: noqa: PTH102, PTH105, PTH112, PTH114, PTH116, PTH118, PTH120, PTH123, PTH208
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys

from sparkc.writer.listing import Listing, is_executable, is_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from sparkc.writer.tree import Tree

    Place = str | os.PathLike[str]

CACHE = ".sparkc-cache"


def code_stamp(folders: Iterable[Place]) -> str:
    """Return a digest that changes when the compiler does: take it before compiling, and before asking.

    Args:
        folders: of every package whose code or data can change the output: sparkc, its targets, plug-ins.

    Files count by size and time of change, which is what Python itself goes by when it chooses between a source file
    and its cached bytecode. Installing or removing any package changes `site-packages` (`dist-packages` on Debian).
    """
    digest = hashlib.sha256(sys.version.encode())
    for place in sys.path:
        if place.endswith("-packages") and os.path.isdir(place):
            digest.update(f"{place}\0{os.stat(place).st_mtime_ns}\0".encode(errors="surrogateescape"))
    for folder in folders:
        for path, status in sorted(Listing(folder).leaves.items()):
            if not path.endswith(".pyc"):
                digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


def remember(
    project: Place,
    question: Sequence[str],
    answer: str,
    *,
    code: str,
    inputs: Mapping[str, bytes | None],
    folders: Mapping[str, Iterable[str]],
    trees: Mapping[str, Tree],
    today: datetime.date,
    good_through: datetime.date | None,
) -> None:
    """Note that `question` had `answer`, with exit status 0 and nothing to write. A note that cannot be kept is lost.

    Args:
        project: the folder with `sparkc.toml`; paths below are relative to it, or absolute.
        question: everything from the command line and the environment that shapes the answer.
        answer: what was printed.
        code: `code_stamp`, taken before the sources were read.
        inputs: each file that was looked for, with the bytes that were read; None where there was none.
        folders: each folder that was searched for files, with the names found in it: spec folders, output folder.
        trees: each folder of generated files with the tree that it holds.
        today: the day that the verdict was given.
        good_through: the last day on which the verdict stands, the earliest `until` of its allowances; None for ever.
    """
    note = {
        "question": list(question),
        "answer": answer,
        "code": code,
        "inputs": {path: None if content is None else _sha256(content) for path, content in inputs.items()},
        "folders": {path: sorted(names) for path, names in folders.items()},
        "trees": {
            folder: {path: [file.sha256, file.executable] for path, file in tree.files.items()}
            for folder, tree in trees.items()
        },
        "from": today.isoformat(),
        "through": good_through.isoformat() if good_through else None,
    }
    body = json.dumps(note, sort_keys=True).encode()
    with contextlib.suppress(OSError):
        _keep(_note_path(project, question), _sha256(body).encode() + b"\n" + body)


def recall(project: Place, question: Sequence[str], *, code: str, today: datetime.date) -> str | None:
    """Return the answer to `question` if nothing that it hung on has changed; None when in doubt."""
    note = _load(_note_path(project, question))
    if note is None or note.get("code") != code or note["question"] != list(question):
        return None
    through = note["through"]
    if today.isoformat() < note["from"] or (through is not None and today.isoformat() > through):
        return None
    try:
        still_so = (
            all(_digest(_below(project, path)) == digest for path, digest in note["inputs"].items())
            and all(sorted(os.listdir(_below(project, path))) == names for path, names in note["folders"].items())
            and all(_holds(_below(project, folder), files) for folder, files in note["trees"].items())
        )
    except OSError:
        return None
    return str(note["answer"]) if still_so else None


def _holds(folder: str, files: dict[str, list[str | bool]]) -> bool:
    leaves = Listing(folder).leaves
    return not os.path.islink(folder) and all(
        path in leaves
        and is_regular(leaves[path])
        and is_executable(leaves[path]) == executable
        and _digest(f"{folder}/{path}") == digest
        for path, (digest, executable) in files.items()
    )


def _digest(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return _sha256(file.read())
    except FileNotFoundError:
        return None


def _below(project: Place, path: str) -> str:
    return os.path.join(project, path)


def _note_path(project: Place, question: Sequence[str]) -> str:
    return _below(project, f"{CACHE}/uptodate-{_sha256(json.dumps(list(question)).encode())[:16]}.json")


def _keep(path: str, content: bytes) -> None:
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.mkdir(folder)
        _keep(f"{folder}/.gitignore", b"*\n")
    unfinished = f"{path}.{os.getpid()}"
    with open(unfinished, "wb") as file:
        file.write(content)
    os.replace(unfinished, path)


def _load(path: str) -> dict[str, Any] | None:
    """Return a note that is whole: its first line is the digest of the rest."""
    try:
        with open(path, "rb") as file:
            digest, _, body = file.read().partition(b"\n")
    except OSError:
        return None
    note: dict[str, Any] | None = json.loads(body) if digest == _sha256(body).encode() else None  # Any: it is JSON
    return note


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
