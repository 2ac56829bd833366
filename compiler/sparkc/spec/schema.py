"""The JSON Schema that editors use, made from the models."""

from __future__ import annotations

import json
from typing import Any

from sparkc.spec.models import Spec

HEADLINE_KEYS = ("model", "quant", "engine", "nodes")


def json_schema() -> dict[str, Any]:
    """Return the schema of a spec file.

    A complete spec needs the headline keys; one that `extends` another, takes its nodes from a `cluster` or is
    `abstract` may leave them to others.
    """
    schema = Spec.model_json_schema(by_alias=True)
    overlay = _overlay_of(schema)
    schema["$defs"]["Overlay"] = overlay
    schema["properties"]["variants"] = {
        "description": schema["properties"]["variants"]["description"],
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/Overlay"},
    }
    _let_null_remove(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "sparkc spec",
        "required": ["apiVersion"],
        "anyOf": [
            {"required": ["extends"]},
            {"required": ["abstract"]},
            {"required": ["cluster", *(key for key in HEADLINE_KEYS if key != "nodes")]},
            {"required": list(HEADLINE_KEYS)},
        ],
    }


def schema_text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _overlay_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a variant: everything but the keys that belong to a file."""
    file_keys = {"apiVersion", "name", "abstract", "extends", "cluster", "variants"}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: value for key, value in schema["properties"].items() if key not in file_keys},
    }


def _let_null_remove(schema: dict[str, Any]) -> None:
    """Drop the defaults that pydantic writes: absent is not the same as null, which removes what a parent said."""
    for part in (schema, *schema["$defs"].values()):
        for choice in (part, *part.get("anyOf", ())):
            for value in choice.get("properties", {}).values():
                value.pop("default", None)
                value.pop("title", None)
