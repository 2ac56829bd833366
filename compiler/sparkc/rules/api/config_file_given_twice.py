"""Two configuration files for an engine that takes one."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines import words_of
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import named_in_args
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    file = words_of(facts).api_key.file
    name = named_in_args(facts, file[0]) if file else None
    if name is not None and facts.serving.api_key is not None:
        yield Complaint(
            ("args", name),
            f"found --{name} beside serving.api_key, wanted one of them: the key arrives in such a file, and there can "
            "be only one",
            also=((("serving", "api_key"), "the key is asked for here"),),
        )


RULE = Rule(
    name="config-file-given-twice",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the engine is given a second configuration file",
    why="SGLang reads its API key from a flag or from a configuration file, and a flag would show in `ps`; so the "
    "start script writes the file. With a second one SGLang ends: `Multiple config files specified! Only one "
    "allowed`.",
    help="say the file's flags in args",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args_config_parser.py",
            "0.5.12: raises when --config is given more than once",
        ),
    ),
    bad="""
serving: {api_key: {secret: api-key}}
args: {config: /srv/more.yaml}
""",
    good="serving: {api_key: {secret: api-key}}",
    base="sglang",
    check=_check,
    allowable=False,
)
