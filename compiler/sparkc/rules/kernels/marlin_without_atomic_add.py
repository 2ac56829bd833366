"""Marlin adds up partial results faster with atomic additions, and reads exactly the text 1."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.kernels.chip import is_four_bits, is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "VLLM_MARLIN_USE_ATOMIC_ADD"
ON = "1"
OFF = ("", "0", "false", "no", "off")


def settle(facts: Facts) -> Iterator[Proposal]:
    """Switch atomic additions on, where the version knows the variable and nobody chose another kernel."""
    names = facts.engine_names
    if facts.argument("moe-backend") not in (None, "auto", "marlin"):
        return
    if names is None or names.variable(VARIABLE) is not None:
        yield Proposal(("env", VARIABLE), ON, f"{facts.quant} on sm_121 runs on Marlin: 2 published launches set it")


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report who switches it off. A yes in other words is a matter of `switch-not-understood`."""
    for word in variable_texts(facts, VARIABLE):
        if word.text in OFF:
            yield Complaint(word.key, f"found {VARIABLE} {word.text}, wanted {ON}")


RULE = Rule(
    name="marlin-without-atomic-add",
    severity=Severity.NOTE,
    failure=Failure.SLOW,
    summary="Marlin's faster reduction is off",
    why="Four-bit weights run on Marlin on this chip. Its kernels split a sum over several blocks; with atomic "
    "additions these are joined without another pass. vLLM compares the variable with the text `1`, so `true` is a no.",
    help='set VLLM_MARLIN_USE_ATOMIC_ADD to "1", or leave it out and sparkc sets it',
    evidence=(
        Evidence("https://al-engr.com/minimax-m2.7-dual-spark.html", "set to 1 for MXFP4 (vLLM 0.18.1rc1)"),
        Evidence("https://al-engr.com/minimax-sglang-debug.html", "set to 1 for NVFP4, 28.8 to 36.6 tok/s"),
        Evidence("vllm-project/vllm vllm/envs.py", "0.11.0 to 0.33.0: on for exactly 1"),
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: not set, 16.1 to 17.5 tok/s",
            disagrees=True,
        ),
    ),
    applies=lambda facts: is_four_bits(facts) and is_sm121(facts),
    settle=settle,
    check=check,
    bad='env: {VLLM_MARLIN_USE_ATOMIC_ADD: "0"}',
    good='env: {VLLM_MARLIN_USE_ATOMIC_ADD: "1"}',
)
