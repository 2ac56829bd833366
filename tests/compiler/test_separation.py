"""Specs with prefill and decode apart that cannot work: what is said, where it points, and the way out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from compiling import REPOSITORY, compiled_text

from sparkc.driver import Compilation, Launch
from sparkc.findings import Finding, Severity
from sparkc.plan import Plan
from sparkc.report import Format, render

EXAMPLE = (REPOSITORY / "compiler/sparkc/rules/examples/separated.yaml").read_text(
    encoding="utf-8"
) + "\ntargets: [compose]\n"
SNAPSHOTS = Path(__file__).parent / "snapshots" / "separation"

Edit = tuple[str, str]

PREFILL = "  prefill:\n    hosts: [atlas-1]\n    serving: {host: 10.0.0.1, port: 7000}\n"
DECODE = "  decode:\n    hosts: [atlas-2]\n    serving: {host: 10.0.0.2, port: 7100}\n"
PROXY = "  proxy: {host: atlas-1, port: 8009}\n"
TRANSFER = "kv_transfer: {connector: MooncakeConnectorV1}\n"
SECOND = "    - {name: atlas-2, ssh: 192.168.1.12, address: 10.0.0.2}\n"
THIRD = f"{SECOND}    - {{name: atlas-3, ssh: 192.168.1.13, address: 10.0.0.3}}\n"
TOP = "apiVersion: sparkc/v1\n"


def on_prefill(text: str) -> Edit:
    """Return the edit that says one thing more on the prefill side."""
    return (PREFILL, f"{PREFILL}    {text}\n")


def on_decode(text: str) -> Edit:
    return (DECODE, f"{DECODE}    {text}\n")


def on_two_machines(host: str, parallelism: str) -> tuple[Edit, ...]:
    """Return the edits that spread the decode side over two machines."""
    words = f"  decode:\n    hosts: [atlas-2, atlas-3]\n    serving: {{host: {host}, port: 7100}}\n"
    return ((SECOND, THIRD), (DECODE, f"{words}    parallelism: {{{parallelism}}}\n"))


def at_top(text: str) -> Edit:
    return (TOP, f"{TOP}{text}\n")


def transfer(text: str) -> Edit:
    return (TRANSFER, f"kv_transfer: {{connector: MooncakeConnectorV1, {text}}}\n")


NO_SEPARATION: dict[str, tuple[tuple[Edit, ...], set[str]]] = {
    "decode-missing": (((DECODE, ""),), {"separation-incomplete"}),
    "decode-without-hosts": (((DECODE, "  decode: {serving: {port: 7100}}\n"),), {"separation-incomplete"}),
    "prefill-missing": (((PREFILL, ""),), {"separation-incomplete"}),
    "proxy-missing": (((PROXY, ""),), {"separation-incomplete"}),
    "proxy-without-host": (((PROXY, "  proxy: {port: 8009}\n"),), {"separation-incomplete"}),
    "connector-missing": (((TRANSFER, "kv_transfer: {ports: {prefill: 61000}}\n"),), {"separation-incomplete"}),
    "transfer-alone": ((("roles:\n", ""), (PREFILL, ""), (DECODE, ""), (PROXY, "")), {"separation-incomplete"}),
    "host-misspelt": (((DECODE, DECODE.replace("[atlas-2]", "[atals-2]")),), {"host-unknown", "host-in-no-role"}),
    "host-far-off": (((PREFILL, PREFILL.replace("[atlas-1]", "[x]")),), {"host-unknown", "host-in-no-role"}),
    "host-in-two-roles": (((DECODE, DECODE.replace("[atlas-2]", "[atlas-2, atlas-1]")),), {"host-in-two-roles"}),
    "host-in-no-role": (((SECOND, THIRD),), {"host-in-no-role"}),
    "proxy-host-misspelt": (((PROXY, "  proxy: {host: atlas1, port: 8009}\n"),), {"host-unknown"}),
    "another-engine": ((("name: vllm-ascend", "name: vllm"),), {"separation-of-another-engine"}),
}
"""What stands in the way of cutting the spec into its sides."""

REFUSED: dict[str, tuple[tuple[Edit, ...], set[str]]] = {
    "fewer-prefill-ranks": (
        (on_prefill("parallelism: {tensor: 4, data: 4}"),),
        {"prefill-ranks-no-multiple-of-decode"},
    ),
    "more-decode-ranks": (
        (on_decode("parallelism: {tensor: 16, data: 1, data_mode: internal}"),),
        {"prefill-ranks-no-multiple-of-decode"},
    ),
    "another-model-for-prefill": (
        (on_prefill("model: {revision: 0f1e2d3c4b5a69788796a5b4c3d2e1f001122334}"),),
        {"sides-serve-different-models"},
    ),
    "another-model-on-each-side": (
        (
            on_prefill("model: {revision: 0f1e2d3c4b5a69788796a5b4c3d2e1f001122334}"),
            on_decode("model: {revision: 112233445566778899aabbccddeeff0011223344}"),
        ),
        {"sides-serve-different-models"},
    ),
    "ports-beyond-last": (
        (transfer("ports: {prefill: 65530}"),),
        {"kv-ports-beyond-last"},
    ),
    "decode-in-stages": (
        (on_decode("parallelism: {data: 1, expert: 8, pipeline: 2}"),),
        {"decode-in-stages", "done-without-a-word"},
    ),
    "servers-on-loopback": (
        (
            (PREFILL, PREFILL.replace("10.0.0.1", "127.0.0.1")),
            (DECODE, DECODE.replace("10.0.0.2", "localhost")),
        ),
        {"servers-out-of-reach-of-proxy"},
    ),
    "one-address-for-two-machines": (
        on_two_machines("10.0.0.2", "data: 4, expert: 32"),
        {"servers-out-of-reach-of-proxy"},
    ),
    "key-of-one-side": (
        ((DECODE, DECODE.replace("port: 7100", "port: 7100, api_key: {secret: decode_key}")),),
        {"sides-ask-for-different-keys", "proxy-asks-for-no-key"},
    ),
    "ray-beside-servers": (
        (("  name: vllm-ascend\n", "  name: vllm-ascend\n  executor: ray\n"),),
        {"key-without-a-word"},
    ),
    "meeting-port-without-servers": (
        (("data_mode: external}", "data_rpc_port: 12321}"),),
        {"key-without-a-word"},
    ),
    "uneven-ranks": ((on_prefill("parallelism: {data: 3, tensor: 8, expert: 24}"),), {"ranks-exceed-accelerators"}),
    "ranks-without-machine": (
        on_two_machines("0.0.0.0", "data: 3, expert: 24"),
        {"external-ranks-split-unevenly", "accelerators-left-idle", "endpoint-open-to-the-world"},
    ),
    "server-larger-than-machine": (
        (on_prefill("parallelism: {tensor: 8, pipeline: 4}"),),
        {"server-larger-than-its-machine"},
    ),
    "roles-said-by-hand": (
        (at_top("args: {kv-transfer-config: {kv_role: kv_producer, engine_id: '7'}}"),),
        {"kv-transfer-config-by-hand"},
    ),
}
"""What rules refuse of a spec that could be cut, beside what their own examples show."""

WARNED: dict[str, tuple[tuple[Edit, ...], set[str]]] = {
    "both-sides-on-the-tutorials-port": (
        (transfer("ports: {prefill: 35880, decode: 35880}"),),
        {"kv-port-in-reserved-range", "kv-port-in-ephemeral-range", "kv-ports-overlap"},
    ),
    "drafts-in-args": (
        (at_top("args: {speculative-config: {method: ngram, num_speculative_tokens: 4}}"),),
        {"prefill-drafts-several-tokens"},
    ),
    "two-seeds": ((at_top("env: {PYTHONHASHSEED: 1}"), on_decode("env: {PYTHONHASHSEED: 2}")), {"hash-seed-differs"}),
    "no-seed": ((at_top("env: {PYTHONHASHSEED: null}"),), {"hash-seed-differs"}),
    "seed-of-one-machine": (
        (("address: 10.0.0.1}", "address: 10.0.0.1, env: {PYTHONHASHSEED: 5}}"),),
        {"hash-seed-differs"},
    ),
    "library-path-replaced": ((at_top("env: {LD_LIBRARY_PATH: /opt/lib}"),), {"mooncake-library-unnamed"}),
    "key-asked-by-servers-alone": (
        (("serving:\n", "serving:\n  api_key: {secret: lab_key}\n"),),
        {"proxy-asks-for-no-key"},
    ),
    "open-servers": (
        (
            (PREFILL, PREFILL.replace("10.0.0.1", "0.0.0.0")),
            (DECODE, DECODE.replace("host: 10.0.0.2, ", "")),
        ),
        {"endpoint-open-to-the-world"},
    ),
    "misspelt-keys": (
        (transfer("extra: {ascend_local_com_res_path: /etc/ub, tls_config: {}}"),),
        {"kv-transfer-key-unknown"},
    ),
    "leftover-and-sizes": (
        (transfer("extra: {use_ascend_direct: true, decode: {tp_size: 4}}"),),
        {"kv-transfer-key-nobody-reads", "kv-transfer-sizes-by-hand"},
    ),
}
"""What rules say and let pass."""

ALL = {**NO_SEPARATION, **REFUSED, **WARNED}


def written(edits: tuple[Edit, ...], folder: Path) -> Compilation:
    text = EXAMPLE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return compiled_text(text, folder)


def rules_in(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.rule for finding in findings}


def test_example_is_quiet(tmp_path: Path) -> None:
    assert written((), tmp_path).findings == ()


@pytest.mark.parametrize("name", ALL)
def test_it_is_told_with_place_and_way_out_and_nothing_else_is(name: str, tmp_path: Path, snapshot) -> None:
    edits, expected = ALL[name]

    compilation = written(edits, tmp_path)

    assert rules_in(compilation.findings) == expected
    assert all(finding.span and finding.help for finding in compilation.findings)
    snapshot.snapshot_dir = SNAPSHOTS
    snapshot.assert_match(render(compilation.findings, compilation.texts, Format.TEXT), f"{name}.txt")


@pytest.mark.parametrize("name", {**NO_SEPARATION, **REFUSED})
def test_nothing_is_written(name: str, tmp_path: Path) -> None:
    compilation = written(ALL[name][0], tmp_path)

    assert compilation.tree is None
    assert any(finding.severity is Severity.ERROR for finding in compilation.findings)


@pytest.mark.parametrize("name", NO_SEPARATION)
def test_no_plan_is_made_of_a_spec_that_cannot_be_cut(name: str, tmp_path: Path) -> None:
    (launch,) = written(NO_SEPARATION[name][0], tmp_path).launches

    assert launch.plan is None


@pytest.mark.parametrize("name", WARNED)
def test_a_warning_lets_the_launch_pass(name: str, tmp_path: Path) -> None:
    assert written(WARNED[name][0], tmp_path).tree is not None


@pytest.mark.parametrize("name", ["ports-beyond-last", "both-sides-on-the-tutorials-port"])
def test_way_out_of_ports_leaves_nothing_to_say(name: str, tmp_path: Path) -> None:
    ports = dict(
        re.findall(
            r"set kv_transfer\.ports\.(\w+) to (\d+)",
            " ".join(f.help or "" for f in written(ALL[name][0], tmp_path).findings),
        )
    )

    said = ", ".join(f"{side}: {port}" for side, port in ports.items())
    assert said
    assert written((transfer(f"ports: {{{said}}}"),), tmp_path).findings == ()


# --- variants --------------------------------------------------------------------------------------------------------

VARIANTS = """
variants:
  broken: {roles: {decode: null}}
  open: {roles: {proxy: {address: 0.0.0.0}}}
  sound: {serving: {max_num_seqs: 8}}
