"""What stands in a node's memory beside the engine's budget."""

from __future__ import annotations

from sparkc.resolve.memory.amount import Band, gibibytes
from sparkc.resolve.memory.request import MemoryRequest, NodeRequest

SOURCE_OUTSIDE = (
    "Driver 3.5 + host processes 4 to 6 + kernel slab 2 to 2.5 GiB: ledgers of 9.6 to 11.25 GiB "
    "(NNNtrance/GLM-5.3-Flash-EXL3-TP3-3x-DGX-Spark docs/17-memory-ledger.md, jschmied/dgx-spark-setup-guide), rougher "
    "reports from 2 GiB, and 17.4 GiB on a head with 4.4 GB left at 0.82 (NVIDIA developer forum, topic 373387)"
)
SOURCE_OBJECT_STORE = "Ray 2.54.0, ray/_private/utils.py: 0.30 of memory, at most 200 GB, and 95 % of /dev/shm or 10 GB"

OUTSIDE = Band(gibibytes(2.0), gibibytes(10.6), gibibytes(17.4))
"""Used outside the engine's budget once it serves, on unified memory, without what the author reserved."""

IDLE = Band(gibibytes(3.1), gibibytes(4.84), gibibytes(20.6))
"""Used before the launch on unified memory: 116.79 of 121.63 GiB were available on a quiet headless node, whose driver
keeps 3.1 to 3.5 (NNNtrance/GLM-5.3-Flash-EXL3-TP3-3x-DGX-Spark, docs/17-memory-ledger.md). The high end is a node that
started at 101 GiB free."""

IDLE_DISCRETE = Band.exactly(gibibytes(0.41))
"""Used before the launch of 61.27 GiB on an NPU that showed 60.86 GiB free (vllm-project/vllm-ascend PR 8289)."""

_RAY_SHARE_PERCENT = 30
_RAY_LARGEST = 200 * 10**9
_RAY_LEAST_CAP = 10**10


def idle_on(node: NodeRequest) -> Band:
    """Return what is used on a node before the launch, in bytes, without what the author reserved."""
    return IDLE if node.unified else IDLE_DISCRETE


def object_store_on(request: MemoryRequest, node: NodeRequest) -> int:
    """Return how large Ray's object store may grow, in bytes; 0 without Ray.

    Ray's own default is 30 % of the memory that is free, at most 200 GB and at most 95 % of /dev/shm, or 10 GB where
    that is less. All of the memory is taken for free here. Source: Ray 2.54.0 and 2.60.0, ray/_private/utils.py,
    resolve_object_store_memory.
    """
    if request.executor != "ray" or not node.unified:
        return 0
    if node.object_store is not None:
        return node.object_store
    cap = _RAY_LARGEST
    if node.shared_memory is not None:
        cap = min(cap, max(_RAY_LEAST_CAP, node.shared_memory * 95 // 100))
    return min(node.total * _RAY_SHARE_PERCENT // 100, cap)
