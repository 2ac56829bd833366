"""Ask one engine and the planner the same questions, and compare the answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from cases import GIB, LONGEST, SEED, SPARK, Case, question, sglang_cases, vllm_cases
from formula_figures import Figures, Row, digest, row
from planned import offers, planned

from sparkc.catalog.versions import is_within
from sparkc.resolve.memory import MemoryRequest, NodeRequest
from sparkc.resolve.memory.amount import NOTHING, Band
from sparkc.resolve.memory.fraction import default_fraction, share_of
from sparkc.resolve.memory.host import idle_on, object_store_on
from sparkc.resolve.memory.pool import pool_of
from sparkc.resolve.memory.predicates import free_at_start

HERE = Path(__file__).parent
Answers = dict[str, Any]  # Any: JSON

STATE_ROUNDING = 2.0
"""States by which SGLang's share for tokens differs from the planner's: rounding down, and the pool's padding slot."""


@dataclass(frozen=True)
class Asked:
    """What an engine is asked, and the planner's answers to the same."""

    questions: Answers
    planned: Answers

    @property
    def digest(self) -> str:
        """Return the digest of both, without the offers: those move with every measured boot."""
        caches = [{**each, "offers": None} for each in self.questions.get("caches", ())]
        return digest([{**self.questions, "caches": caches}, self.planned])


def ask(python: Path, folder: Path, engine: str, asked: Asked) -> Answers:
    """Return the answers of the release in a folder."""
    answers = folder.parent / f"{folder.name}.answers.json"
    done = subprocess.run(
        [str(python), str(HERE / "engines" / f"{engine}_formulas.py"), str(folder), str(answers)],
        input=json.dumps(asked.questions),
        text=True,
        capture_output=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "VLLM_LOGGING_LEVEL": "ERROR"},
        check=False,
    )
    if done.returncode:
        sys.exit(f"{folder.name} could not be asked:\n{done.stderr}")
    said: Answers = json.loads(answers.read_text("utf-8"))
    answers.unlink()
    return said


def compare(engine: str, version: str, asked: Asked, said: Answers) -> Figures:
    """Return the figures of one release."""
    rows = ROWS[engine](version, asked, said)
    return Figures(f"{engine}-{version}", asked.digest, tuple(found for found in rows if found is not None))


# --- vLLM ------------------------------------------------------------------------------------------------------------


def ask_vllm(version: str) -> Asked:
    """Return the questions for a release of vLLM."""
    draw = Random(SEED)
    cases = vllm_cases(version)
    own = [planned(case) for case in cases]
    totals = [draw.randint(8 * GIB, 300 * GIB) for _ in range(200)]
    fractions = [[total, draw.randint(10, 98) / 100] for total in totals]
    counts = [2, 100, 6821]
    return Asked(
        {
            "block_counts": counts,
            "fractions": fractions,
            "caches": [
                question(case, least=each.get("least", 1), fitted=each.get("longest", 0), offers=_offers(case, each))
                for case, each in zip(cases, own, strict=True)
            ],
        },
        {
            "default_fraction": default_fraction("vllm", version),
            "requested": [share_of(total, fraction) for total, fraction in fractions],
            "usable_blocks": [count - 1 for count in counts],
            "caches": own,
        },
    )


def _offers(case: Case, own: Answers) -> list[tuple[int, int]]:
    return [] if "refused" in own else offers(case)


