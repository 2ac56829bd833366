"""NCCL is to connect late, and what that needs is switched off."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import text_on, variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

LATE, CUMEM = "NCCL_RUNTIME_CONNECT", "NCCL_CUMEM_ENABLE"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, LATE):
        if word.text == "1" and text_on(word.host, CUMEM) == "0":
            yield Complaint(
                word.key,
                f"found {LATE} 1 with {CUMEM} 0, wanted {CUMEM} 1 beside it: NCCL then connects everything at once",
            )


RULE = Rule(
    name="runtime-connect-without-cumem",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="late connections are asked for, and have no effect",
    why="NCCL postpones connections until an algorithm is used only where it allocates through cuMem. Without, it "
    "says nothing and connects rings and trees at the start; on a ring without a switch it then asks for a node that "
    "no cable reaches.",
    help="set NCCL_CUMEM_ENABLE to 1 or leave it out, or remove NCCL_RUNTIME_CONNECT",
    evidence=(
        Evidence(
            "NVIDIA/nccl src/init.cc", "2.30: runtimeConn is set when cuMem is in use and NCCL_RUNTIME_CONNECT is not 0"
        ),
        Evidence(
            "christopherowen/dgx-spark-networking docs/nccl.md",
            "NCCL 2.30.7: runtime connect requires cuMem, so NCCL_CUMEM_ENABLE=1 on a ring of four",
        ),
    ),
    bad='env: {NCCL_RUNTIME_CONNECT: "1", NCCL_CUMEM_ENABLE: "0"}',
    good='env: {NCCL_RUNTIME_CONNECT: "1", NCCL_CUMEM_ENABLE: "1"}',
    applies=lambda facts: facts.is_distributed,
    check=_check,
)