"""


def test_a_broken_variant_is_refused_and_hides_nothing_of_the_others(tmp_path: Path) -> None:
    compilation = compiled_text(EXAMPLE + VARIANTS, tmp_path)
    by_variant = {launch.variant: launch for launch in compilation.launches}

    assert {(finding.variant, finding.rule) for finding in compilation.findings} == {
        ("broken", "separation-incomplete"),
        ("open", "proxy-asks-for-no-key"),
    }
    assert {variant for variant, launch in by_variant.items() if launch.plan is None} == {"broken"}
    assert compilation.tree is None


# --- what is proposed ------------------------------------------------------------------------------------------------


def plan_of(launch: Launch) -> Plan:
    assert launch.plan is not None
    return launch.plan


def engines(plan: Plan) -> dict[str, dict[str, str]]:
    """Return what the containers of each side's servers put before the environment, and into it."""
    return {
        container.name: {setting.key: str(setting.value) for setting in (*container.prepended, *container.environment)}
        for node in plan.nodes
        for container in node.containers
        if container.role != "proxy"
    }


def test_seed_and_libraries_are_proposed_to_the_servers_of_both_sides(tmp_path: Path) -> None:
    environments = engines(plan_of(written((), tmp_path).launches[0]))

    assert {name.rpartition("separated-")[2] for name in environments} == {
        "prefill-dp0",
        "prefill-dp1",
        "decode-dp0",
        "decode-dp1",
    }
    assert {environment["PYTHONHASHSEED"] for environment in environments.values()} == {"0"}
    (path,) = {environment["LD_LIBRARY_PATH"] for environment in environments.values()}
    assert path == (
        "/usr/local/Ascend/ascend-toolkit/latest/python/site-packages/mooncake:"
        "/usr/local/lib64/python3.12/site-packages/mooncake"
    )


