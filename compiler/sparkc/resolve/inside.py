"""Decide what is tried in the serving container, to see that it has what the launch relies on."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.plan import Container, InsideCheck
from sparkc.resolve.draft import Draft, looked_up

LOADER_VARIABLE = "LD_PRELOAD"


def inside_checks(draft: Draft, container: Container) -> Iterator[InsideCheck]:
    """Yield the checks of the machine's accelerators, and one for each library that is loaded before all others."""
    hardware = draft.facts.hardware
    for look in hardware.looks if hardware else ():
        yield InsideCheck(
            look.name,
            look.argv,
            look.proves,
            "compare the devices and driver files of the container with those of the node: ./launch.sh preflight",
            looked_up("hardware", look.proves, look.evidence.link),
        )
    for setting in (*container.prepended, *container.environment):
        if setting.key != LOADER_VARIABLE:
            continue
        for path in str(setting.value).replace(":", " ").split():
            # The loader only complains about a library that is missing, and goes on without it (ld.so(8)).
            yield InsideCheck(
                "library",
                ("test", "-e", path),
                f"{path} is in the image",
                f"install it in the image, or correct env.{LOADER_VARIABLE}: its folder names the CPU "
                "(aarch64-linux-gnu, x86_64-linux-gnu)",
                setting.because,
            )
