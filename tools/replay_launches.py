"""Ask the planner about every measured launch, and hold its answers against what happened.

`page()` is docs/memory-planner.md. A row is used for the checks that its column `checks` names; `why_not` says what it
cannot be used for, and why.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import yaml
from fit_overhead import BAND, LAUNCHES, NAMES, REPOSITORY, boots, fitted, leave_one_model_out, quantile

from sparkc.catalog.models import Shape, find_family, shape_from
from sparkc.plan import MemoryCheck
from sparkc.resolve.memory import MemoryRequest, NodeRequest, plan_memory
from sparkc.resolve.memory.fraction import share_of
from sparkc.resolve.memory.host import IDLE
from sparkc.resolve.memory.kv_cache import CacheLayout, layout_of
from sparkc.resolve.memory.overhead import fit_on_gb10

GIB = 2**30
SPARK_GIB = 121.69
SHAPES = REPOSITORY / "tests" / "memory" / "cases.yaml"

CHECKS = {
    "capacity": "tokens and concurrency from the engine's own available cache",
    "tokens-by-group": "tokens as releases before 0.21 print them: blocks / groups × block",
    "need": "what one request needs",
    "longest": "the longest request that a refusal names",
    "block": "the block that a state stretches",
    "free": "the check at start, from total, fraction and what was free",
    "balance": "SGLang's check that nodes are alike",
    "sglang-pool": "SGLang's pool from what is free before and after loading",
    "predict": "the whole prediction of the cache on GB10",
    "predict-discrete": "the overhead on an accelerator with memory of its own",
    "runs": "a launch that worked is not refused",
    "refused": "a launch that failed is refused, or warned about inside the band",
}

WITHIN = {"capacity": 0.003, "tokens-by-group": 0.003, "need": 0.0045, "longest": 0.0007}
"""Relative error that is allowed where a log's own rounding does not account for more."""


def rows() -> tuple[dict[str, str], ...]:
    """Return the measured launches."""
    with LAUNCHES.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def rows_for(check: str) -> Iterator[dict[str, str]]:
    """Yield the rows that a check can use."""
    for row in rows():
        if any(word.partition(":")[0] == check for word in row["checks"].split()):
            yield row


# --- a row as a question ---------------------------------------------------------------------------------------------


def shape_of(row: dict[str, str]) -> Shape | None:
    """Return the shape of a row's model: the catalog's, else one carried beside the rows."""
    model = find_family(row["family"])
    if model is not None:
        return model.shape
    carried = yaml.safe_load(SHAPES.read_text(encoding="utf-8"))["shapes"]
    return shape_from(carried[row["family"]]) if row["family"] in carried else None


def request_of(row: dict[str, str]) -> MemoryRequest:
    """Return a row as the planner would have been asked before the launch; what the row does not give is unknown."""
    tensor = int(row["tensor"] or 1)
    return MemoryRequest(
        nodes=_nodes(row),
        shape=shape_of(row),
        weight_bytes=_weight_bytes(row, tensor),
        quant=row["quant"].lower(),
        engine=_engine(row["engine"]),
        engine_version=row["version"] or None,
        executor="ray" if row["id"] in _OVER_RAY else "mp",
        tensor=tensor,
        fraction=_float(row["fraction"]),
        kv_cache_dtype=row["kv_cache_dtype"] or "auto",
        max_model_len=_int(row["max_model_len"]),
        max_num_batched_tokens=_int(row["max_num_batched_tokens"]),
        speculative=_draft(row["draft"]),
        speculative_tokens=_int(row["draft_tokens"]) or 0,
        # A log's loaded weights hold the draft's; a row without them does not give the draft's size.
        draft_weight_bytes=0 if row["weights_gib"] else None,
        context_ranks=_int(row["context_ranks"]) or 1,
        prefix_caching=_CACHES_PREFIXES.get(row["id"]),
        async_scheduling=False if row["id"] in _ONE_STEP else None,
        ray_threshold=_OVER_RAY.get(row["id"], 0.95),
    )