def test_author_wins_over_the_proposal(tmp_path: Path) -> None:
    edits = (at_top("env: {PYTHONHASHSEED: 42, LD_LIBRARY_PATH: {prepend: /opt/mooncake}}"),)

    environments = engines(plan_of(written(edits, tmp_path).launches[0]))

    assert {(env["PYTHONHASHSEED"], env["LD_LIBRARY_PATH"]) for env in environments.values()} == {
        ("42", "/opt/mooncake")
    }


def test_no_library_is_proposed_to_another_connector(tmp_path: Path) -> None:
    edits = ((TRANSFER, "kv_transfer: {connector: AscendStoreConnector, ports: {prefill: 30000}}\n"),)

    compilation = written(edits, tmp_path)

    assert compilation.findings == ()
    assert not any("LD_LIBRARY_PATH" in env for env in engines(plan_of(compilation.launches[0])).values())


def test_troubles_of_the_hand_over_are_known_where_there_is_one(tmp_path: Path) -> None:
    alone = (REPOSITORY / "compiler/sparkc/rules/examples/atlas.yaml").read_text(encoding="utf-8")
    symptoms = [
        {trouble.symptom for trouble in plan_of(compilation.launches[0]).troubles}
        for compilation in (written((), tmp_path), compiled_text(alone, tmp_path))
    ]

    assert "zmq.error.ZMQError: Address already in use" in symptoms[0] - symptoms[1]
    assert "RuntimeError: Mooncake transfer failed, ret: …" in symptoms[0] - symptoms[1]


