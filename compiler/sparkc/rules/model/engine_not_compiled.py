"""An engine that the language knows, and for which sparkc writes no launch yet."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

COMPILED = ("vllm", "vllm-ascend")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.engine.name not in COMPILED:
        yield Complaint(
            ("engine", "name"),
            f"sparkc writes launches for {' and '.join(COMPILED)} today, not for {facts.engine.name}",
        )


RULE = Rule(
    name="engine-not-compiled",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="sparkc does not write launches for this engine yet",
    why="Every engine has a command line of its own. A launch with another engine's flags would end at once: "
    "SGLang, for one, knows neither --max-model-len nor `vllm serve`.",
    help="use vllm or vllm-ascend",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.12: the flags of SGLang, with names of their own",
        ),
    ),
    bad="engine: {name: sglang, version: unknown}",
    good="engine: {name: vllm, version: unknown}",
    base="single",
    check=_check,
    allowable=False,
)
