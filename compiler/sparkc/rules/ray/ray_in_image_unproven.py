"""The executor is Ray, and nobody knows whether the image holds it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.images import Answer
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an image of which the catalog cannot tell, and one that a setup script is to complete."""
    image, version = facts.known_image, facts.engine.version
    answer = image.has_ray(version) if image else Answer.UNKNOWN
    if answer is Answer.UNKNOWN:
        yield Complaint(
            ("engine", "image"),
            f"found {facts.image.ref}, of which the catalog does not know whether it holds Ray; executor ray wants it",
        )
    elif answer is Answer.NO and facts.container.setup:
        yield Complaint(
            ("engine", "image"),
            f"found {facts.image.ref} without Ray; one of the {len(facts.container.setup)} scripts in container.setup "
            "must install it",
            also=((("container", "setup"), "these run before Ray starts"),),
        )


RULE = Rule(
    name="ray-in-image-unproven",
    severity=Severity.NOTE,
    failure=Failure.CRASH,
    summary="nobody knows whether the image holds Ray",
    why="Images differ in whether they carry Ray. Without it the container ends at once with `ray: command not found`.",
    help="look with `docker run --rm --entrypoint ray IMAGE --version`, then state engine.ray.version",
    evidence=(
        Evidence(
            "https://github.com/vllm-project/vllm/issues/33445", "vLLM images after 0.16.0 no longer bring Ray along"
        ),
        Evidence(
            "https://github.com/NVIDIA/dgx-spark-playbooks/issues/109", "a container in which `ray` was not found"
        ),
    ),
    applies=lambda facts: facts.uses_ray,
    check=check,
    bad="engine: {image: {ref: 'registry.lan/our-vllm:7'}}",
    good="engine: {image: {ref: 'eugr-vllm:7'}}",
)
