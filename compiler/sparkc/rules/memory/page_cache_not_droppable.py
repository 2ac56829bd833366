"""The page cache must be dropped before every start, and nobody there may do it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.steps import DROP_PAGE_CACHE
from sparkc.rules.rule import Complaint, Evidence, Rule

ABLE = ("root", "passwordless")


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes whose login user cannot become root without a password."""
    unable: dict[KeyPath, list[str]] = {}
    for node, host in zip(plan.nodes, facts.hosts, strict=True):
        if node.sudo not in ABLE and any(step.name == DROP_PAGE_CACHE for step in node.steps):
            own: KeyPath = ("nodes", "hosts", host.index, "login", "sudo")
            key: KeyPath = own if facts.says(*own) else ("nodes", "login", "sudo")
            unable.setdefault(key, []).append(f"{node.user}@{node.name} (sudo: {node.sudo})")
    for key, logins in unable.items():
        yield Complaint(
            key,
            f"found {', '.join(logins)}, wanted root or passwordless sudo: the step {DROP_PAGE_CACHE} runs before "
            "every start, also when nobody is there to type a password",
        )


RULE = Rule(
    name="page-cache-not-droppable",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the page cache cannot be dropped before a start, because that needs root",
    why="Weights of an earlier run stay in the page cache, in the very pool that the engine needs. The second start "
    "then ends with `Free memory on device cuda:0 (11.19/119.67 GiB) on startup is less than desired`.",
    help="log in as root, or let the user run this one command without a password and state login.sudo: passwordless",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 2: 8 to 11 GiB free before, about 114 GiB after, on both nodes before every start (vLLM 0.18.1rc1)",
        ),
        Evidence("https://github.com/vllm-project/vllm/issues/48140", "the same with vLLM 0.24.0"),
        Evidence(
            "vllm-project/vllm vllm/utils/mem_utils.py",
            "0.13.0 to 0.33.0 ask for MemAvailable on this chip, which counts clean page cache as free",
            disagrees=True,
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "wall 2: after crashes dropping the cache gave nothing back, only a reboot did; so a start measures again "
            "after the drop, and says `reboot` when it is still short",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.is_unified,
    check=check,
    bad="nodes: {login: {sudo: password}}",
    good="nodes: {login: {sudo: passwordless}}",
)
