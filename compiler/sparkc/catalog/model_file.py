"""Write what a config.json says as a model file of the catalog."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields

from sparkc.catalog.config_json import Configured
from sparkc.catalog.models import Shape

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_QUANT = re.compile(r"[a-z0-9][a-z0-9.-]*")


def _is_name(text: str | None) -> bool:
    return text is not None and text.isidentifier()


def hub_id_in(config: str) -> str | None:
    """Return the Hub id that a config.json carries, when it carries one."""
    named = json.loads(config).get("_name_or_path")
    return named if isinstance(named, str) and _HUB_ID.fullmatch(named) else None


def model_file(configured: Configured, hub_id: str, quant: str, weights: tuple[int, int] | None) -> str | None:
    """Return the YAML of a model file; None when Hub id or format are none.

    Args:
        hub_id: ORG/NAME; the family is the name in lower case.
        weights: bytes on disk and number of files; None when not known.
    """
    if not _HUB_ID.fullmatch(hub_id) or not _QUANT.fullmatch(quant) or quant == "unknown":
        return None
    name = hub_id.partition("/")[2]
    evidence = f"{{known: read in source, link: https://huggingface.co/{hub_id}, where: config.json}}"
    defaults = {field.name: field.default for field in fields(Shape)}
    shape = {key: value for key, value in asdict(configured.shape).items() if value != defaults[key]}
    size, shards = weights or ("null", "null")
    return "\n".join(
        (
            f"# {name}, read from its config.json by `sparkc catalog add-model`.",
            f"family: {re.sub('[^a-z0-9.-]', '-', name.lower())}",
            f"title: {json.dumps(name)}",
            f"architecture: {configured.architecture}",
            *([f"model_class: {configured.model_class}"] if _is_name(configured.model_class) else []),
            "shape:",
            *(f"  {key}: {value}" for key, value in shape.items()),
            f"  evidence: {evidence}",
            "checkpoints:",
            f"  - id: {hub_id}",
            f"    quant: {quant}",
            f"    bytes: {size}",
            f"    shards: {shards}",
            f"    evidence: {evidence}",
            "parsers: {}",
            "sampling: null",
            "remote_code: []",
            "native_since: {}",
            "control_tokens: []",
            "",
        )
    )
