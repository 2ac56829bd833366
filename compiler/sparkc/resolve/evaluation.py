"""Decide how long answers and conversations are when the model is evaluated."""

from __future__ import annotations

from sparkc.plan import Evaluation, Setting
from sparkc.resolve.draft import decided
from sparkc.resolve.facts import Facts

PROMPT, ANSWER = 2048, 128
"""The load of the published figures: tokens in, and out."""

LONGEST_ANSWER = 32768
"""Tokens; suits most data sets."""

ROOMY_CONTEXT = 35000
"""A context above this holds such an answer and its question."""

DEEP = 100_000
"""Tokens of conversation before a request."""

LOAD_LINK = "https://al-engr.com/minimax-m2.7-dual-spark.html"
ANSWER_LINK = "https://docs.vllm.ai/projects/ascend/en/latest/developer_guide/evaluation/using_ais_bench.html"


def decide_evaluation(facts: Facts) -> Evaluation:
    """Return what evaluations of the model are given; a context that nobody knows counts as a roomy one."""
    context = facts.serving.max_model_len or facts.longest_context
    prompt = _tokens("prompt", PROMPT, "the load of the published figures", LOAD_LINK)
    answer = _tokens("longest_answer", LONGEST_ANSWER, "suits most data sets", ANSWER_LINK)
    depth = _tokens("depth", DEEP, "ten such requests at once ended a launch on two Sparks", LOAD_LINK)
    if context is not None and context <= 4 * PROMPT:
        prompt = _part("prompt", 4, context)
    if context is not None and context <= ROOMY_CONTEXT:
        answer = _part("longest_answer", 2, context)
    if context is not None and context <= DEEP + PROMPT + ANSWER:
        depth = _part("depth", 2, context)
    return Evaluation(prompt=prompt, longest_answer=answer, depth=depth)


def _tokens(key: str, tokens: int, why: str, link: str) -> Setting:
    return Setting(key, str(tokens), decided("evaluation", why, link))


def _part(key: str, of: int, context: int) -> Setting:
    share = "half" if of == 2 else "a quarter"
    return Setting(key, str(context // of), decided("evaluation", f"{share} of a context of {context:,} tokens"))
