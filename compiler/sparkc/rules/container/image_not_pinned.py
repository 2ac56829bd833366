"""A tag means another image tomorrow, and on the other node."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an image without digest and without id."""
    image = facts.image
    if image.digest or image.id or "@sha256:" in (image.ref or ""):
        return
    moves = " (latest moves with every build)" if _tag(image.ref or "") == "latest" else ""
    yield Complaint(
        ("engine", "image"),
        f"found {image.ref}{moves}, wanted a digest from a registry or the id of a local build beside it",
    )


def _tag(reference: str) -> str:
    return reference.rpartition("/")[2].partition(":")[2] or "latest"


RULE = Rule(
    name="image-not-pinned",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="the image may be another one on each node, and another one tomorrow",
    why="A tag is a name that moves. Nodes that pulled or built on different days run different engines and NCCL "
    "builds: ranks hang at the first collective, or the launch behaves differently after the next pull.",
    help="engine.image: {ref: …, digest: sha256:…} (`docker image inspect --format '{{.RepoDigests}}' IMAGE`), or "
    "{ref: …, id: sha256:…} (`docker image inspect --format '{{.Id}}' IMAGE`) for one that was built here",
    evidence=(
        Evidence(
            "mpfaffenberger/MiniMax-M3-NVFP4-DSpark-vLLM-4x-DGX-Spark README.md",
            "pins the digest; mixed NCCL builds on different ranks wedged",
        ),
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: the image must be pulled on every node by hand",
        ),
    ),
    check=check,
    bad="engine: {image: {id: null}}",
    good="engine: {image: {id: 'sha256:9f1c2b3a4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8'}}",
)
