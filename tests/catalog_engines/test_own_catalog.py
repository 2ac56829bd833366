from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from trees import installed, vllm_files

from sparkc.catalog.engine import ENGINES
from sparkc.catalog.engine_file import catalog_from
from sparkc.extract.release import catalog_text


def own(folder: Path) -> dict[str, Any]:
    return json.loads(catalog_text(installed(folder / "site", "vllm", "0.30.0", vllm_files("0.30"))))


def test_a_catalog_of_a_fork_is_looked_up_like_a_shipped_one(tmp_path: Path) -> None:
    catalog, trouble = catalog_from(json.dumps(own(tmp_path)))
    assert trouble is None
    assert catalog is not None
    assert catalog.flag("-tp") is not None


@pytest.mark.parametrize("path", sorted(ENGINES.glob("*.json")), ids=lambda path: path.stem)
def test_shipped_catalogs_would_pass_as_ones_own(path: Path) -> None:
    catalog, trouble = catalog_from(path.read_text("utf-8"))
    assert trouble is None
    assert catalog is not None
    assert catalog.version in path.stem


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "where a catalog is a JSON object"),
        ("{}", "format: found nothing, wanted 1"),
    ],
)
def test_a_text_that_is_no_catalog_is_refused(text: str, sentence: str) -> None:
    catalog, trouble = catalog_from(text)
    assert catalog is None
    assert sentence in (trouble or "")


@pytest.mark.parametrize(
    ("keys", "value", "place"),
    [
        (("flags",), [], "flags: found []"),
        (("backends",), [], "backends: found []"),
        (("backends",), {"X": []}, "backends.X: found []"),
        (("backends",), {"X": {"mla": "yes"}}, 'backends.X.mla: found "yes"'),
        (("backends",), {"X": {"head_sizes": ["64"]}}, "backends.X.head_sizes: found"),
        (("backends",), {"X": {"cache_types": "fp8"}}, "backends.X.cache_types: found"),
        (("flags", "--share"), "0.9", "flags.--share: found"),
        (("flags", "--share", "kind"), "number", "flags.--share.kind"),
        (("flags", "--share", "high"), "much", "flags.--share.high"),
        (("flags", "--kernel", "aliases"), "-k", "flags.--kernel.aliases"),
        (("variables", "VLLM_WORD", "spellings"), {"true": ["1"]}, "variables.VLLM_WORD.spellings"),
        (("variables", "VLLM_KERNEL", "deprecated"), True, "variables.VLLM_KERNEL.deprecated"),
        (("schemas", "InnerConfig", "keys"), None, "schemas.InnerConfig"),
        (("registered", "poems"), ["ode"], "registered.poems"),
        (("registered", "tool_parsers"), [1], "registered.tool_parsers"),
        (("reads",), ["A", None], "reads"),
        (("base",), ["vllm"], "base"),
        (("ray_copy",), {"everything": True}, "ray_copy.prefixes"),
        (("readers",), None, "readers"),
    ],
)
def test_nonsense_is_refused_with_its_key(tmp_path: Path, keys: tuple[str, ...], value: Any, place: str) -> None:
    data = own(tmp_path)
    holder = data
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value
    catalog, trouble = catalog_from(json.dumps(data))
    assert catalog is None
    assert place in (trouble or "")
