"""Switches of vLLM-Ascend that can be said in `--additional-config`, or with an older variable."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import KeyPath
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.engine_config import place, structure

FLAG = "--additional-config"

VARIABLES = {
    "enable_balance_scheduling": "VLLM_ASCEND_BALANCE_SCHEDULING",
    "enable_flashcomm1": "VLLM_ASCEND_ENABLE_FLASHCOMM1",
    "enable_fused_mc2": "VLLM_ASCEND_ENABLE_FUSED_MC2",
}
"""What is read where the key is missing (vllm-ascend 0.21.0rc1, vllm_ascend/ascend_config.py)."""


def switched_on(plan: Plan, facts: Facts, key: str) -> tuple[KeyPath, str] | None:
    """Return where a switch is turned on, and the name that stands there; None when it is off. The key wins."""
    config = structure(plan, FLAG)
    if key in config:
        return (place(plan, facts, FLAG), key) if config[key] else None
    name = VARIABLES[key]
    words = (word for word in variable_texts(facts, name) if word.text not in ("", "0"))
    return next(((word.key, name) for word in words), None)


def fused_mc2(plan: Plan, facts: Facts) -> Iterator[tuple[KeyPath, str, int]]:
    """Yield where fused MC2 is said, the name that stands there, and which of its kernels; the key wins."""
    within = structure(plan, FLAG).get("enable_fused_mc2")
    if isinstance(within, int):
        yield place(plan, facts, FLAG), "enable_fused_mc2", within
        return
    for word in variable_texts(facts, VARIABLES["enable_fused_mc2"]):
        if word.text is not None and word.text.lstrip("-").isdecimal():
            yield word.key, word.name, int(word.text)
