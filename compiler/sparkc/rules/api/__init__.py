"""What clients talk to: ports, keys, parsers."""
