"""What a person types, in the order in which it is needed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command line, and what it does in one line."""

    line: str
    says: str


@dataclass(frozen=True)
class Way:
    """How a deployment is run, in the folder of a target.

    Args:
        commands: first to last, from an empty node to a stopped deployment.
        again: the command that starts a deployment anew.
        live: the command that follows the logs.
        kept: where the logs of a start that failed are kept.
    """

    commands: tuple[Command, ...]
    again: str
    live: str
    kept: str


LAUNCH = Way(
    commands=(
        Command("./launch.sh prepare", "copies images, weights and install folders to the nodes, creates caches"),
        Command("./launch.sh preflight", "looks at every node and says all that would go wrong; changes nothing"),
        Command("./launch.sh up", "starts everything and waits until the model is served"),
        Command("./launch.sh status", "shows containers, memory, kernel messages and signs of a hang"),
        Command("./launch.sh logs -f", "follows the logs of all containers"),
        Command("./launch.sh verify", "asks the model, and looks for the log lines that prove the setup"),
        Command("./launch.sh bench", "measures, and prints the published figures beside it"),
        Command("./launch.sh down", "stops everything on all nodes"),
    ),
    again="./launch.sh up --restart",
    live="./launch.sh logs -f",
    kept="logs/",
)
"""The same for every target that has the control side."""

LAUNCHED = ("shell", "compose", "systemd", "quadlet", "ascend")
"""The targets that have it."""

OWN_WORDS: dict[str, tuple[Command, ...]] = {
    "compose": (
        Command("docker compose up --detach --wait", "starts what should run here; no host step is run before it"),
        Command("docker compose logs --follow", "follows the logs of this node"),
        Command("docker compose down", "stops this node"),
    ),
    "ascend": (
        Command("./evaluate.sh install-lm-eval", "installs lm-eval in the container"),
        Command("./evaluate.sh lm-eval gsm8k", "measures accuracy with lm-eval, as the tutorial does"),
        Command("./evaluate.sh ais-bench CHECKOUT", "measures accuracy with AISBench, from a checkout of it"),
        Command("./evaluate.sh ais-bench-speed CHECKOUT", "measures performance with AISBench"),
    ),
}
"""What the platform itself understands: typed on a node, in its install folder."""