def _vllm_rows(version: str, asked: Asked, said: Answers) -> Iterator[Row | None]:
    own = asked.planned
    yield row("default of gpu_memory_utilization", "", [(own["default_fraction"], said["default_fraction"])])
    yield row("memory that is requested", "bytes", zip(own["requested"], said["requested"], strict=True), 1)
    yield row(
        "blocks that a pool gives to requests",
        "blocks",
        zip(own["usable_blocks"], said["usable_blocks"].values(), strict=True),
    )
    pairs = list(zip(asked.questions["caches"], own["caches"], said["caches"], strict=True))
    yield row(
        "pages that cannot be made alike are refused",
        "answers",
        (("refused" in mine, "refused" in real) for _, mine, real in pairs if not depends_on_backend(real)),
    )
    pairs = [each for each in pairs if "refused" not in each[1] and "refused" not in each[2]]
    with_states = [each for each in pairs if each[0]["shape"]["state_layers"]]
    judged = [each for each in pairs if each[2]["groups"] == 1 or not is_within(version, "<0.19")]
    served = [each for each in pairs if each[2]["num_blocks"] is not None]
    logged = [each for each in served if each[1]["tokens"] is not None]
    for name, unit, key, those, allowed in (
        ("state of one request", "bytes", "state_bytes", with_states, 0),
        ("attention block that holds a state", "tokens", "block", with_states, 0),
        ("groups of layers", "groups", "groups", pairs, 0),
        ("bytes of a block in all its layers", "bytes", "bytes_per_block", pairs, 0),
        ("blocks of one request", "blocks", "blocks_of_one_request", pairs, 0),
        ("bytes that one request needs", "bytes", "need", judged, 0),
        ("longest request", "tokens", "longest", judged, 0),
        ("blocks of a cache", "blocks", "num_blocks", served, 0),
        ("requests at once", "requests", "concurrency", served, 1e-9),
        # The engine multiplies as floats before it rounds down.
        ("tokens of a cache", "tokens", "tokens", logged, 1),
    ):
        yield row(name, unit, ((mine[key], real[key]) for _, mine, real in those), allowed)
    yield row("the planned cache is taken", "answers", ((True, real["takes_planned"]) for _, _, real in pairs))
    fitted = [each for each in pairs if 0 < each[0]["fitted"] < LONGEST]
    yield row("the fitted context is taken", "answers", ((True, real["takes_fitted"]) for _, _, real in fitted))
    offered = [taken for _, _, real in pairs for taken in real["takes_offers"]]
    yield row("pins, fits and ways out are taken", "answers", ((True, taken) for taken in offered))
    if not is_within(version, "<0.29"):
        yield row("one byte less is refused", "answers", ((False, real["takes_less"]) for _, _, real in pairs))
        yield row("one token more is refused", "answers", ((False, real["takes_longer"]) for _, _, real in fitted))


def depends_on_backend(answer: Answers) -> bool:
    """Tell whether a release refuses pages that only some attention backends fill up; the planner takes such a one."""
    return "indexes_kv_by_block_stride" in str(answer.get("refused"))


# --- SGLang ----------------------------------------------------------------------------------------------------------


def ask_sglang(version: str) -> Asked:
    """Return the questions for a release of SGLang."""
    draw = Random(SEED)
    cases = sglang_cases(version)
    own = [planned(case) for case in cases]
    budgets, left = zip(*(_budget(draw, version, states) for states in (False, True) for _ in range(100)), strict=True)
    balances = [[draw.randint(80 * GIB, 110 * GIB), draw.randint(100 * GIB, 118 * GIB)] for _ in range(200)]
    return Asked(
        {
            "caches": [question(case, least=1, fitted=0, offers=[]) for case in cases],
            "budgets": budgets,
            "balances": balances,
        },
        {
            "pools": [{"cell": each["bytes_per_block"], "tokens": each["num_blocks"]} for each in own],
            "left": left,
            "balanced": [_is_balanced(least, most) for least, most in balances],
        },
    )


