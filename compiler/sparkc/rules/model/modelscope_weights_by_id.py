"""Weights come from ModelScope, and the engine is to find them by their id."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.model.path is None:
        yield Complaint(
            ("model", "path"), f"found no folder for {facts.model.id} from ModelScope, wanted one like /srv/models/…"
        )
    draft = facts.draft_model
    if draft is not None and draft.path is None:
        yield Complaint(
            ("serving", "speculative", "model", "path"),
            f"found no folder for the draft {draft.id} from ModelScope, wanted one like /srv/models/…",
        )


RULE = Rule(
    name="modelscope-weights-by-id",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="weights from ModelScope are asked for by id, and an id is looked up in Hugging Face's cache",
    why="The two hubs keep their files in different folders. vLLM asks ModelScope only under VLLM_USE_MODELSCOPE, and "
    "then fetches what it does not find. A folder of its own is found by every version, and can be compared between "
    "nodes before a start.",
    help="name the folder on the node in model.path; ./launch.sh prepare downloads into it",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/transformers_utils/repo_utils.py",
            "0.18.1: the hub is Hugging Face unless VLLM_USE_MODELSCOPE is true",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "3.1: weights from ModelScope in a shared folder; every launch of 5.1 names the folder",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "4.1, A2: sets VLLM_USE_MODELSCOPE=True for the container",
            disagrees=True,
        ),
    ),
    bad="model: {path: null}",
    good="model: {path: /srv/models/MiniMax-M2.7-w8a8-QuaRot}",
    base="atlas",
    applies=lambda facts: facts.model.hub == "modelscope",
    check=_check,
)
