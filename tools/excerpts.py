"""Keep pieces of real files and real output in a Markdown file: what stands between the markers is made, not typed.

A marker is a comment before a fenced block:

    <!-- excerpt: FILE | FIRST LINE | LAST LINE -->
    <!-- finding: SPEC | TEXT -> OTHER TEXT -->

The first shows the lines of a file from the first that holds FIRST LINE to the next that holds LAST LINE. The second
shows what `sparkc check` says of a spec in which one text is replaced.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
MARKED = re.compile(r"(<!-- (excerpt|finding): (.*?) -->\n```[a-z]*\n)(.*?)(\n```)", re.DOTALL)


def refreshed(markdown: str) -> str:
    """Return the text with every marked block made anew."""
    return MARKED.sub(lambda match: match[1] + _content(match[2], match[3]).rstrip() + match[5], markdown)


def _content(kind: str, words: str) -> str:
    parts = [part.strip() for part in words.split(" | ")]
    if kind == "excerpt":
        return _lines(REPOSITORY / parts[0], parts[1], parts[2])
    old, new = parts[1].split(" -> ")
    return _finding(REPOSITORY / parts[0], old, new)


def _lines(file: Path, first: str, last: str) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if first in line)
    end = next(number for number, line in enumerate(lines) if number > begin and last in line)
    return "\n".join(lines[begin : end + 1])


def _finding(spec: Path, old: str, new: str) -> str:
    text = spec.read_text(encoding="utf-8")
    if old not in text:
        sys.exit(f"{spec} does not hold {old!r}")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "specs" / spec.name
        copy.parent.mkdir()
        (Path(folder) / "sparkc.toml").write_text('specs = ["specs"]\n', encoding="utf-8")
        copy.write_text(text.replace(old, new, 1), encoding="utf-8")
        command = [sys.executable, "-m", "sparkc", "check", f"specs/{spec.name}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    # The first finding tells how all of them look.
    return done.stdout.split("\n\n")[0]
