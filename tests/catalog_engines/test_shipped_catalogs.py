from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sparkc.catalog.engine import ENGINES, find_engine
from sparkc.catalog.entries import Group, Kind

FILES = sorted(ENGINES.glob("*.json"))
WANTED = {
    "vllm": (
        "0.11.0", "0.13.0", "0.16.0", "0.18.1", "0.19.1", "0.21.0", "0.23.0", "0.24.0", "0.25.1", "0.26.0", "0.27.1",
        "0.30.0", "0.33.0",
    ),
    "sglang": ("0.5.5", "0.5.10", "0.5.12", "0.5.23"),
    "vllm-ascend": ("0.11.0", "0.13.0", "0.18.0", "0.21.0rc1", "0.23.0", "0.24.0rc1", "0.25.1rc1", "0.26.0rc1"),
    "ray": ("2.54.0", "2.60.0"),
}  # fmt: skip
HEADER = ["format", "engine", "version", "package", "read_from", "parser", "readers", "base", "ray_copy"]
SECTIONS = ["flags", "variables", "reads", "registered", "schemas"]
# Option strings and declared variables of the engines' real parsers, positional arguments and --help left out.
# Counted by importing the release's own make_arg_parser on a CPU; compared name by name with no difference.
REAL_PARSER = {
    "0.11.0": (241, 196), "0.13.0": (264, 222), "0.16.0": (292, 218), "0.18.1": (308, 233), "0.19.1": (314, 238),
    "0.21.0": (334, 253), "0.23.0": (352, 268), "0.27.1": (381, 285), "0.30.0": (405, 302), "0.33.0": (483, 318),
}  # fmt: skip


@cache
def data(path: Path) -> dict[str, Any]:
    return json.loads(path.read_bytes())


@pytest.mark.parametrize(("engine", "version"), [(name, version) for name in WANTED for version in WANTED[name]])
def test_every_wanted_version_is_here_and_exact(engine: str, version: str) -> None:
    match = find_engine(engine, version)
    assert match is not None
    assert match.exact
    assert match.catalog.version == version


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_header_tells_what_was_read(path: Path) -> None:
    catalog = data(path)
    assert [section for section in catalog if section != "backends"] == [*HEADER, *SECTIONS]
    assert path.stem == f"{catalog['engine']}-{catalog['version']}"
    assert catalog["package"] == f"{catalog['engine']} {catalog['version']}"
    assert catalog["read_from"].endswith(".whl")
    assert "/" not in catalog["read_from"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_names_are_sorted_and_each_is_there_once(path: Path) -> None:
    catalog = data(path)
    pairs: list[list[str]] = []
    json.loads(
        path.read_bytes(), object_pairs_hook=lambda found: pairs.append([key for key, _ in found]) or dict(found)
    )
    assert [keys for keys in pairs if len(keys) != len(set(keys))] == []
    for section in ("flags", "variables", "registered", "schemas"):
        assert list(catalog[section]) == sorted(catalog[section])
    for names in (catalog["reads"], *catalog["registered"].values()):
        assert names == sorted(set(names))
    spelled = [
        word
        for name, flag in catalog["flags"].items()
        for word in (name, *flag.get("aliases", ()), *flag.get("negatives", ()))
    ]
    assert sorted({word for word in spelled if spelled.count(word) > 1}) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_is_of_the_documented_shape(path: Path) -> None:
    catalog = data(path)
    value = {
        "kind", "choices", "suggestions", "any_case", "any_dash", "suffixes", "none_allowed", "low", "above", "high",
        "below", "default", "schema", "deprecated",
    }  # fmt: skip
    for name, flag in catalog["flags"].items():
        assert re.fullmatch(r"--?[A-Za-z0-9][\w.-]*", name)
        assert set(flag) <= value | {"aliases", "negatives", "nargs", "repeats", "required", "sets"}, name
        Kind(flag["kind"])
        assert flag.get("schema") is None or flag["schema"] in catalog["schemas"], name
    for name, variable in catalog["variables"].items():
        assert set(variable) <= value | {"readers", "spellings"}, name
        Kind(variable["kind"])
    for name, schema in catalog["schemas"].items():
        for key, entry in schema["keys"].items():
            assert set(entry) <= value | {"many"}, (name, key)
            assert entry.get("schema") is None or entry["schema"] in catalog["schemas"], (name, key)
    assert set(catalog["registered"]) <= {group.value for group in Group}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_facts_only_no_sentences(path: Path) -> None:
    """No value reads like prose: help texts stay with their authors."""
    sentences = re.findall(r'"[^"\n]*[a-z]{3,} [a-z]{2,} [a-z]{2,} [a-z]{2,}[^"\n]*"', path.read_text("utf-8"))
    assert sentences == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_can_be_looked_up(path: Path) -> None:
    catalog = data(path)
    match = find_engine(catalog["engine"], catalog["version"])
    assert match is not None
    for name in catalog["flags"]:
        flag = match.catalog.flag(name)
        assert flag is not None
        assert flag.name == name
    for name in (*catalog["variables"], *catalog["reads"]):
        assert match.catalog.variable(name) is not None
    for name in catalog["schemas"]:
        assert match.catalog.schema(name) is not None


@pytest.mark.parametrize(
    ("version", "counts"),
    [("0.5.5", (281, 101)), ("0.5.10", (365, 232)), ("0.5.12", (402, 295)), ("0.5.23", (559, 770))],
)
def test_sglang_counts_equal_the_real_parser(version: str, counts: tuple[int, int]) -> None:
    match = find_engine("sglang", version)
    assert match is not None
    assert (len(match.catalog.names()), len(match.catalog.variables())) == counts


@pytest.mark.parametrize(("version", "counts"), REAL_PARSER.items())
def test_vllm_counts_equal_the_real_parser(version: str, counts: tuple[int, int]) -> None:
    match = find_engine("vllm", version)
    assert match is not None
    assert (len(match.catalog.names()), len(match.catalog.variables())) == counts


@pytest.mark.parametrize("version", WANTED["vllm"])
def test_vllm_tells_which_of_its_models_run_in_stages(version: str) -> None:
    match = find_engine("vllm", version)
    assert match is not None
    models, whole = match.catalog.registered(Group.MODELS), match.catalog.registered(Group.WHOLE_MODELS)
    assert len(models) > 200
    assert set(whole) < set(models)
    assert {"LlamaForCausalLM", "Qwen3MoeForCausalLM"} <= set(models) - set(whole)
    assert {"WhisperForConditionalGeneration", "BertModel"} <= set(whole)


@pytest.mark.parametrize("version", WANTED["vllm"][1:])
def test_vllm_tells_what_its_attention_backends_take(version: str) -> None:
    match = find_engine("vllm", version)
    assert match is not None
    known = {backend.name: backend for backend in match.catalog.backends()}
    assert set(known) <= set(match.catalog.registered(Group.ATTENTION_BACKENDS))
    assert known["CUTLASS_MLA"].mla
    assert known["CUTLASS_MLA"].capabilities == (100, 103)
    assert known["FLASH_ATTN"].mla is False
    assert {64, 128, 256} <= set(known["FLASHINFER"].head_sizes or ())
