"""Where `sparkc` begins: the two calls that must be instant, then everything else."""

# `--version` and an up-to-date `build --check` are typed and scripted all day long; they answer before anything
# that costs time is imported.
from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from sparkc import __version__

        sys.stdout.write(f"sparkc {__version__}\n")
        return
    if arguments[:1] == ["build"] and "--check" in arguments:
        from sparkc.cli.known_fine import answer_at_once

        if answer_at_once(arguments):
            return
    # A call lives for less than a second and frees nothing worth looking for; collecting costs a tenth of it.
    gc.disable()
    from sparkc.cli.app import run

    try:
        run()
    finally:
        # Python collects once more as it ends, whatever was disabled: 30 of 430 ms that a build took. What is frozen
        # is left to the kernel, which takes back the memory at once.
        gc.freeze()