def _budget(draw: Random, version: str, has_states: bool) -> tuple[Answers, int]:
    """Return a question of what is left beside weights, and the planner's answer."""
    shapes = (case.request.shape for case in vllm_cases("0.33.0"))
    kind = "hybrid-gdn" if has_states else "uniform"
    shape = next(shape for shape in shapes if shape is not None and shape.attention == kind)
    fraction, weights = draw.randint(60, 90) / 100, draw.randint(5 * GIB, 50 * GIB)
    request = MemoryRequest(
        nodes=(SPARK,), shape=shape, weight_bytes=weights, quant="bf16", engine="sglang", engine_version=version,
        executor="mp", fraction=fraction,
    )  # fmt: skip
    pool = pool_of(request, SPARK)
    assert pool.kv is not None
    assert pool.weights is not None
    before = pool.free_before.point
    states = draw.randint(10**6, 10**8) if has_states else 0
    asked = {"before": before, "after": before - pool.weights.bytes.point, "fraction": fraction, "state_bytes": states}
    return asked, pool.kv.point


def _is_balanced(least: int, own: int) -> bool:
    """Return the planner's judgement of two nodes that have so much free before loading."""
    nodes = tuple(_node_with(free, name) for free, name in ((own, "own"), (least, "least")))
    request = MemoryRequest(
        nodes=nodes, shape=None, weight_bytes=None, quant="bf16", engine="sglang", engine_version=None, executor="mp",
        tensor=2,
    )  # fmt: skip
    return free_at_start(pool_of(request, nodes[0])).verdict == "yes"


def _node_with(free: int, name: str) -> NodeRequest:
    taken: Band = idle_on(SPARK) + NOTHING
    return NodeRequest(name, free + taken.point, unified=True)


def _sglang_rows(version: str, asked: Asked, said: Answers) -> Iterator[Row | None]:
    own = asked.planned
    pools = list(zip(own["pools"], said["pools"], strict=True))
    yield row("bytes of a token", "bytes", ((mine["cell"], real["cell"]) for mine, real in pools))
    yield row("tokens of a pool", "tokens", ((mine["tokens"], real["tokens"]) for mine, real in pools))
    left = list(zip(asked.questions["budgets"], own["left"], said["left"], strict=True))
    # The engine counts in GiB as floats.
    plain = ((mine, real) for asking, mine, real in left if not asking["state_bytes"])
    yield row("what the fraction leaves beside weights", "bytes", plain, 16)
    in_states = (
        (mine / asking["state_bytes"], real / asking["state_bytes"])
        for asking, mine, real in left
        if asking["state_bytes"]
    )
    yield row("what states leave of it", "states", in_states, STATE_ROUNDING)
    alike = zip(own["balanced"], said["balanced"], strict=True)
    yield row("the balance check", "answers", ((mine, real) for mine, real in alike if real is not None))


# --- Ray -------------------------------------------------------------------------------------------------------------


def ask_ray(version: str) -> Asked:
    """Return the questions for a release of Ray."""
    draw = Random(SEED)
    stores = [
        [draw.randint(8 * GIB, 1024 * GIB), draw.choice((64 * 2**20, draw.randint(GIB, 512 * GIB)))] for _ in range(300)
    ]
    return Asked({"stores": stores}, {"stores": [_object_store(*each) for each in stores]})


def _object_store(memory: int, shared: int) -> int:
    node = NodeRequest("node", memory, unified=True, shared_memory=shared)
    request = MemoryRequest(
        nodes=(node,), shape=None, weight_bytes=None, quant="bf16", engine="vllm", engine_version=None, executor="ray"
    )
    return object_store_on(request, node)


def _ray_rows(version: str, asked: Asked, said: Answers) -> Iterator[Row | None]:
    # The engine multiplies as floats, which are whole numbers up to 2^53 only.
    yield row("default of the object store", "bytes", zip(asked.planned["stores"], said["stores"], strict=True), 1)


ASK: dict[str, Callable[[str], Asked]] = {"vllm": ask_vllm, "sglang": ask_sglang, "ray": ask_ray}
ROWS: dict[str, Callable[[str, Asked, Answers], Iterator[Row | None]]] = {
    "vllm": _vllm_rows,
    "sglang": _sglang_rows,
    "ray": _ray_rows,
}
