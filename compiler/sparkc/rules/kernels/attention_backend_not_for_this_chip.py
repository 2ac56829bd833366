"""An attention backend that was written for other chips."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.kernels.chip import is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--attention-backend"
# supports_compute_capability of each backend in vllm/v1/attention/backends/mla, the same in 0.18.1, 0.23.0 and 0.33.0.
FOR_OTHER_CHIPS = {
    "CUTLASS_MLA": "10.x",
    "FLASHINFER_MLA": "10.x",
    "FLASHINFER_MLA_SPARSE": "10.x",
    "FLASHINFER_MLA_SPARSE_SM90": "9.x",
    "FLASHMLA": "9.x and 10.x",
    "FLASHMLA_SPARSE": "9.x and 10.x",
    "FLASH_ATTN_MLA": "9.x",
    "FLASH_ATTN_MLA_SPARSE": "9.x",
    "TOKENSPEED_MLA": "10.x",
}


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    setting = engine_flags(plan).get(FLAG)
    if setting is None:
        return
    backend = str(setting.value).upper()
    if backend in FOR_OTHER_CHIPS:
        yield Complaint(
            place_of(facts, setting),
            f"found {FLAG} {setting.value}, which is for compute capability {FOR_OTHER_CHIPS[backend]}; wanted one for "
            "12.1, like TRITON_MLA",
        )


RULE = Rule(
    name="attention-backend-not-for-this-chip",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the attention backend has no kernels for compute capability 12.1",
    why="FlashMLA, CUTLASS MLA and their relatives use instructions of data center chips. vLLM refuses at its start: "
    "`Selected backend … is not valid for this configuration. Reason: ['compute capability not supported']`.",
    help="leave the backend to vLLM, or take TRITON_MLA; sparse attention needs FLASHINFER_MLA_SPARSE_SM120, which "
    "came with 0.24.0",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/attention/backends/mla",
            "supports_compute_capability in 0.18.1, 0.23.0, 0.24.0 and 0.33.0: 9.x or 10.x, never 12.x",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/45317",
            "GB10: FLASHMLA_SPARSE: compute capability not supported, and no backend was left",
        ),
    ),
    applies=is_sm121,
    check=_check,
    bad="args: {attention-backend: FLASHMLA}",
    good="args: {attention-backend: TRITON_MLA}",
    allowable=False,
)