# --- sizes and words that are fine, or are not, elsewhere ------------------------------------------------------------

DEEPSEEK: Edit = ("id: Eco-Tech/MiniMax-M2.7-w8a8-QuaRot", "id: deepseek-ai/DeepSeek-V3.2")


@pytest.mark.parametrize(
    ("prefill", "decode", "model", "refused"),
    [
        pytest.param(16, 8, (), False, id="a multiple"),
        pytest.param(8, 8, (), False, id="as many"),
        pytest.param(4, 8, (), True, id="fewer"),
        pytest.param(12, 8, (), True, id="no multiple"),
        pytest.param(12, 8, (DEEPSEEK,), False, id="latent attention has no heads to divide"),
        pytest.param(4, 8, (DEEPSEEK,), True, id="fewer is refused with latent attention, too"),
    ],
)
def test_ranks_of_prefill_follow_those_of_decode(
    prefill: int, decode: int, model: tuple[Edit, ...], refused: bool, tmp_path: Path
) -> None:
    sizes = (
        on_prefill(f"parallelism: {{tensor: {prefill}, data: 1}}"),
        on_decode(f"parallelism: {{tensor: {decode}, data: 1}}"),
    )

    found = [
        finding
        for finding in written((*sizes, *model), tmp_path).findings
        if finding.rule == "prefill-ranks-no-multiple-of-decode"
    ]

    assert bool(found) is refused
    assert {finding.key for finding in found} <= {("roles", "decode", "parallelism", "tensor")}


