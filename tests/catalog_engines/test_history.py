from __future__ import annotations

import pytest

from sparkc.catalog.data import load
from sparkc.catalog.difference import difference
from sparkc.catalog.engine import EngineCatalog, available, find_engine
from sparkc.catalog.history import arrival_of, removal_of


def engine(version: str, name: str = "vllm") -> EngineCatalog:
    match = find_engine(name, version)
    assert match is not None
    assert match.exact
    return match.catalog


@pytest.mark.parametrize(
    ("name", "last", "gone_by", "instead"),
    [
        ("VLLM_NVFP4_GEMM_BACKEND", "0.23.0", "0.24.0", ("--linear-backend",)),
        ("VLLM_USE_FLASHINFER_MOE_FP4", "0.23.0", "0.24.0", ("--moe-backend",)),
        ("VLLM_TEST_FORCE_FP8_MARLIN", "0.27.1", "0.30.0", ("--moe-backend", "--linear-backend")),
        ("VLLM_ATTENTION_BACKEND", "0.13.0", "0.16.0", ("--attention-backend",)),
        ("--swap-space", "0.16.0", "0.18.0", ()),
        ("--task", "0.11.0", "0.13.0", ("--runner", "--convert")),
    ],
)
def test_a_name_that_is_gone_says_when_and_what_took_its_place(
    name: str, last: str, gone_by: str, instead: tuple[str, ...]
) -> None:
    lost = removal_of(name, engine("0.33.0"))
    assert lost is not None
    assert (lost.last, lost.gone_by, lost.instead) == (last, gone_by, instead)


@pytest.mark.parametrize("name", ["--max-model-len", "VLLM_MARLIN_USE_ATOMIC_ADD", "--nobody-knows", "NOBODY_KNOWS"])
def test_names_that_stay_or_never_were_have_no_end(name: str) -> None:
    assert removal_of(name, engine("0.33.0")) is None


def test_a_name_of_later_versions_says_since_when() -> None:
    assert arrival_of("--linear-backend", engine("0.18.1")) == "0.23.0"
    assert arrival_of("--linear-backend", engine("0.33.0")) is None


def test_replacements_that_are_kept_by_hand_name_what_was_lost_and_what_is_there() -> None:
    data = load("replacements", "vllm")
    versions = [engine(version) for version in available("vllm")]
    for name, entry in data["replaced"].items():
        # One came back: 0.33.0 takes --disable-log-requests as the negative of --enable-log-requests.
        assert any(removal_of(name, version) for version in versions), name
        assert all(versions[-1].flag(flag) is not None for flag in entry["instead"]), name
        assert entry["where"].startswith("vllm/")


def test_a_plugin_remembers_the_flags_of_the_engine_below() -> None:
    lost = removal_of("--swap-space", engine("0.23.0", "vllm-ascend"))
    assert lost is not None
    assert lost.last == "0.13.0"


def test_the_difference_explains_what_became_of_the_marlin_variables() -> None:
    found = difference(engine("0.21.0"), engine("0.33.0"))
    removed = {lost.name: lost for lost in found.removed}
    assert removed["VLLM_NVFP4_GEMM_BACKEND"].instead == ("--linear-backend",)
    assert removed["VLLM_USE_FLASHINFER_MOE_FP4"].instead == ("--moe-backend",)
    assert removed["VLLM_TEST_FORCE_FP8_MARLIN"].gone_by == "0.30.0"
    assert "VLLM_MARLIN_USE_ATOMIC_ADD" not in removed
    assert "--linear-backend" in found.added


def test_defaults_that_move_are_told_with_both_values() -> None:
    moved = {name.name: (name.before, name.after) for name in difference(engine("0.19.1"), engine("0.21.0")).defaults}
    assert moved["--gpu-memory-utilization"] == (0.9, 0.92)


def test_a_list_that_opens_is_a_change_of_values() -> None:
    values = {change.name: change for change in difference(engine("0.30.0"), engine("0.33.0")).values}
    assert values["--kv-cache-dtype"].before == "str, one of a list"
    assert values["--kv-cache-dtype"].after == "str"


@pytest.mark.parametrize("version", ["0.11.0", "0.33.0"])
def test_a_version_differs_from_itself_in_nothing(version: str) -> None:
    found = difference(engine(version), engine(version))
    assert (found.removed, found.renamed, found.defaults, found.values, found.added) == ((), (), (), (), ())


def test_the_way_back_swaps_what_is_new_and_what_is_gone() -> None:
    there, back = difference(engine("0.21.0"), engine("0.23.0")), difference(engine("0.23.0"), engine("0.21.0"))
    assert {lost.name for lost in there.removed} == set(back.added)
    assert {lost.name for lost in back.removed} == set(there.added)
