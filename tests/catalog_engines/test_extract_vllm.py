from __future__ import annotations

import json
from pathlib import Path

import pytest
from trees import installed, vllm_files, wheel

from sparkc.catalog.engine import EngineCatalog, open_catalog
from sparkc.catalog.entries import Kind
from sparkc.extract.release import catalog_text

ERAS = ("0.11", "0.30", "0.33")


def read(folder: Path, era: str = "0.30") -> EngineCatalog:
    return open_catalog(json.loads(catalog_text(installed(folder, "vllm", f"{era}.0", vllm_files(era)))))


@pytest.mark.parametrize("era", ERAS)
def test_every_era_declares_the_same_flags(tmp_path: Path, era: str) -> None:
    assert [flag.name for flag in read(tmp_path, era).flags()] == [
        "--backend", "--dtype", "--eager", "--enable-cache", "--headers", "--headless", "--inner", "--kernel", "--log",
        "--max-model-len", "--max-num-batched-tokens", "--mode", "--model", "--old-thing", "--parser", "--root-path",
        "--share", "--sizes", "--tensor-size",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("era", "negatives"),
    [
        ("0.11", ("--no-enable-cache",)),
        pytest.param(
            "0.33", ("--no-enable-cache", "--disable-cache"), id="the old negative still works and comes first"
        ),
    ],
)
def test_negatives_follow_the_release(tmp_path: Path, era: str, negatives: tuple[str, ...]) -> None:
    flag = read(tmp_path, era).flag("--enable-cache")
    assert flag is not None
    assert flag.negatives == negatives


def test_a_wheel_and_its_unpacked_tree_give_the_same_catalog(tmp_path: Path) -> None:
    packed = json.loads(catalog_text(wheel(tmp_path / "w", "vllm", "0.30.0", vllm_files("0.30"))))
    laid_out = json.loads(catalog_text(installed(tmp_path / "d", "vllm", "0.30.0", vllm_files("0.30"))))
    assert packed.pop("read_from") == "vllm-0.30.0-py3-none-any.whl"
    assert laid_out.pop("read_from") == "d"
    assert packed == laid_out


def test_keys_that_pydantic_skips_are_keys_unless_the_engine_hands_over_a_whole_configuration(tmp_path: Path) -> None:
    schema = read(tmp_path).schema("InnerConfig")
    assert schema is not None
    assert sorted(schema.keys) == ["depth", "tokens"]


def test_values_carry_kind_choices_bounds_and_default(tmp_path: Path) -> None:
    flags = {flag.name: flag for flag in read(tmp_path).flags()}
    assert flags["--dtype"].value.choices == ("auto",), "the code removes one choice by hand"
    assert flags["--mode"].value.choices is None
    assert flags["--mode"].value.suggestions == ("fancy", "plain")
    assert (flags["--share"].value.above, flags["--share"].value.high) == (0, 1)
    assert flags["--share"].value.default == 0.9
    assert flags["--max-model-len"].value.suffixes
    assert flags["--max-num-batched-tokens"].value.suffixes
    assert not flags["--tensor-size"].value.suffixes
    assert flags["--tensor-size"].aliases == ("-tp",)
    assert (flags["--sizes"].nargs, flags["--sizes"].value.kind) == ("+", Kind.INT)
    assert flags["--headers"].nargs is None
    assert flags["--headers"].value.kind is Kind.JSON
    assert flags["--backend"].value.suggestions == ("FLASH", "PLAIN")
    assert flags["--eager"].is_switch
    assert flags["--log"].value.default is True, "the default comes from the getter, not from the annotation above it"


def test_a_converter_is_asked_whether_it_folds_case_and_dashes(tmp_path: Path) -> None:
    flag = read(tmp_path).flag("-k")
    assert flag is not None
    assert flag.name == "--kernel"
    assert (flag.value.any_case, flag.value.any_dash) == (True, True)


def test_structured_values_name_their_keys(tmp_path: Path) -> None:
    catalog = read(tmp_path)
    flag = catalog.flag("--inner")
    assert flag is not None
    schema = catalog.schema(flag.value.schema)
    assert schema is not None
    assert schema.closed
    assert schema.keys["depth"].value.low == 1
    assert not flag.value.default_known


def test_deprecation_names_version_and_replacement(tmp_path: Path) -> None:
    catalog = read(tmp_path)
    flag, variable = catalog.flag("--old-thing"), catalog.variable("VLLM_KERNEL")
    assert flag is not None
    assert flag.deprecated is not None
    assert (flag.deprecated.removed_in, flag.deprecated.instead) == ("9.9.0", ("--share",))
    assert variable is not None
    assert variable.choices == ("quick", "slow")
    assert variable.deprecated is not None
    assert (variable.deprecated.removed_in, variable.deprecated.instead) == ("9.0", ("--kernel",))


@pytest.mark.parametrize(
    ("name", "word", "answer"),
    [
        ("VLLM_NEW_WAY", "1", True),
        ("VLLM_NEW_WAY", "0", False),
        pytest.param("VLLM_NEW_WAY", "true", None, id="int() refuses the word"),
        ("VLLM_WORD", "TRUE", True),
        ("VLLM_WORD", "yes", False),
        pytest.param("VLLM_EXACT", "true", False, id="only 1 counts"),
        ("VLLM_EXACT", "1", True),
    ],
)
def test_a_getter_tells_which_words_mean_yes(tmp_path: Path, name: str, word: str, answer: bool | None) -> None:
    variable = read(tmp_path).variable(name)
    assert variable is not None
    assert variable.spellings is not None
    assert variable.spellings.says_yes(word) is answer


def test_names_read_are_known_and_names_only_written_are_not(tmp_path: Path) -> None:
    catalog = read(tmp_path)
    assert catalog.variable("VLLM_READ_HERE") is not None
    assert "VLLM_READ_HERE" not in catalog.variables()
    assert catalog.variable("VLLM_SET_HERE") is None


@pytest.mark.parametrize(("era", "parsers"), [("0.11", ("fool", "sage", "wise")), ("0.33", ("fool", "wise"))])
def test_parsers_come_from_decorators_or_from_the_table(tmp_path: Path, era: str, parsers: tuple[str, ...]) -> None:
    assert read(tmp_path, era).parsers("tool") == parsers


def test_every_entry_has_a_line_of_its_own(tmp_path: Path) -> None:
    text = catalog_text(installed(tmp_path, "vllm", "0.30.0", vllm_files("0.30")))
    lines = text.splitlines()
    assert sum(line.startswith('"--share"') for line in lines) == 1
    assert sum(line.startswith('"VLLM_WORD"') for line in lines) == 1
    assert text.endswith("}\n")


def test_help_texts_stay_behind(tmp_path: Path) -> None:
    assert "will be removed" not in catalog_text(installed(tmp_path, "vllm", "0.30.0", vllm_files("0.30")))
