"""The memory planner: know before the launch whether it fits, and show the arithmetic."""

from sparkc.resolve.memory.planner import plan_memory
from sparkc.resolve.memory.request import Alternative, Measurement, MemoryRequest, NodeRequest

__all__ = ["Alternative", "Measurement", "MemoryRequest", "NodeRequest", "plan_memory"]