# Launches over Ray and the share at which its monitor killed; None where it was off.
_OVER_RAY: dict[str, float | None] = {"1": 0.97, "9": None, "11": 0.95, "13": None}

_CACHES_PREFIXES = {"19": False, "21": False, "41": True, "101": True}
"""Launches that said whether prefixes are cached; the others took the default of their version."""

_ONE_STEP = ("43",)
"""Its version is not given: it is one that had no two steps under way (before 0.26)."""

_SERVICES_GIB = {"7": 8.0}
"""What other services kept on each node: speech services with 16 GB over both (al-engr.com)."""


def _nodes(row: dict[str, str]) -> tuple[NodeRequest, ...]:
    total = round((_float(row["total_gib"]) or SPARK_GIB) * GIB)
    reserved = round(_SERVICES_GIB.get(row["id"], 0.0) * GIB)
    node = NodeRequest("node", total, unified=row["hardware"] == "gb10", reserved=reserved, object_store=2 * GIB)
    return tuple(replace(node, name=f"node-{index + 1}") for index in range(int(row["nodes"] or 1)))


def _weight_bytes(row: dict[str, str], tensor: int) -> int | None:
    if row["weights_gib"]:
        return round(float(row["weights_gib"]) * GIB) * tensor
    return round(float(row["disk_gb"]) * 10**9) if row["disk_gb"] else None


def _engine(word: str) -> Literal["vllm", "sglang", "vllm-ascend"]:
    return "sglang" if word == "sglang" else "vllm"


def _draft(word: str) -> Literal["none", "mtp", "draft"]:
    return "mtp" if word == "mtp" else "draft" if word == "draft" else "none"


def _int(text: str) -> int | None:
    return int(text) if text else None


def _float(text: str) -> float | None:
    return float(text) if text else None


# --- answers against what happened -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """One number of a log and the planner's own."""

    id: str
    what: str
    logged: float
    computed: float
    rounding: float

    @property
    def error(self) -> float:
        """Return the relative error."""
        return (self.computed - self.logged) / abs(self.logged)

    @property
    def allowed(self) -> float:
        """Return by how much the computed number may be off, in its own unit."""
        return self.rounding + WITHIN[self.what.partition(",")[0]] * abs(self.logged)

    @property
    def holds(self) -> bool:
        """Tell whether the planner's number is the log's."""
        return abs(self.computed - self.logged) <= self.allowed


def exact() -> Iterator[Compared]:
    """Yield everything that can be computed exactly from what a row gives."""
    for row in rows_for("capacity"):
        yield from _capacity(row)
    for row in rows_for("tokens-by-group"):
        layout = _layout(row)
        groups = layout.full_groups + layout.sliding_groups + layout.state_groups
        block = min(layout.block_tokens, layout.sliding_block)
        tokens = round(float(row["kv_gib"]) * GIB) // layout.bytes_per_block // groups * block
        yield Compared(row["id"], "tokens-by-group", float(row["kv_tokens"]), tokens, block)
    for row in rows_for("need"):
        need = _layout(row).need(int(row["max_model_len"])).point / GIB
        yield Compared(row["id"], "need", float(row["need_gib"]), need, 0.005)
    for row in rows_for("longest"):
        longest = _layout(row).longest_in(round(float(row["kv_gib"]) * GIB), int(row["max_model_len"]))
        yield Compared(row["id"], "longest", float(row["longest"]), longest, 16)


def _capacity(row: dict[str, str]) -> Iterator[Compared]:
    layout, cache, context = _layout(row), round(float(row["kv_gib"]) * GIB), _int(row["max_model_len"])
    # The log rounds the cache to a hundredth of a GiB, which is much of a small one.
    rounding = 0.005 / float(row["kv_gib"])
    # The rank with the smallest cache decides, and the log shows the first one's.
    spread = 0.012 if int(row["tensor"] or 1) > 1 else 0.0
    if row["kv_tokens"] and "tokens-by-group" not in row["checks"]:
        tokens = float(row["kv_tokens"])
        computed = layout.tokens_in(cache, context or layout.block_tokens)
        yield Compared(row["id"], "capacity, tokens", tokens, computed, (rounding + spread) * tokens)
    if row["concurrency"] and context:
        logged = float(row["concurrency"])
        computed_share = float(layout.concurrency(cache, context))
        yield Compared(row["id"], "capacity, concurrency", logged, computed_share, 0.005 + (rounding + spread) * logged)


