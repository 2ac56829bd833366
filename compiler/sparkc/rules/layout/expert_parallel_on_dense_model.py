"""Expert parallelism for a model without experts."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.shapes import has_shape
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.shape is not None
    if facts.expert > 1 and facts.shape.experts == 0:
        yield Complaint(
            ("parallelism", "expert"), f"parallelism.expert is {facts.expert}, and the model has 0 experts; wanted 1"
        )


RULE = Rule(
    name="expert-parallel-on-dense-model",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="expert parallelism is on for a dense model",
    why="vLLM refuses while it builds its configuration: `Number of experts in the model must be greater than 0`.",
    help="remove parallelism.expert; a mixture of experts outside the catalog states model.shape.experts",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/model.py",
            "0.18.1: checks the number of experts when expert parallelism is on",
        ),
    ),
    bad="""
model:
  id: example/dense-model
  size: 100 GB
  shape: {layers: 80, hidden_size: 8192, attention_heads: 64, kv_heads: 8, head_dim: 128, vocab_size: 128256,
          intermediate_size: 28672, max_position_embeddings: 131072}
parallelism: {expert: 2}
""",
    good="""
model:
  id: example/dense-model
  size: 100 GB
  shape: {layers: 80, hidden_size: 8192, attention_heads: 64, kv_heads: 8, head_dim: 128, vocab_size: 128256,
          intermediate_size: 28672, max_position_embeddings: 131072}
parallelism: {expert: 1}
""",
    applies=has_shape,
    check=_check,
    allowable=False,
)
