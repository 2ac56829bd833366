"""Which key of the spec says which flag of the engine."""

from __future__ import annotations

from sparkc.resolve.engine_arguments import PLAIN_FLAGS, SWITCHES

KEY_OF_FLAG: dict[str, tuple[str, ...]] = {
    **{flag: key for key, flag in PLAIN_FLAGS},
    **{flag: key for key, flag, _ in SWITCHES},
    "--tensor-parallel-size": ("parallelism", "tensor"),
    "--pipeline-parallel-size": ("parallelism", "pipeline"),
    "--data-parallel-size": ("parallelism", "data"),
    "--enable-expert-parallel": ("parallelism", "expert"),
    "--distributed-executor-backend": ("engine", "executor"),
    "--tool-call-parser": ("serving", "tool_call_parser"),
    "--revision": ("model", "revision"),
}

DERIVED_FLAGS = ("--nnodes", "--node-rank", "--master-addr", "--master-port", "--headless")
"""Flags of vLLM's own multi-node mode: they differ per node, and sparkc makes them from nodes.hosts."""

DERIVED_RAY_FLAGS = ("--head", "--address", "--node-ip-address", "--block")
"""Flags of `ray start` that differ per node."""
