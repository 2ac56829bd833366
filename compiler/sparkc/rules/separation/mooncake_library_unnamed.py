"""The loader is not told where Mooncake's libraries are."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import uses_mooncake
from sparkc.spec import Prepend

PATH = "LD_LIBRARY_PATH"
FOLDERS = (
    "/usr/local/Ascend/ascend-toolkit/latest/python/site-packages/mooncake",
    "/usr/local/lib64/python3.12/site-packages/mooncake",
)
"""Where the tutorial and the guide have them; a folder that an image lacks does no harm on this path."""


def _settle(_: Facts) -> Iterator[Proposal]:
    yield Proposal(("env", PATH, "prepend"), ":".join(FOLDERS), "the 2 folders where Mooncake's libraries may be")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, host in one_per_place(facts, "env", PATH):
        said = _text(host)
        if said is not None and "mooncake" not in said:
            yield Complaint(key, f"{PATH} is {said}; wanted the folder of Mooncake's libraries in it")


def _text(host: HostFacts) -> str | None:
    value = (host.spec.env or {}).get(PATH)
    return value.prepend if isinstance(value, Prepend) else value if isinstance(value, str) else None


RULE = Rule(
    name="mooncake-library-unnamed",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="LD_LIBRARY_PATH does not name the folder of Mooncake's libraries",
    why="Mooncake's Python module loads libraries that stand beside it, and the loader finds them through "
    "LD_LIBRARY_PATH. Without them the import fails, and vLLM-Ascend asks to install Mooncake although it is "
    "there: `Please install mooncake by following the instructions`.",
    help="leave LD_LIBRARY_PATH out, sparkc puts both documented folders before the image's own; or add the folder "
    "with {prepend: …}",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2: the folder below ascend-toolkit, before what is there",
        ),
        Evidence(
            "vllm-project/vllm-ascend docs/source/tutorials/features/pd_disaggregation_mooncake_multi_node.md",
            "0.21.0rc1: the folder below /usr/local/lib64/python3.12, to be adjusted to the Python at hand",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/distributed/kv_transfer/utils/mooncake_transfer_engine.py",
            "0.21.0rc1: what an import error of mooncake.engine is turned into",
        ),
    ),
    bad="env: {LD_LIBRARY_PATH: {prepend: /opt/site/lib}}",
    good="env: {LD_LIBRARY_PATH: {prepend: '/opt/site/lib:/usr/local/lib64/python3.12/site-packages/mooncake'}}",
    base="separated",
    applies=uses_mooncake,
    settle=_settle,
    check=_check,
)
