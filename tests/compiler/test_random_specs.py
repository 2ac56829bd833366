"""Whatever stands in a spec, the compiler answers with files or findings: no traceback, no stall."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from compiling import SPECS, compiled_text
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sparkc.findings import Severity
from sparkc.source.yaml12 import parse
from sparkc.spec.models import Spec

yaml = pytest.importorskip("yaml")

KEYS = sorted(
    {name for model in [Spec] for name in model.model_fields}
    | {"id", "path", "ref", "name", "hosts", "address", "kind", "tensor", "port", "memory", "rule", "reason"}
)
ODD = [
    "",
    " ",
    "-",
    "--x",
    "$(id)",
    "`id`",
    "a\nb",
    "ü",
    "\u202e",
    "'",
    '"',
    "%n",
    ";",
    "{}",
    "~/x",
    "/",
    "../x",
    "x" * 300,
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(ODD),
    st.text(max_size=20),
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


def _mutated(spec: Any, path: list[int], value: Any) -> Any:
    """Replace one value of a spec, found by taking the n-th child on each floor."""
    if not path or not isinstance(spec, dict | list) or not spec:
        return value
    if isinstance(spec, dict):
        key = list(spec)[path[0] % len(spec)]
        return {**spec, key: _mutated(spec[key], path[1:], value)}
    index = path[0] % len(spec)
    return [*spec[:index], _mutated(spec[index], path[1:], value), *spec[index + 1 :]]


BASE = yaml.safe_load((SPECS / "minimax-m27.yaml").read_text(encoding="utf-8"))

slow = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@slow
@given(path=st.lists(st.integers(0, 20), min_size=1, max_size=5), value=trees)
def test_a_mutated_spec_gives_files_or_errors(path: list[int], value: Any, tmp_path: Path) -> None:
    text = yaml.safe_dump(_mutated(BASE, path, value), allow_unicode=True)
    compilation = compiled_text(text, tmp_path)
    assert (compilation.tree is None) == compilation.has_errors


@slow
@given(spec=st.dictionaries(st.sampled_from(KEYS), trees, max_size=8))
def test_a_random_mapping_gives_findings(spec: dict[str, Any], tmp_path: Path) -> None:
    assume(spec.get("abstract") is not True)  # only a base for others: nothing is compiled, so nothing is missing
    text = yaml.safe_dump(spec, allow_unicode=True)
    parse(text, "spec.yaml", "spec")
    compilation = compiled_text(text, tmp_path)
    assert any(finding.severity is Severity.ERROR for finding in compilation.findings)


@slow
@given(text=st.text(max_size=400))
def test_random_text_gives_findings(text: str, tmp_path: Path) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        return
    assert compiled_text(text, tmp_path).has_errors
