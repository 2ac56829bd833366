"""Write what evaluates the service: the documented calls of lm-eval and AISBench, with this launch's values."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.artifact import Artifact
from sparkc.plan import Container, Node, Plan
from sparkc_targets.templates import render


def evaluation_files(plan: Plan, node: Node) -> Iterator[Artifact]:
    """Yield evaluate.sh and AISBench's description of the service; paths are relative to the install folder."""
    engine = next(container for container in node.containers if container.name == plan.service.container)
    values = {
        "plan": plan,
        "node": node,
        "container": engine,
        "model": plan.service.model_names[0],
        "tokenizer": _weights(engine),
        "host": "127.0.0.1" if plan.service.host in ("0.0.0.0", "::", "") else plan.service.host,
    }
    yield Artifact("evaluate.sh", render("ascend/templates/evaluate.sh.j2", **values), executable=True)
    description = render(
        "ascend/templates/vllm_api_general_chat.py.j2",
        **values,
        longest_answer=plan.evaluation.longest_answer,
        batch_size=plan.layouts[-1].max_num_seqs or 1,
        number=_number,
    )
    yield Artifact("evaluation/vllm_api_general_chat.py", description)


def _weights(container: Container) -> str:
    """Return what the engine itself is given to find the model's files."""
    return str(container.processes[-1].operands[0].value)


def _number(text: str) -> int | float:
    """Return a sampling parameter as AISBench takes it."""
    return int(text) if text.isdecimal() else float(text)
