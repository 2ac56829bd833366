"""The executor is Ray, and the image is known not to hold it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report a known image without Ray that no setup script completes."""
    image = facts.known_image
    if image is not None and facts.image_lacks_ray:
        known_as = f"{image.title}, engine {facts.engine.version}"
        yield Complaint(
            ("engine", "image"),
            f"found {facts.image.ref} ({known_as}) without Ray, wanted one with it: the executor is ray",
            also=((("engine", "executor"), "Ray is asked for here"),) if facts.says("engine", "executor") else (),
        )


RULE = Rule(
    name="image-without-ray",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the image holds no Ray, and Ray is to carry the ranks",
    why="vLLM's own wheels and images stopped depending on Ray between 0.16.0 and 0.18.1. The container ends at once "
    "with `ray: command not found`, or vLLM says `Failed to import Ray`.",
    help="take an image that holds Ray (eugr/spark-vllm-docker builds), install it in a container.setup script, "
    "or leave engine.executor out: sparkc then takes vLLM's own multi-node mode",
    evidence=(
        Evidence(
            "https://github.com/vllm-project/vllm/issues/33445",
            "Ray left the requirements: the 0.16.0 wheel asks for ray[cgraph]>=2.48.0, the 0.18.1 wheel for none",
        ),
        Evidence(
            "NVIDIA/dgx-spark-playbooks nvidia/vllm/README.md",
            "the 26.05-py3 container needs ray[default]>=2.9 installed in the start command",
        ),
        Evidence(
            "eugr/spark-vllm-docker README.md",
            "changelog of 2026-07-01: vLLM's own multi-node mode is its default, Ray must be asked for",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.uses_ray,
    check=check,
    bad="engine: {image: {ref: 'vllm/vllm-openai:v0.18.1'}}",
    good="engine: {image: {ref: 'vllm/vllm-openai:v0.18.1'}, executor: mp}",
)
