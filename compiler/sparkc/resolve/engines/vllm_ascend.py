"""vLLM-Ascend's words: vLLM's, of which it is a plug-in, and those for prefill and decode apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sparkc.plan import Setting
from sparkc.resolve.draft import Draft, decided
from sparkc.resolve.engines.values import as_json
from sparkc.resolve.engines.vllm import VLLM
from sparkc.resolve.engines.words import ProxyWords
from sparkc.resolve.facts import Facts
from sparkc.resolve.separation import SIDES, SideName

KV_ROLES: dict[SideName, str] = {"prefill": "kv_producer", "decode": "kv_consumer"}

EXTRA = "kv_connector_extra_config"


def _kv_transfer(draft: Draft) -> Iterator[Setting]:
    """Yield the connector's configuration.

    Source: vllm-ascend 0.21.0rc1, vllm_ascend/distributed/kv_transfer/kv_p2p/mooncake_connector.py. It reads both
    sizes from `kv_connector_extra_config` on both sides, and the two engine ids must differ.
    """
    facts = draft.facts
    if facts.side is None:
        return
    config: dict[str, Any] = {  # Any: JSON
        "kv_connector": facts.kv_transfer.connector,
        "kv_role": KV_ROLES[facts.side],
        "kv_port": facts.kv_port,
        "engine_id": str(SIDES.index(facts.side)),
        EXTRA: {**(facts.kv_transfer.extra or {}), **{side: _sizes(facts.of_side(side)) for side in SIDES}},
    }
    why = decided("kv-transfer", f"{facts.side}, with the sizes of both sides, from kv_transfer and roles")
    yield Setting("--kv-transfer-config", as_json(config), why, structured=True)


def _sizes(facts: Facts) -> dict[str, int]:
    sizes = {"dp_size": facts.data, "tp_size": facts.tensor}
    return sizes | ({"pp_size": facts.pipeline} if facts.pipeline > 1 else {})


PROXY_SCRIPT = "examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py"

VLLM_ASCEND = replace(
    VLLM,
    title="vLLM-Ascend",
    kv_transfer=_kv_transfer,
    # The flags, routes and variables are those of 0.21.0rc1; the image copies the repository to that folder
    # (Dockerfile.a3 of the same version).
    proxy=ProxyWords(
        script=f"/vllm-workspace/vllm-ascend/{PROXY_SCRIPT}",
        says="the proxy of vLLM-Ascend's own examples, as its image 0.21.0rc1 holds it",
        link=f"https://github.com/vllm-project/vllm-ascend/blob/v0.21.0rc1/{PROXY_SCRIPT}",
        lists={
            "prefill": ("--prefiller-hosts", "--prefiller-ports"),
            "decode": ("--decoder-hosts", "--decoder-ports"),
        },
        key_variable="OPENAI_API_KEY",
        health_path="/healthcheck",
    ),
)
