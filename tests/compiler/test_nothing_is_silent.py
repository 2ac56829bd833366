"""Change every leaf of every spec in turn: an artifact or a finding must change with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from compiling import SPECS, compiled, compiled_text

from sparkc.driver import Compilation
from sparkc.findings import KeyPath
from sparkc.source.node import Mapping, Node, Scalar, Sequence
from sparkc.source.yaml12 import parse


@dataclass(frozen=True)
class Leaf:
    """One scalar of a spec file and the text that takes its place."""

    spec: Path
    key: KeyPath
    start: int
    end: int
    instead: str

    def changed(self) -> str:
        text = self.spec.read_text(encoding="utf-8")
        return text[: self.start] + self.instead + text[self.end :]


def leaves(spec: Path) -> Iterator[Leaf]:
    text = spec.read_text(encoding="utf-8")
    root, findings = parse(text, spec.name, "spec")
    assert root is not None
    assert findings == []
    line_starts = [0]
    for line in text.splitlines(keepends=True):
        line_starts.append(line_starts[-1] + len(line))
    for key, scalar in scalars(root, ()):
        span = scalar.span
        start = line_starts[span.line - 1] + span.column - 1
        end = line_starts[span.end_line - 1] + span.end_column - 1
        yield Leaf(spec, key, start, end, another(scalar))


def scalars(node: Node, key: KeyPath) -> Iterator[tuple[KeyPath, Scalar]]:
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield from scalars(entry.value, (*key, entry.key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from scalars(item, (*key, index))
    else:
        yield key, node


def another(scalar: Scalar) -> str:
    """Return another value of the same kind, spelled as YAML."""
    value = scalar.value
    if isinstance(value, bool):
        return "false" if value else "true"
    if isinstance(value, int):
        return str(value + 1)
    if isinstance(value, float):
        return str(value / 2)
    if value is None:
        return "other"
    return '"' + str(value).replace('"', "") + 'x"'


def outcome(compilation: Compilation) -> tuple[object, ...]:
    files = compilation.tree.files if compilation.tree else {}
    said = tuple((finding.rule, finding.message, finding.variant, finding.allowed) for finding in compilation.findings)
    return tuple((path, file.content) for path, file in sorted(files.items())), said


ALL_LEAVES = [leaf for spec in sorted(SPECS.glob("*.yaml")) for leaf in leaves(spec)]


@pytest.mark.parametrize(
    "leaf", ALL_LEAVES, ids=lambda leaf: f"{leaf.spec.stem}:{'.'.join(str(step) for step in leaf.key)}"
)
def test_changing_a_leaf_changes_an_artifact_or_a_finding(leaf: Leaf, tmp_path: Path) -> None:
    for side in ("before", "after"):
        shutil.copytree(SPECS, tmp_path / side / "specs", ignore=shutil.ignore_patterns("*.yaml"))
    as_it_is = compiled_text(leaf.spec.read_text(encoding="utf-8"), tmp_path / "before")
    changed = compiled_text(leaf.changed(), tmp_path / "after")
    assert outcome(changed) != outcome(as_it_is)


def test_specs_compile_without_open_errors() -> None:
    for spec in sorted(SPECS.glob("*.yaml")):
        assert not compiled(spec).has_errors, [finding.message for finding in compiled(spec).findings]
