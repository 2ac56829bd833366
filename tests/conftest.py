"""Put this folder on the import path: `plans`, `tools` and `calling` are shared by every test."""

import signal

# A run in the background of a script inherits an ignored SIGINT, and no program below it could be interrupted: tests
# of Ctrl-C would then test nothing. A handler of Python's own becomes the default again in every program it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
