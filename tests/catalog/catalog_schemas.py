"""What every hand-kept data file of the catalog must look like."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    properties = required | (optional or {})
    return {
        "type": "object",
        "required": sorted(required),
        "properties": properties,
        "additionalProperties": False,
    }


def many(item: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": item, "minItems": least}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


TEXT: Schema = {"type": "string", "minLength": 1}
NAME: Schema = {"type": "string", "pattern": r"^[a-z0-9][a-z0-9.-]*$"}
COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": 2**50}
NATURAL: Schema = {"type": "integer", "minimum": 0, "maximum": 2**50}
NUMBER: Schema = {"type": "number", "exclusiveMinimum": 0}
FLAG: Schema = {"type": "boolean"}
VARIABLE: Schema = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
PATH: Schema = {"type": "string", "pattern": "^/"}

EVIDENCE = record(
    {
        "known": one_of("measured", "read in source", "documented", "reported"),
        "link": {"type": "string", "pattern": r"^https://[^ ]+\.[a-z]+/[^ ]+$"},
    },
    {"where": TEXT},
)

HARDWARE = record(
    {
        "id": NAME,
        "title": TEXT,
        "vendor": one_of("nvidia", "ascend"),
        "cpu": or_null(one_of("aarch64", "x86_64")),
        "accelerator": record(
            {
                "architecture": TEXT,
                "compute_capability": or_null({"type": "string", "pattern": r"^\d+\.\d+$"}),
                "per_node": COUNT,
                "visible_devices": VARIABLE,
                "evidence": EVIDENCE,
            }
        ),
        "memory": record(
            {
                "unified": FLAG,
                "totals": many(record({"gib": NUMBER, "evidence": EVIDENCE}), least=1),
                "bandwidth": or_null(record({"nominal": COUNT, "measured": COUNT})),
                "evidence": EVIDENCE,
            }
        ),
        "network": record(
            {
                "fabric": many(
                    record({"interface": TEXT, "hca": TEXT, "speed_gbps": COUNT, "twin": or_null(TEXT)}),
                ),
                "management": many(TEXT),
                "collectives": NAME,
                "evidence": EVIDENCE,
            }
        ),
        "tuning": many(
            record({"name": NAME, "argv": many(TEXT, least=1), "says": TEXT, "reason": TEXT, "evidence": EVIDENCE})
        ),
        "container": record(
            {
                "gpus": or_null(TEXT),
                "devices": many(PATH),
                "rdma_devices": many(PATH),
                "mounts": many(PATH),
                "mounts_among_peers": many(PATH),
                "sourced": many(PATH),
                "looks": many(
                    record({"name": TEXT, "argv": many(TEXT, least=1), "proves": TEXT, "evidence": EVIDENCE})
                ),
                "evidence": EVIDENCE,
            }
        ),
        "notes": many(TEXT),
    }
)

COLLECTIVES = record(
    {
        "id": NAME,
        "title": TEXT,
        "interface": many(VARIABLE),
        "address": many(VARIABLE),
        "hcas": or_null(VARIABLE),
        "no_rdma": or_null(VARIABLE),
        "gid_index": or_null(VARIABLE),
        "evidence": EVIDENCE,
    }
)

SHAPE = record(
    {
        "attention": one_of("uniform", "mla", "sliding-window", "hybrid-gdn", "hybrid-kda", "hybrid-mamba2", "other"),
        "layers": COUNT,
        "hidden_size": COUNT,
        "attention_heads": COUNT,
        "kv_heads": COUNT,
        "head_dim": COUNT,
        "vocab_size": COUNT,
        "max_position_embeddings": COUNT,
        "evidence": EVIDENCE,
    },
    {
        "attention_layers": COUNT,
        "experts": COUNT,
        "experts_per_token": COUNT,
        "expert_intermediate_size": COUNT,
        "intermediate_size": COUNT,
        "mtp_layers": NATURAL,
        "v_head_dim": COUNT,
        "latent_dim": COUNT,
        "sliding_kv_heads": COUNT,
        "sliding_head_dim": COUNT,
        "sliding_v_head_dim": COUNT,
        "sliding_layers": COUNT,
        "window": COUNT,
        "state_layers": COUNT,
        "conv_kernel": COUNT,
        "key_heads": COUNT,
        "key_dim": COUNT,
        "value_heads": COUNT,
        "value_dim": COUNT,
        "state_heads": COUNT,
        "state_head_dim": COUNT,
        "state_groups": COUNT,
        "state_size": COUNT,
        "state_width": COUNT,
        "state_chunk": COUNT,
        "index_layers": COUNT,
        "index_dim": COUNT,
    },
)

BOOT = record(
    {
        "hardware": NAME,
        "engine": one_of("vllm", "vllm-ascend"),
        "tensor": COUNT,
        "total_gib": NUMBER,
        "fraction": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "kv_gib": NUMBER,
        "evidence": EVIDENCE,
    },
    {"weights_gib": NUMBER, "graphs_gib": NUMBER, "max_num_batched_tokens": COUNT},
)

CLASS: Schema = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$"}

MODELS = record(
    {
        "family": NAME,
        "title": TEXT,
        "architecture": TEXT,
        "shape": SHAPE,
        "checkpoints": many(
            record(
                {
                    "id": {"type": "string", "pattern": r"^[\w.-]+/[\w.-]+$"},
                    "quant": NAME,
                    "bytes": or_null(COUNT),
                    "shards": or_null(COUNT),
                    "evidence": EVIDENCE,
                },
                {
                    "max_position_embeddings": COUNT,
                    "loaded_bytes": COUNT,
                    "model_class": CLASS,
                    "boots": many(BOOT, least=1),
                },
            ),
            least=1,
        ),
        "parsers": {
            "type": "object",
            "propertyNames": one_of("vllm", "sglang", "vllm-ascend"),
            "additionalProperties": record(
                {"tool": or_null(TEXT), "reasoning": many(TEXT), "evidence": EVIDENCE},
            ),
        },
        "sampling": or_null(
            record(
                {
                    "parameters": {"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 1},
                    "evidence": EVIDENCE,
                }
            )
        ),
        "remote_code": many(one_of("vllm", "sglang", "vllm-ascend")),
        "native_since": {"type": "object", "additionalProperties": TEXT},
        "control_tokens": many(TEXT),
    },
    {"model_class": CLASS},
)

IMAGES = record(
    {
        "id": NAME,
        "title": TEXT,
        "matches": many(TEXT, least=1),
        "engine": one_of("vllm", "sglang", "vllm-ascend"),
        "engine_version": or_null(TEXT),
        "ray": many(
            record(
                {"versions": {"type": "string"}, "answer": one_of("yes", "no", "unknown"), "evidence": EVIDENCE},
            )
        ),
        "entrypoint": or_null(TEXT),
        "cache_paths": many(record({"path": PATH, "holds": TEXT})),
        "launcher_only": many({"type": "string", "pattern": "^[A-Z_]+$"}),
        "evidence": EVIDENCE,
    },
    {"machines": many(record({"word": {"type": "string"}, "architecture": TEXT}), least=1)},
)

INTERCONNECTS = record(
    {"id": NAME, "title": TEXT, "rdma": FLAG, "facts": many(record({"what": TEXT, "evidence": EVIDENCE}), least=1)}
)

CONNECTOR_KEYS = many({"type": "string", "pattern": "^[a-z][a-z0-9_]*$"})

CONNECTORS = record(
    {
        "id": NAME,
        "versions": TEXT,
        "always": record({"keys": CONNECTOR_KEYS, "evidence": EVIDENCE}),
        "connectors": many(record({"name": TEXT, "keys": CONNECTOR_KEYS, "evidence": EVIDENCE}), least=1),
        "lost": many(record({"name": TEXT, "gone": TEXT, "instead": TEXT, "evidence": EVIDENCE})),
    }
)

WHEN = record(
    {},
    {
        "engines": many(one_of("vllm", "sglang", "vllm-ascend"), least=1),
        "engine_versions": TEXT,
        "executors": many(one_of("ray", "mp"), least=1),
        "hardware": many(NAME, least=1),
        "quants": many(NAME, least=1),
        "families": many(NAME, least=1),
        "models": many(TEXT, least=1),
        "nccl_versions": TEXT,
        "nodes": many(COUNT, least=1),
        "several_nodes": FLAG,
        "tensor": COUNT,
        "pipeline": COUNT,
        "stock": FLAG,
        "expert": FLAG,
        "settings": {"type": "object", "additionalProperties": many(TEXT, least=1)},
    },
)

KNOWN_BAD = record(
    {
        "id": NAME,
        "when": WHEN | {"minProperties": 3},
        "failure": one_of("CRASH", "OOM", "HANG", "SILENT", "SLOW", "UNSAFE"),
        "certain": FLAG,
        "reason": TEXT,
        "way_out": TEXT,
        "evidence": many(EVIDENCE, least=1),
        "against": many(EVIDENCE),
    }
)

TROUBLES = record(
    {
        "troubles": many(
            record(
                {
                    "id": NAME,
                    "symptom": TEXT,
                    "pattern": or_null(TEXT),
                    "meaning": TEXT,
                    "do": TEXT,
                    "when": WHEN,
                    "evidence": EVIDENCE,
                },
                {"harmless": FLAG},
            ),
            least=1,
        )
    }
)

FIGURES = record(
    {
        "family": NAME,
        "groups": many(
            record(
                {
                    "quant": NAME,
                    "hardware": NAME,
                    "nodes": COUNT,
                    "engine": one_of("vllm", "sglang", "vllm-ascend"),
                    "evidence": EVIDENCE,
                    "figures": many(record({"what": TEXT, "value": TEXT, "setup": TEXT}, {"check": TEXT}), least=1),
                }
            ),
            least=1,
        ),
    }
)

SCHEMAS = {
    "hardware": HARDWARE,
    "collectives": COLLECTIVES,
    "models": MODELS,
    "images": IMAGES,
    "interconnects": INTERCONNECTS,
    "connectors": CONNECTORS,
    "known_bad": KNOWN_BAD,
    "troubles": TROUBLES,
    "figures": FIGURES,
}
