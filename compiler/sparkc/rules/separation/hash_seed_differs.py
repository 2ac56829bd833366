"""Prefill and decode name their blocks by different seeds."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import text_on
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import is_apart

SEED, PROVEN = "PYTHONHASHSEED", "0"
RANDOM = (None, "random")
"""Each process makes a seed of its own."""


def _settle(_: Facts) -> Iterator[Proposal]:
    yield Proposal(("env", SEED), PROVEN, "both sides must make the same names for the same blocks")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    seeds = {text_on(host, SEED) for side in (facts, *facts.others) for host in side.hosts}
    for key, host in one_per_place(facts, "env", SEED):
        if text_on(host, SEED) in RANDOM:
            yield Complaint(key, f"{SEED} is {_shown(host)}; wanted one number on all machines of both sides")
        elif len(seeds - set(RANDOM)) > 1 and facts.says(*key):
            yield Complaint(
                key,
                f"{SEED} is {_shown(host)} on {host.name}, and the machines of both sides have "
                f"{', '.join(sorted(seed for seed in seeds if seed))}; wanted one number",
            )


def _shown(host: HostFacts) -> str:
    return text_on(host, SEED) or "not set"


RULE = Rule(
    name="hash-seed-differs",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="prefill and decode name the blocks of the KV cache by different seeds",
    why="vLLM names a block of the KV cache by a hash that starts from PYTHONHASHSEED, and from random bytes where it "
    "is not set. Machines with different seeds never find each other's blocks: a shared pool gives no hits, and what "
    "is computed already is computed again.",
    help="leave PYTHONHASHSEED out, sparkc sets 0; or set one number at the top of the spec",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2: PYTHONHASHSEED=0 on both sides",
        ),
        Evidence(
            "vllm-project/vllm-ascend docs/source/user_guide/feature_guide/kv_pool.md",
            "0.21.0rc1: must be the same on all nodes, so that hashes are",
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/core/kv_cache_utils.py",
            "0.18.1 and 0.22.0, init_none_hash: the first hash comes from PYTHONHASHSEED, without it from os.urandom",
        ),
    ),
    bad="roles: {decode: {env: {PYTHONHASHSEED: random}}}",
    good="roles: {decode: {env: {PYTHONHASHSEED: 0}}}",
    base="separated",
    applies=is_apart,
    settle=_settle,
    check=_check,
)
