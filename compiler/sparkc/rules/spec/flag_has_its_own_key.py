"""A flag in `args` that the spec has a key for."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engine_arguments import spellings
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.keys_and_flags import key_of


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for name, value in (facts.spec.args or {}).items():
        flag, _negative = spellings(facts, name)
        found = key_of(facts, flag)
        key = found.key if found else None
        # The memory share has a rule of its own, which knows what else hangs on it.
        if key is None or key[:2] == ("serving", "memory") or value is None:
            continue
        if not facts.says(*key):
            where = ".".join(key)
            yield Complaint(("args", name), f"{flag} stands in args; wanted {where}", help=f"say it in {where}")


RULE = Rule(
    name="flag-has-its-own-key",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="args hold a flag that the spec has a key for",
    why="The flag reaches the engine, but the memory planner and the rules read the spec's own key and take it "
    "for unset: what they say is about another launch.",
    help="move it to the spec's own key",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/en/stable/cli/serve.html",
            "the flags that the keys of the spec stand for, under the same names",
        ),
    ),
    bad="""
serving: {max_num_seqs: null}
args: {max-num-seqs: 4}
""",
    good="serving: {max_num_seqs: 4}",
    base="single",
    check=_check,
)
