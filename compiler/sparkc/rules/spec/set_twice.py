"""One flag said by a key of the spec and by `args`, with two values."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engine_arguments import spellings
from sparkc.resolve.engines.values import word
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.keys_and_flags import KeyOfFlag, key_of
from sparkc.source.document import plain


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for name, value in (facts.spec.args or {}).items():
        flag, _negative = spellings(facts, name)
        found = key_of(facts, flag)
        node = facts.document.get(found.key) if found else None
        if found is None or node is None or value is None:
            continue
        key, said = found.key, plain(node)
        if _words(said) != _words(_meant(found, value)):
            where = ".".join(key)
            yield Complaint(
                ("args", name),
                f"args.{name} is {_shown(value)}, and {where} is {_shown(said)}; args would win",
                help=f"say it once, in {where}",
                also=((key, "said here too"),),
            )


def _meant(found: KeyOfFlag, value: object) -> object:
    """Return what a flag says about its key: a flag that says no, given as true, means false."""
    return not value if found.says_no and isinstance(value, bool) else value


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(word(item) for item in value)
    # parallelism.expert is a size in the spec and a switch on the command line.
    return (word(value),)


def _shown(value: object) -> str:
    return " ".join(_words(value))


RULE = Rule(
    name="set-twice",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="a key of the spec and args say different things",
    why="On a command line the last word wins, here that of args. The planner and the rules read the spec's own "
    "key: they would judge a launch that does not run.",
    help="say it once, in the spec's own key",
    evidence=(
        Evidence(
            "https://docs.python.org/3/library/argparse.html", "an option that is given twice keeps its last value"
        ),
    ),
    bad="""
serving: {max_model_len: 65536}
args: {max-model-len: 32768}
""",
    good="""
serving: {max_model_len: 65536}
args: {max-model-len: 65536}
""",
    base="single",
    check=_check,
)
