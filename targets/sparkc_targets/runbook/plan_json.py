"""Write the Plan as JSON, one value a line, so that a review sees what changed."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

from sparkc.plan import Plan
from sparkc_targets.quoting import comment


def plan_json(plan: Plan) -> str:
    """Return the whole Plan with every reason; keys stand in the order of the Plan's fields.

    What a reader of a diff could not see (a mark that turns the direction of writing, a blank without width) is
    escaped; letters of any script stand as they are.
    """
    text = json.dumps(plan, indent=2, ensure_ascii=False, default=_fields)
    return re.sub(r"[^\x00-\x7e]", _visible, text) + "\n"


def _fields(part: Any) -> dict[str, Any]:  # Any: each part of the Plan, and what it holds
    """Return the fields of a dataclass. `dataclasses.asdict` would copy every value besides."""
    return {field.name: getattr(part, field.name) for field in fields(part)}


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    return character if comment(character) == character else json.dumps(character)[1:-1]
