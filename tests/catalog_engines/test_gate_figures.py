"""The figures of the last run of `make catalogs` are those of the catalogs that are committed."""

from __future__ import annotations

import hashlib
import json

import pytest

from calling import REPOSITORY
from sparkc.catalog.engine import ENGINES, available

FIGURES = json.loads((REPOSITORY / "docs/catalog-gate.json").read_text(encoding="utf-8"))
PAGE = (REPOSITORY / "docs/catalog-gate.md").read_text(encoding="utf-8")


def test_every_committed_version_of_vllm_and_sglang_went_through_the_gate() -> None:
    committed = [f"{engine}-{version}" for engine in ("vllm", "sglang") for version in available(engine)]
    assert [entry["release"] for entry in FIGURES] == committed


@pytest.mark.parametrize("entry", FIGURES, ids=[entry["release"] for entry in FIGURES])
def test_recall_and_precision_are_whole(entry: dict) -> None:
    for share in (entry["options"], entry["variables"]):
        assert (share["recall"], share["precision"]) == (1.0, 1.0)
        assert (share["missing"], share["surplus"]) == ([], [])
    assert entry["same_as_extracted"]
    assert entry["refused"] == []
    assert entry["contradicted"] == []
    assert entry["classes"] >= 200 or not entry["release"].startswith("vllm-")
    assert f"| {entry['release']} | {entry['options']['real']} | 1.000 / 1.000 |" in PAGE


@pytest.mark.parametrize("entry", FIGURES, ids=[entry["release"] for entry in FIGURES])
def test_figures_are_of_the_catalog_that_is_committed(entry: dict) -> None:
    text = (ENGINES / f"{entry['release']}.json").read_text(encoding="utf-8")
    assert entry["sha256"] == hashlib.sha256(text.encode()).hexdigest(), "run `make catalogs`"
