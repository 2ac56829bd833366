"""The beacon: how nodes see each other where the engine itself carries the ranks, without Ray.

vLLM's headless rank listens nowhere, and the head does not hear of its end: a MultiprocExecutor watches the workers of
its own node only (vllm 0.18.1 and 0.33.0, vllm/v1/executor/multiproc_executor.py, start_worker_monitor). A request
would then hang until VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS, and an idle server would call itself healthy. SGLang's other
nodes listen only once their ranks are ready (sglang 0.5.12, entrypoints/engine.py, launch_dummy_health_check_server).
The beacon holds a port open for as long as its container lives, and names its start to whoever connects: a rank that
was started anew by hand, or along with the container engine, is back before anybody misses it, and yet is none of the
old group. Every image of an engine has Python, and nothing else is needed.
"""

from __future__ import annotations

from sparkc.plan import Because, File, Process, Setting
from sparkc.resolve.draft import HostDraft, decided

PORT = 29502
"""Next to the rendezvous of the ranks, which is 29501."""

PROGRAM = '''\
"""Let the other nodes see that this one is here, and since which start: say a name to each caller at ADDRESS PORT."""

import contextlib
import os
import socket
import sys

address, port = sys.argv[1], int(sys.argv[2])
start = os.urandom(8).hex().encode() + b"\\n"
family = socket.AF_INET6 if ":" in address else socket.AF_INET
server = socket.create_server((address, port), family=family)
# The caller goes on once the port is open.
if os.fork():
    os._exit(0)
while True:
    # Whoever connects may be gone already.
    with contextlib.suppress(OSError):
        connection, _ = server.accept()
        with connection:
            connection.sendall(start)
'''

FILE = File("beacon.py", PROGRAM, decided("beacon", "brought to every node of the group"))


def beacon(host: HostDraft, port: int, seen: Because) -> Process:
    """Return the process; it starts when nothing on this node stands in the way of the engine."""
    address = host.fabric.address
    return Process(
        name="beacon",
        role="beacon",
        program=("python3", FILE.path),
        operands=(Setting("address", address, seen), Setting("port", str(port), seen)),
        arguments=(),
        environment=(),
        waits_for=(),
        foreground=False,
    )