def _layout(row: dict[str, str]) -> CacheLayout:
    layout = layout_of(request_of(row))
    assert isinstance(layout, CacheLayout), (row["id"], layout)
    return layout


def block_of(row: dict[str, str]) -> int:
    """Return the block in tokens that a state stretches."""
    return _layout(row).block_tokens


@dataclass(frozen=True)
class Start:
    """The check at start of one row, in GiB."""

    id: str
    asked: float
    free: float
    worked: bool

    @property
    def passes(self) -> bool:
        """Tell what the check says."""
        return self.free >= self.asked


def starts() -> Iterator[Start]:
    """Yield the check at start with what was free in the log."""
    for row in rows_for("free"):
        total = round(float(row["total_gib"]) * GIB)
        asked = share_of(total, float(row["fraction"])) / GIB
        yield Start(row["id"], asked, float(row["free_gib"]), row["outcome"] == "ok")


@dataclass(frozen=True)
class Judged:
    """What the planner says about a launch that worked or failed."""

    id: str
    model: str
    checks: tuple[MemoryCheck, ...]
    expected: str

    @property
    def verdict(self) -> str:
        """Return the verdict of the check that is expected to object, else the worst of all."""
        if self.expected:
            return next(check.verdict for check in self.checks if check.name == self.expected)
        order = ("no", "tight", "unknown", "yes")
        return min((check.verdict for check in self.checks), key=order.index)


def working() -> Iterator[Judged]:
    """Yield the planner's answers about launches that worked."""
    for row in rows_for("runs"):
        yield Judged(row["id"], row["model"], plan_memory(request_of(row))[0].checks, "")


def failing() -> Iterator[Judged]:
    """Yield the planner's answers about launches that failed for want of memory."""
    for row in rows_for("refused"):
        expected = next(word for word in row["checks"].split() if word.startswith("refused:")).partition(":")[2]
        yield Judged(row["id"], row["model"], plan_memory(request_of(row))[0].checks, expected)
    for row in rows_for("balance"):
        yield Judged(row["id"], row["model"], plan_memory(_unbalanced(row))[0].checks, "free-at-start")


def _unbalanced(row: dict[str, str]) -> MemoryRequest:
    """Return two nodes, one with as much free as the row says, the other with the 101.33 GiB that it compares with."""
    request = request_of(row)
    head, other = request.nodes
    return replace(
        request,
        nodes=(
            replace(head, reserved=head.total - IDLE.point - round(101.33 * GIB)),
            replace(other, reserved=other.total - IDLE.point - round(float(row["free_gib"]) * GIB)),
        ),
    )


@dataclass(frozen=True)
class Pool:
    """SGLang's pool of one row in GiB: logged, and free after loading minus the part that it leaves free."""

    id: str
    logged: float
    computed: float


def sglang_pools() -> Iterator[Pool]:
    """Yield SGLang's pools."""
    for row in rows_for("sglang-pool"):
        before, after = float(row["free_gib"]), float(row["after_gib"])
        yield Pool(row["id"], float(row["kv_gib"]), after - before * (1 - float(row["fraction"])))


# --- the page --------------------------------------------------------------------------------------------------------


def page() -> str:
    """Return docs/memory-planner.md."""
    parts = (_intro(), _exact_part(), _start_part(), _prediction_part(), _verdict_part(), _classes_part())
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _intro() -> Iterator[str]:
    yield "# How far the memory planner can be trusted"
    yield ""
    yield (
        f"Made by `tools/write_docs.py` from {len(rows())} measured launches (`tests/memory/measured_launches.csv`). "
        "Amounts in GiB (2^30 bytes) on one rank."
    )


