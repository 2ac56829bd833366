"""Let the other nodes see that this one is here, and since which start: say a name to each caller at ADDRESS PORT."""

import contextlib
import os
import socket
import sys

address, port = sys.argv[1], int(sys.argv[2])
start = os.urandom(8).hex().encode() + b"\n"
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
