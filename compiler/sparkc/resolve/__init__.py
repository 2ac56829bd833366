"""From a typed spec to a Plan: passes in a fixed order, each deciding one thing."""

from __future__ import annotations

from collections.abc import Callable

from sparkc.plan import Plan
from sparkc.resolve.assemble import assemble
from sparkc.resolve.containers import decide_containers
from sparkc.resolve.draft import Draft
from sparkc.resolve.engine_arguments import decide_engine_arguments
from sparkc.resolve.executor import decide_processes
from sparkc.resolve.facts import Facts
from sparkc.resolve.hosts import draft_of
from sparkc.resolve.needs import decide_needs
from sparkc.resolve.node_memory import decide_memory
from sparkc.resolve.ports import decide_ports
from sparkc.resolve.proposals import Settled
from sparkc.resolve.proxy import decide_proxy
from sparkc.resolve.servers import decide_servers
from sparkc.resolve.service import decide_service
from sparkc.resolve.steps import decide_steps
from sparkc.resolve.variables import decide_variables

Pass = Callable[[Draft], Draft]

# The order matters: memory decides what start conditions ask for, variables go into processes, processes into
# containers, of which each data parallel rank may get one, and the service names the head's container.
PASSES: tuple[Pass, ...] = (
    decide_engine_arguments,
    decide_memory,
    decide_variables,
    decide_processes,
    decide_containers,
    decide_servers,
    decide_proxy,
    decide_steps,
    decide_ports,
    decide_service,
    decide_needs,
)


def resolve(facts: Facts, settled: Settled) -> Plan:
    """Return the finished plan. Facts already hold the proposals; `settled` says why each was made."""
    draft = draft_of(facts, settled)
    for decide in PASSES:
        draft = decide(draft)
    return assemble(draft)