@pytest.mark.parametrize(
    ("connector", "refused"), [("MooncakeConnectorV1", True), ("MooncakeLayerwiseConnector", False)]
)
def test_stages_of_decode_are_refused_by_the_connectors_that_say_so(
    connector: str, refused: bool, tmp_path: Path
) -> None:
    edits = (
        (TRANSFER, f"kv_transfer: {{connector: {connector}}}\n"),
        on_decode("parallelism: {data: 1, expert: 8, pipeline: 2}"),
    )

    assert ("decode-in-stages" in rules_in(written(edits, tmp_path).findings)) is refused


@pytest.mark.parametrize(
    ("says", "key"),
    [
        ("data_mode: external", ("parallelism", "data_mode")),
        ("data_rpc_port: 13000", ("parallelism", "data_rpc_port")),
    ],
)
def test_sglang_has_no_servers_of_single_ranks(says: str, key: tuple[str, str], tmp_path: Path) -> None:
    text = (REPOSITORY / "compiler/sparkc/rules/examples/sglang-pair.yaml").read_text(encoding="utf-8")
    assert text.count("parallelism: {tensor: 2") == 1

    compilation = compiled_text(text.replace("parallelism: {tensor: 2", f"parallelism: {{{says}, tensor: 2"), tmp_path)

    assert {(finding.rule, finding.key) for finding in compilation.findings if finding.severity is Severity.ERROR} == {
        ("key-without-a-word", key)
    }


def test_another_release_is_not_told_which_keys_it_reads(tmp_path: Path) -> None:
    edits = (("version: 0.21.0rc1", "version: 0.23.0"), transfer("extra: {save_decode_cache: true}"))

    assert "kv-transfer-key-unknown" not in rules_in(written(edits, tmp_path).findings)
    assert "kv-transfer-key-unknown" in rules_in(written(edits[1:], tmp_path).findings)


def test_a_key_is_left_over_only_where_it_is_read_no_more(tmp_path: Path) -> None:
    edits = (("version: 0.21.0rc1", "version: 0.11.0"), transfer("extra: {use_ascend_direct: true}"))

    assert "kv-transfer-key-nobody-reads" not in rules_in(written(edits, tmp_path).findings)
    assert "kv-transfer-key-nobody-reads" in rules_in(written(edits[1:], tmp_path).findings)


def test_a_hybrid_model_drafts_as_much_on_both_sides(tmp_path: Path) -> None:
    drafts = at_top("args: {speculative-config: {method: ngram, num_speculative_tokens: 3}}")
    hybrid = ("id: Eco-Tech/MiniMax-M2.7-w8a8-QuaRot", "id: Qwen/Qwen3.5-397B-A17B")

    assert "prefill-drafts-several-tokens" not in rules_in(written((drafts, hybrid), tmp_path).findings)
    assert "prefill-drafts-several-tokens" in rules_in(written((drafts,), tmp_path).findings)
