"""Compiled launches against the published ones: equal, or different for a rule that is named here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import pytest
from compiling import SPECS, compiled, tools
from publication import SCENARIOS, Compared, Publication

from sparkc.plan import Because, Plan

SNAPSHOTS = Path(__file__).parent / "snapshots" / "published"
PUBLICATIONS = [Publication(path.stem) for path in sorted(SCENARIOS.glob("*.yaml"))]


@dataclass(frozen=True)
class Difference:
    """Where sparkc says something in another way than the publication, and why.

    `by` is a rule, or `pass NAME`: the pass of the compiler, or the catalog, that decides it in every plan.
    """

    role: str
    key: str
    now: str
    by: str


CACHE = "the same cache of the node, mounted at /cache"
DETACHED = "every target detaches it"
NAME = "named after the spec, so that two launches on one node do not collide"
UNREACHED = "variable-reaches-no-process"
UNREAD = "left out: no program of the launch reads it"
START_SCRIPT = "the start script runs `ray start` itself, with the address in it"

# fmt: off
ATLAS = (
    Difference("container", "-it", "nobody sits at it; the log is kept", "pass containers"),
    Difference("container", "bash", "the start script is run in place of a shell to type in", "pass containers"),
    Difference("container", "--name", NAME, "pass containers"),
    Difference("container", "-v /root/.cache:/root/.cache", "the weights and caches in it, each mounted by itself",
               "pass caches"),
    Difference("host_steps", "sysctl kernel.sched_migration_cost_ns=50000", "with -w, as the tuning guide has it",
               "pass hardware"),
)
SYSCTL = (
    Difference("host_steps", "sysctl kernel.sched_migration_cost_ns=50000", "with -w, as the tuning guide has it",
               "pass hardware"),
)
RANKS = ("prefill_rank_0", "prefill_rank_1", "decode_rank_0", "decode_rank_1")
ATLAS_A3 = (
    *ATLAS,
    Difference("container", "--rm", "the log of a crash is kept", "container-removed-after-crash"),
    Difference("container", "$IMAGE", "the tag that is built for this machine", "image-of-another-machine"),
    Difference("serve", "VLLM_ASCEND_BALANCE_SCHEDULING", "the key that takes its place", "variable-on-its-way-out"),
    Difference("serve", "--additional-config", "that key, and numbers where numbers are read",
               "number-given-as-switch"),
)

DIFFERENCES = {
    "llama33-70b-published": (
        Difference("container_worker", "OMPI_MCA_btl_tcp_if_include", "given to the driver alone: nothing reads it",
                   "variable-nobody-reads"),
    ),
    "minimax-m25-nvfp4-published": tuple(
        difference for role, ray, own in (
            ("container_head", "ray-head", ()),
            ("container_worker", "ray-worker", ("WORKER_IP",)),
        ) for difference in (
            Difference(role, "-d", DETACHED, "pass containers"),
            Difference(role, "--name", NAME, "pass containers"),
            Difference(role, "-v /home/ops/.cache/huggingface:/root/.cache/huggingface", CACHE, "pass caches"),
            Difference(role, ray, START_SCRIPT, "pass executor"),
            *(Difference(role, f"-e {name}", START_SCRIPT, UNREACHED) for name in ("HEAD_IP", *own)),
        )
    ),
    "minimax-m27-awq-published": (
        *(difference for role in ("head", "worker") for difference in (
            Difference(role, "MN_IF_NAME", "left out: only scripts around an image read it", UNREACHED),
            Difference(role, "VLLM_ATTENTION_BACKEND", "left out: no vLLM after 0.13.0 reads it",
                       "variable-not-in-this-version"),
            Difference(role, "restart", "with a limit: each reload takes up to 25 minutes", "pass containers"),
            Difference(role, "shm_size", "left out: with ipc host Docker ignores it and Podman refuses it",
                       "shm-size-with-host-ipc"),
            Difference(role, "healthcheck", "the same question with the time of a first start; a worker has none: "
                       "it watches the head", "pass service"),
        )),
        *(Difference("worker", name, UNREAD, "variable-nobody-reads") for name in (
            "OMPI_MCA_btl_tcp_if_include", "RAY_num_prestart_python_workers", "RAY_object_store_memory",
        )),
        Difference("worker", "SAFETENSORS_FAST_GPU", "given to the driver alone: nothing reads it",
                   "variable-nobody-reads"),
        Difference("head", "cap_add SYS_PTRACE", "part of privileged", "container-privileged"),
        Difference("head", "volumes ~/.cache/huggingface:/root/.cache/huggingface", CACHE, "pass caches"),
        Difference("head", "volumes ~/.cache/vllm:/root/.cache/vllm", CACHE, "pass caches"),
    ),
    "minimax-m27-mxfp4-published": (
        Difference("serve", "RAY_memory_usage_threshold", "moved to `ray start`, which reads it",
                   "variable-given-to-wrong-process"),
        Difference("ray_head", "RAY_DEDUP_LOGS", "given to the driver alone, which prints the workers' logs",
                   "variable-given-to-wrong-process"),
    ),
    "minimax-m27-nvfp4-throughput": (),
    "minimax-m3-nvfp4-ring": (
        Difference("ray_head", "--dashboard-host", "on loopback: who reaches Ray's dashboard can run code, and nothing "
                   "of this launch needs it", "pass executor"),
    ),
    "minimax-m3-nvfp4-ethernet": (
        Difference("ray_head", "--dashboard-host", "on loopback, as over the ring", "pass executor"),
    ),
    "minimax-m3-nvfp4-eagle3": (
        Difference("serve_partial", "--speculative-config", "the same folder of the node, under its own path",
                   "pass containers"),
    ),
    "minimax-m27-nvfp4-sglang": (),
    "qwen36-27b-fp8-sglang": (),
    "qwen36-35b-nvfp4": (
        Difference("container", "-p", "host network, so nothing is published", "pass containers"),
        Difference("container", "-it", "nobody sits at it; the log is kept", "pass containers"),
        Difference("container", "-e HF_TOKEN", "a file on the node, read by the start script", "literal-secret"),
        Difference("container", "HF_TOKEN", "a file on the node, read by the start script", "literal-secret"),
        Difference("container", "-v /home/ops/.cache/huggingface:/root/.cache/huggingface", CACHE, "pass caches"),
        Difference("container", "vllm/vllm-openai:latest", "a release: `latest` is another image tomorrow",
                   "image-not-pinned"),
    ),
    "minimax-m27-w8a8-a3-short-context": ATLAS_A3,
    "minimax-m27-w8a8-a3-long-context": ATLAS_A3,
    "minimax-m27-w8a8-a3-low-latency": ATLAS_A3,
    "minimax-m27-w8a8-a3-pd-published": SYSCTL,
    "minimax-m27-w8a8-a3-pd-corrected": (
        *SYSCTL,
        *(Difference(role, "--kv-transfer-config", "KV ports outside both ranges, without a key that nothing reads",
                     "pass kv-transfer") for role in RANKS),
        *(Difference(role, "--speculative_config", "one draft token: prefill only computes prompts",
                     "prefill-drafts-several-tokens") for role in RANKS[:2]),
        *(Difference(role, "VLLM_ASCEND_ENABLE_FUSED_MC2", "for the decode side only", "fused-mc2-on-prefill-side")
          for role in RANKS[:2]),
    ),
    "minimax-m27-w8a8-a2": (
        *ATLAS,
        Difference("container", "-itd", "nobody sits at it; the log is kept", "pass containers"),
        Difference("container", "-u", "the image's own user, which is root", "pass containers"),
        Difference("container", "$IMAGE", "a tag where the tutorial has an unrendered placeholder",
                   "placeholder-left-in"),
        Difference("container", "-e PYTORCH_NPU_ALLOC_CONF", "what the tutorial's own shell sets a moment later wins",
                   "pass hardware"),
        Difference("container", "--shm-size", "the host's, as --ipc=host says", "shm-size-with-host-ipc"),
    ),
}
# fmt: on

each = pytest.mark.parametrize("publication", PUBLICATIONS, ids=lambda publication: publication.name)


def plan_of(publication: Publication) -> Plan:
    launches = compiled(SPECS / f"{publication.spec}.yaml").launches
    return next(launch.plan for launch in launches if launch.variant == publication.variant and launch.plan is not None)


def different(publication: Publication) -> list[Compared]:
    return [compared for compared in publication.compared(plan_of(publication)) if not compared.is_equal]


@each
def test_everything_published_arrives_or_differs_for_a_named_reason(publication: Publication) -> None:
    explained = {(difference.role, difference.key) for difference in DIFFERENCES[publication.name]}
    found = different(publication)
    assert [one for one in found if (one.role, one.key) not in explained] == []
    assert explained == {(one.role, one.key) for one in found}, "an explanation explains nothing"


@each
def test_every_named_reason_is_a_rule_or_a_pass_that_decided_something_here(publication: Publication) -> None:
    rules = {rule.name for rule in tools().rules}
    passes = {f"pass {because.layer}" for because in reasons(plan_of(publication))}
    for difference in DIFFERENCES[publication.name]:
        assert difference.by in rules | passes, difference


@each
def test_everything_extra_says_why_it_is_there(publication: Publication) -> None:
    for because in reasons(plan_of(publication).nodes):
        assert len(because.reason) > 10, because


@each
def test_no_error_stands_against_a_published_launch(publication: Publication) -> None:
    assert not compiled(SPECS / f"{publication.spec}.yaml").has_errors


@each
def test_the_comparison_reads_like_this(publication: Publication, snapshot) -> None:
    snapshot.snapshot_dir = SNAPSHOTS
    snapshot.assert_match(told(publication), f"{publication.name}.txt")


def reasons(value: object) -> Iterator[Because]:
    """Yield every reason in a plan."""
    if isinstance(value, Because):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from reasons(item)
    elif is_dataclass(value):
        for each_field in fields(value):
            yield from reasons(getattr(value, each_field.name))


def told(publication: Publication) -> str:
    """Return the comparison for people: counts, then every difference and every extra with its reason."""
    plan = plan_of(publication)
    compared = list(publication.compared(plan))
    extras = list(publication.extras(plan))
    justified = {(difference.role, difference.key): difference for difference in DIFFERENCES[publication.name]}
    differing = [one for one in compared if not one.is_equal]
    missing = [one for one in differing if (one.role, one.key) not in justified]
    counts = {
        "equal": len(compared) - len(differing),
        "justified": len(differing) - len(missing),
        "missing": len(missing),
        "extra": len(extras),
    }
    lines = [publication.told["source"], ", ".join(f"{count} {what}" for what, count in counts.items())]
    lines += ["", "justified"]
    for one in differing:
        if difference := justified.get((one.role, one.key)):
            lines += [f"  {one.role}: {one.key}: {difference.now} ({difference.by})"]
    lines += ["", "extra"]
    for extra in extras:
        word = extra.key if extra.value is None else f"{extra.key} {extra.value}"
        lines += [f"  {extra.role}: {word}: {extra.because.kind} {extra.because.layer}: {extra.because.reason}"]
    return "\n".join(lines) + "\n"