def _exact_part() -> Iterator[str]:
    compared = tuple(exact())
    yield "## What is computed exactly"
    yield ""
    yield "| row | what | logged | computed | error |"
    yield "|---:|---|---:|---:|---:|"
    for one in compared:
        yield f"| {one.id} | {one.what} | {one.logged:,.2f} | {one.computed:,.2f} | {one.error:+.2%} |"
    for row in rows_for("block"):
        yield f"| {row['id']} | block, tokens | {int(row['block']):,} | {block_of(row):,} | exact |"
    for pool in sglang_pools():
        yield f"| {pool.id} | SGLang's pool | {pool.logged:.2f} | {pool.computed:.2f} | {_signed(pool)} GiB |"
    errors = [abs(one.error) for one in compared]
    yield ""
    yield f"{len(compared)} numbers: median error {quantile(errors, 0.5):.2%}, largest {max(errors):.2%}."


def _signed(pool: Pool) -> str:
    return f"{pool.computed - pool.logged:+.2f}"


def _start_part() -> Iterator[str]:
    checked = tuple(starts())
    right = sum(start.passes == start.worked for start in checked)
    yield "## The check at start"
    yield ""
    yield (
        f"total × fraction against what was free: {right} of {len(checked)} launches are judged as the engine did "
        f"({sum(not start.worked for start in checked)} refusals). The log holds both numbers, so this confirms the "
        "formula and predicts nothing."
    )


def _prediction_part() -> Iterator[str]:
    left = leave_one_model_out(boots())
    errors = [abs(one.error) for one in left]
    fit = fit_on_gb10()
    names = ", ".join(f"{name} {value:.2f}" for name, value in zip(NAMES, fitted(boots()), strict=True))
    yield "## The prediction of the KV cache on GB10"
    yield ""
    yield (
        "budget − loaded weights − graphs − overhead, where overhead = base + per_2048 × batched tokens / 2048 + mtp "
        f"or draft. Fitted by `tools/fit_overhead.py`: {names}. Every model is left out in turn and predicted from the "
        "others:"
    )
    yield ""
    yield "| row | model | cache, logged | cache, predicted | error |"
    yield "|---:|---|---:|---:|---:|"
    for one in left:
        kv = one.boot.kv + one.error
        yield f"| {one.boot.id} | {one.boot.model} | {one.boot.kv:.2f} | {kv:.2f} | {one.error:+.2f} |"
    yield ""
    yield (
        f"{len(left)} boots of {fit.models} models: median error {quantile(errors, 0.5):.2f}, three quarters within "
        f"{quantile(errors, 0.75):.2f}, worst {max(errors):.2f} GiB. The planner's band is ±{fit.band:.2f} GiB, {BAND} "
        "times the root mean square of these errors: so few boots have not shown the worst one yet. The coefficients "
        "are good to about half their size."
    )


def _verdict_part() -> Iterator[str]:
    ran, failed = tuple(working()), tuple(failing())
    yield "## Launches that worked, and launches that did not"
    yield ""
    yield (
        f"Of {len(ran)} launches that worked, {_count(ran, 'no')} are refused, {_count(ran, 'tight')} get a warning, "
        f"{_count(ran, 'unknown')} cannot be judged in every part. Of {len(failed)} that failed for want of memory "
        f"(beside the check at start above), {_count(failed, 'no')} are refused and {_count(failed, 'tight')} get a "
        "warning."
    )
    yield ""
    yield "| row | model | what failed | verdict |"
    yield "|---:|---|---|---|"
    for judged in failed:
        yield f"| {judged.id} | {judged.model} | {judged.expected} | {judged.verdict} |"


def _count(judged: Iterable[Judged], verdict: str) -> int:
    return sum(one.verdict == verdict for one in judged)


def _classes_part() -> Iterator[str]:
    yield "## What each row is used for"
    yield ""
    yield from (f"- `{name}`: {meaning}" for name, meaning in CHECKS.items())
    yield ""
    yield "| row | source | outcome | used for | not used for, because |"
    yield "|---:|---|---|---|---|"
    for row in rows():
        used = ", ".join(row["checks"].split()) or "nothing"
        yield f"| {row['id']} | {row['source']} | {row['outcome']} | {used} | {row['why_not']} |"
