"""A variable says something else than `interconnect` about the same port."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.rules.author_variables import variables
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_distributed(facts: Facts) -> bool:
    return facts.talks_to_peers


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables(facts):
        spoken = _in_the_spec(word.host).get(word.name)
        if word.text is None or spoken is None:
            continue
        key, value = spoken
        if word.text.lstrip("=") != value:
            place = facts.place(word.host, "interconnect", key)
            yield Complaint(
                word.key,
                f"{word.name} is {word.text}, interconnect.{key} is {value}; the variable wins",
                also=((place, "said differently here"),),
            )


def _in_the_spec(host: HostFacts) -> dict[str, tuple[str, str]]:
    """Return the variables that sparkc makes from `interconnect`, each with its key and value."""
    part = host.interconnect
    said: dict[str, tuple[str, str]] = {}
    if part.interface is not None:
        said |= dict.fromkeys(
            ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME"), ("interface", part.interface)
        )
    if part.hca:
        said["NCCL_IB_HCA"] = ("hca", ",".join(part.hca))
    if part.gid_index is not None:
        said["NCCL_IB_GID_INDEX"] = ("gid_index", str(part.gid_index))
    return said


RULE = Rule(
    name="variable-overrides-interconnect",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="a variable and a key of interconnect disagree",
    why="sparkc makes NCCL_SOCKET_IFNAME, GLOO_SOCKET_IFNAME, TP_SOCKET_IFNAME, NCCL_IB_HCA and "
    "NCCL_IB_GID_INDEX from interconnect. A variable of the author's wins for the process, while preflight, the "
    "start conditions and the runbook go on with interconnect. A bootstrap over another port than the rest is a "
    "good reason.",
    help="say it once: in interconnect, or only in env",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "a ring uses the management port for the bootstrap and others for data, so both can be meant",
        ),
        Evidence(
            "NVIDIA/dgx-spark-playbooks nvidia/vllm",
            "sets the socket variables of all libraries to one interface",
        ),
    ),
    bad="env: {GLOO_SOCKET_IFNAME: enp1s0f1np1}",
    good="env: {GLOO_SOCKET_IFNAME: enp1s0f0np0}",
    applies=_is_distributed,
    check=_check,
)
