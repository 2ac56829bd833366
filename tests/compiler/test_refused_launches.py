"""Launches that are known to fail are refused, with the reason and a way out; each way out is a variant that passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiling import REPOSITORY, compiled, tools

from sparkc.findings import Severity
from sparkc.report import Format, render

FOLDER = REPOSITORY / "tests" / "refused"
SNAPSHOTS = Path(__file__).parent / "snapshots" / "refused"
RULES = {rule.name: rule for rule in tools().rules}

REFUSED = {
    "ascend-a3-setup-on-a2": {"ranks-exceed-accelerators"},
    "ascend-c8-with-eagle3": {"known-bad-combination"},
    "ascend-flashcomm-without-experts-spread": {"flashcomm-without-its-parallelism"},
    "ascend-idle-npus": {"accelerators-left-idle"},
    "ascend-more-ranks-than-npus": {"ranks-exceed-accelerators"},
    "ascend-npus-hidden": {"visible-devices-too-few"},
    "ascend-placeholders-left": {"placeholder-left-in"},
    "deepseek-v4-without-flashmla": {"known-bad-combination"},
    "draft-without-weights": {"drafts-without-model"},
    "eagle3-bf16-draft-on-nvfp4": {"known-bad-combination"},
    "flashmla-asked-for": {"attention-backend-cannot-serve"},
    "m25-graphs-across-nodes": {"known-bad-combination"},
    "m25-piecewise-graphs": {"known-bad-combination"},
    "m25-pipeline-over-ray": {"known-bad-combination"},
    "minimax-m27-fp8-sglang": {"known-bad-combination", "weights-do-not-fit"},
    "ray-client-mode": {"driver-outside-ray-cluster"},
    "sglang-parsers-given-to-vllm": {"tool-parser-unknown", "reasoning-parser-unknown"},
    "three-ranks-on-stock-image": {
        "tensor-parallel-splits-heads-unevenly",
        "tensor-parallel-splits-kv-heads-unevenly",
    },
}
"""What refuses each spec of the folder, and nothing else does."""

each = pytest.mark.parametrize("name", REFUSED)


def test_every_spec_of_the_folder_is_listed() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(REFUSED)


@each
def test_it_is_refused_for_this_reason_alone(name: str) -> None:
    compilation = compiled(FOLDER / f"{name}.yaml", REPOSITORY)
    errors = [finding for finding in compilation.findings if finding.severity is Severity.ERROR]

    assert {finding.rule for finding in errors} == REFUSED[name]
    assert compilation.tree is None
    assert all(finding.span and finding.help for finding in errors)


@each
def test_every_way_out_passes(name: str) -> None:
    compilation = compiled(FOLDER / f"{name}.yaml", REPOSITORY)
    ways_out = {launch.variant for launch in compilation.launches} - {None}

    assert ways_out
    for launch in compilation.launches:
        stopped = any(finding.severity is Severity.ERROR for finding in launch.findings)
        assert stopped == (launch.variant is None), (launch.variant, launch.findings)


@each
def test_it_says_why_from_where_and_what_to_do(name: str, snapshot) -> None:
    compilation = compiled(FOLDER / f"{name}.yaml", REPOSITORY)
    errors = [finding for finding in compilation.findings if finding.severity is Severity.ERROR]
    told = render(errors, compilation.texts, Format.TEXT)
    # What the catalog knows carries its origin in the message; a rule shows it on its page.
    by_rules = [RULES[finding.rule] for finding in errors if finding.rule != "known-bad-combination"]
    origins = sorted({evidence.origin for rule in by_rules for evidence in rule.evidence})

    snapshot.snapshot_dir = SNAPSHOTS
    snapshot.assert_match(told + "".join(f"evidence: {origin}\n" for origin in origins), f"{name}.txt")
