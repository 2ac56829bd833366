"""The image was built for accelerators of another generation."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.hardware is not None
    made_for = facts.known_image.made_for(facts.image.ref or "") if facts.known_image else None
    if made_for is not None and made_for != facts.hardware.architecture:
        yield Complaint(
            ("engine", "image"),
            f"found {facts.image.ref}, an image for {made_for}; wanted one for {facts.hardware.architecture}, "
            f"the accelerators of {facts.hardware.title}",
        )


RULE = Rule(
    name="image-of-another-machine",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the image is of another generation of accelerators",
    why="Images of vLLM-Ascend are built for one generation, which the tag tells: `-a3` for Atlas A3, nothing for "
    "Atlas A2. A worker on another one ends with `Current device type: … does not match the installed version's "
    "device type: …, please check your installation package`.",
    help="take the tag with `-a3` on Atlas A3, and the one without it on Atlas A2",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/utils.py",
            "0.21.0rc1: check_ascend_device_type asserts it in every worker; the build is told apart by _build_info.py",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/latest/getting_started/installation.html",
            "images without a suffix are for Atlas A2, those with -a3 for Atlas A3",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "4.1 in the text of v0.21.0rc1 starts the tag without a suffix on an A3",
            disagrees=True,
        ),
    ),
    bad="""
engine:
  name: vllm-ascend
  version: 0.21.0rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1", id: null}
nodes: {hardware: atlas-800-a3}
quant: w8a8
""",
    good="""
engine:
  name: vllm-ascend
  version: 0.21.0rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3", id: null}
nodes: {hardware: atlas-800-a3}
quant: w8a8
""",
    applies=lambda facts: facts.hardware is not None and facts.known_image is not None,
    check=_check,
)
