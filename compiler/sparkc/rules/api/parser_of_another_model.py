"""A parser that exists, and was made for another model."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.api.parsers import parser_asked_for
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_the_models_parsers(facts: Facts) -> bool:
    return facts.known_model is not None and facts.known_model[0].parsers_for(facts.engine.name or "") is not None


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.known_model is not None
    model = facts.known_model[0]
    parsers = model.parsers_for(facts.engine.name or "")
    assert parsers is not None
    for kind, fitting in (("tool", (parsers.tool,) if parsers.tool else ()), ("reasoning", parsers.reasoning)):
        parser = parser_asked_for(plan, facts, kind)
        # An unknown name is another rule's business.
        is_known = (
            parser is not None and facts.engine_names is not None and parser.name in facts.engine_names.parsers(kind)
        )
        if parser is not None and is_known and fitting and parser.name not in fitting:
            yield Complaint(
                parser.key, f"the {kind} parser is {parser.name}; wanted {' or '.join(fitting)} for {model.title}"
            )


RULE = Rule(
    name="parser-of-another-model",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="the parser was made for another model",
    why="Each model wraps tool calls and reasoning in tokens of its own. With a foreign parser the server runs, "
    "and clients get the raw tokens as text, or no tool call at all.",
    help="take the parser of the model's own documentation",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "names the parsers of MiniMax M2 and what happens without them",
        ),
        Evidence("https://docs.vllm.ai/en/stable/features/tool_calling.html", "lists a parser per model family"),
    ),
    bad="serving: {tool_call_parser: hermes}",
    good="serving: {tool_call_parser: minimax_m2}",
    applies=_knows_the_models_parsers,
    check=_check,
)
