"""Replayed graphs with collectives in them deadlock between nodes on older NCCL."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import may_be_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule

KEY = ("serving", "cuda_graphs")
REPAIRED = "2.30.4"
WITHOUT_GRAPHS = ("off", "none")


def settle(facts: Facts) -> Iterator[Proposal]:
    """Switch graphs off; an author who configures the compiler keeps it, without graphs."""
    if facts.graph_mode is None:
        mode = "none" if facts.argument("compilation-config") else "off"
        yield Proposal(
            KEY, mode, f"tensor parallel over {len(facts.hosts)} nodes: replayed graphs deadlock before NCCL {REPAIRED}"
        )


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report graphs that the author asks for, or leaves to the engine."""
    mode = facts.graph_mode or "default"
    if mode in WITHOUT_GRAPHS:
        return
    found = "the engine's default, which captures graphs," if mode == "default" else f"graph mode {mode}"
    nccl = f"NCCL {facts.engine.nccl}" if facts.engine.nccl else "an unstated NCCL"
    config = engine_flags(plan).get("--compilation-config")
    yield Complaint(
        place_of(facts, config) if config is not None and not facts.says(*KEY) else KEY,
        f"found {found} with {nccl}, wanted off or none below NCCL {REPAIRED}: tensor parallel over {len(facts.hosts)} "
        "nodes deadlocks after 2 to 8 requests",
    )


def _crosses_nodes_on_old_nccl(facts: Facts) -> bool:
    return (
        facts.engine.name in ("vllm", "sglang")
        and facts.hardware is not None
        and facts.hardware.vendor == "nvidia"
        and facts.is_distributed
        and facts.tensor > facts.accelerators
        and may_be_within(facts.engine.nccl, f"<{REPAIRED}")
    )


RULE = Rule(
    name="cuda-graphs-across-nodes",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="CUDA graphs deadlock when tensor parallelism crosses nodes",
    why="A graph replays the collectives recorded in it, and ranks on two nodes do not always replay in step. After 2 "
    "to 8 requests the server hangs with a busy GPU and idle memory, until RayChannelTimeoutError; SGLang stood still "
    "while it captured. Eager mode is as fast there, because the network sets the pace.",
    help="leave serving.cuda_graphs out (sparkc sets off), or state engine.nccl when the image loads 2.30.4 or newer",
    evidence=(
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4, Why CUDA graphs don't help: full graphs crashed on the second request, "
            "piecewise after about 8; eager is stable and as fast",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/52504",
            "two Sparks: NCCL 2.28.9 deadlocks on replay, 2.30.4 does not",
        ),
        Evidence(
            "https://github.com/vroomfondel/dgxarley",
            "TESTLOGS: SGLang 0.5.12.post1 over four nodes captures and serves with NCCL 2.30.4",
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "wall 1: SGLang 0.5.12 on two Sparks, 0 of 36 sizes captured after 34 minutes; for vLLM, cudagraph_mode "
            "none: piecewise was 12 to 20 % slower",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "the published launch says nothing about graphs, so the engine's default ran for hours (vLLM 0.18.1rc1)",
            disagrees=True,
        ),
        Evidence(
            "https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3",
            "piecewise graphs over Ray on three Sparks with a newer NCCL",
            disagrees=True,
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/executor",
            "the Ray executor of 0.21.0 and newer has no compiled graph of its own, so its channel crashes end there",
            disagrees=True,
        ),
    ),
    applies=_crosses_nodes_on_old_nccl,
    settle=settle,
    check=check,
    bad="""
model: {id: olka-fi/MiniMax-M2.7-MXFP4}
quant: mxfp4
serving: {cuda_graphs: default}
""",
    good="""
model: {id: olka-fi/MiniMax-M2.7-MXFP4}
quant: mxfp4
serving: {cuda_graphs: off}
""",
)
