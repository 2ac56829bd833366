"""Every hand-kept fact is well-formed, has a public source, and fits to the others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from catalog_schemas import SCHEMAS
from jsonschema import Draft202012Validator
from packaging.specifiers import SpecifierSet

from sparkc.catalog import data
from sparkc.catalog.data import load, names
from sparkc.catalog.figures import all_figures
from sparkc.catalog.hardware import find_hardware, hardware_names
from sparkc.catalog.known_bad import all_known_bad
from sparkc.catalog.models import find_family, model_families
from sparkc.catalog.situation import SWITCHES
from sparkc.catalog.troubles import all_troubles

FILES = [(kind, name) for kind in SCHEMAS for name in names(kind)]


@pytest.mark.parametrize(("kind", "name"), FILES)
def test_a_data_file_has_the_form_of_its_kind(kind: str, name: str) -> None:
    faults = [
        f"{fault.json_path}: {fault.message}"
        for fault in Draft202012Validator(SCHEMAS[kind]).iter_errors(load(kind, name))
    ]
    assert faults == []


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name in FILES if kind != "troubles"])
def test_a_file_is_named_after_what_it_holds(kind: str, name: str) -> None:
    facts = load(kind, name)
    assert facts.get("id", facts.get("family")) == name


@pytest.mark.parametrize("family", model_families())
def test_a_shape_says_everything_its_attention_needs(family: str) -> None:
    model = find_family(family)
    assert model is not None
    shape = model.shape
    needed: dict[str, tuple[int, ...]] = {
        "uniform": (),
        "other": (),
        "mla": (shape.latent_dim,),
        "sliding-window": (shape.sliding_layers, shape.window),
        "hybrid-gdn": (
            shape.state_layers,
            shape.conv_kernel,
            shape.key_heads,
            shape.key_dim,
            shape.value_heads,
            shape.value_dim,
        ),
        "hybrid-kda": (
            shape.latent_dim,
            shape.state_layers,
            shape.conv_kernel,
            shape.key_heads,
            shape.key_dim,
            shape.value_heads,
            shape.value_dim,
        ),
        "hybrid-mamba2": (
            shape.state_layers,
            shape.conv_kernel,
            shape.state_heads,
            shape.state_head_dim,
            shape.state_groups,
            shape.state_size,
        ),
    }
    assert all(needed[shape.attention])


@pytest.mark.parametrize("family", model_families())
def test_layers_of_all_kinds_are_no_more_than_the_layers(family: str) -> None:
    model = find_family(family)
    assert model is not None
    shape = model.shape
    assert shape.attention_layers + shape.sliding_layers + shape.state_layers <= shape.layers


def test_a_hub_id_belongs_to_one_model() -> None:
    ids = [
        checkpoint.id.casefold()
        for family in model_families()
        for model in (find_family(family),)
        if model
        for checkpoint in model.checkpoints
    ]
    assert sorted(ids) == sorted(set(ids))


def test_twins_name_each_other() -> None:
    for name in hardware_names():
        machine = find_hardware(name)
        assert machine is not None
        for port in machine.fabric:
            if port.twin is not None:
                other = machine.port(port.twin)
                assert other is not None
                assert other.twin == port.interface


def test_conditions_name_things_that_exist() -> None:
    entries = [*all_known_bad(), *all_troubles()]
    for entry in entries:
        assert set(entry.conditions.families) <= set(model_families()), entry.id
        assert set(entry.conditions.hardware) <= set(hardware_names()), entry.id
        assert {key for key, _ in entry.conditions.settings} <= set(SWITCHES), entry.id
        SpecifierSet(entry.conditions.engine_versions)
        SpecifierSet(entry.conditions.nccl_versions)


def test_figures_belong_to_models_and_machines_that_exist() -> None:
    for figure in all_figures():
        assert figure.family in model_families()
        assert figure.hardware in hardware_names()


def test_trouble_patterns_find_their_own_symptom() -> None:
    for trouble in all_troubles():
        if trouble.pattern is not None and "…" not in trouble.symptom:
            assert re.search(trouble.pattern, trouble.symptom), trouble.id


def test_trouble_ids_are_unique() -> None:
    ids = [trouble.id for trouble in all_troubles()]
    assert sorted(ids) == sorted(set(ids))


def test_no_fact_names_a_place_that_is_not_public() -> None:
    for kind, name in FILES:
        for text in _texts(load(kind, name)):
            assert not re.search(r"\bseed 0|public file \d", text), (kind, name, text)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for child in children for text in _texts(child)]


def test_data_that_is_kept_in_parsed_form_follows_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_HERE", tmp_path)
    monkeypatch.setattr(data.sys, "dont_write_bytecode", False)
    (tmp_path / "hardware").mkdir()
    source = tmp_path / "hardware" / "box-1.5.yaml"
    other = tmp_path / "hardware" / "box-1.6.yaml"
    for file in (source, other):
        file.write_text("id: first", encoding="utf-8")
        assert data.load.__wrapped__("hardware", file.stem) == {"id": "first"}
    kept = sorted((tmp_path / "hardware" / "__pycache__").iterdir())
    assert len(kept) == 2
    kept[0].write_text('{"id": "kept"}', encoding="utf-8")
    assert data.load.__wrapped__("hardware", "box-1.5") == {"id": "kept"}
    source.write_text("id: second", encoding="utf-8")
    assert data.load.__wrapped__("hardware", "box-1.5") == {"id": "second"}
    assert len(list((tmp_path / "hardware" / "__pycache__").iterdir())) == 2


def test_data_that_cannot_be_kept_is_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_HERE", tmp_path)
    monkeypatch.setattr(data.sys, "dont_write_bytecode", False)
    (tmp_path / "hardware").mkdir()
    (tmp_path / "hardware" / "box.yaml").write_text("id: here", encoding="utf-8")
    (tmp_path / "hardware" / "__pycache__").write_text("in the way", encoding="utf-8")
    assert data.load.__wrapped__("hardware", "box") == {"id": "here"}


@pytest.mark.parametrize(
    "file", sorted(data._HERE.glob("*/*.yaml")), ids=lambda file: f"{file.parent.name}/{file.stem}"
)
def test_data_means_the_same_in_its_parsed_form(file: Path) -> None:
    parsed = data._parsed(file)
    assert json.loads(json.dumps(parsed)) == parsed
