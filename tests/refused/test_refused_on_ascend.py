"""Specs for Atlas machines that sparkc refuses, and every word that it says to each."""

from __future__ import annotations

from pathlib import Path

import pytest

from committed import REPOSITORY, TODAY
from sparkc.cli.toolbox import toolbox
from sparkc.driver import compile_spec
from sparkc.report import Format, render
from sparkc.source.project import Plugins

HERE = Path(__file__).parent
BECAUSE = {
    "ascend-a3-setup-on-a2": {"ranks-exceed-accelerators"},
    "ascend-c8-with-eagle3": {"known-bad-combination"},
    "ascend-flashcomm-without-experts-spread": {"flashcomm-without-its-parallelism"},
    "ascend-idle-npus": {"accelerators-left-idle"},
    "ascend-more-ranks-than-npus": {"ranks-exceed-accelerators"},
    "ascend-npus-hidden": {"visible-devices-too-few"},
    "ascend-placeholders-left": {"placeholder-left-in"},
}


@pytest.mark.parametrize("name", BECAUSE)
def test_it_is_refused_for_its_reason_and_in_these_words(name: str, snapshot) -> None:
    compilation = compile_spec(HERE / f"{name}.yaml", REPOSITORY, toolbox(Plugins()), TODAY)

    assert {finding.rule for finding in compilation.findings if finding.stops_the_build} == BECAUSE[name]
    assert compilation.tree is None
    snapshot.assert_match(render(compilation.findings, compilation.texts, Format.TEXT), "findings.txt")


def test_every_refused_spec_of_this_machine_is_tried() -> None:
    assert {file.stem for file in HERE.glob("ascend-*.yaml")} == set(BECAUSE)
