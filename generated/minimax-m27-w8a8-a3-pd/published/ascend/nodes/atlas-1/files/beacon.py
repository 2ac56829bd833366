"""Let the other nodes of this group see that this one is here: take connections at ADDRESS PORT, and close them."""

import os
import socket
import sys

address, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
server = socket.create_server((address, port), family=family)
# The caller goes on once the port is open.
if os.fork():
    os._exit(0)
while True:
    connection, _ = server.accept()
    connection.close()
