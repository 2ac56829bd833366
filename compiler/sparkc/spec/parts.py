"""The ground that all parts of a spec stand on: strict, frozen, nothing unknown."""

from __future__ import annotations

import os
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from sparkc.spec.sizes import PATTERN, parse_size

# A plug-in of pydantic that happens to be installed changes nothing in what a spec means; looking for one reads what
# every installed package says about itself.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

Item = TypeVar("Item")

# A list in YAML becomes a tuple here; strictness stays with the items.
Many = Annotated[tuple[Item, ...], Field(strict=False)]


def unfit(wanted: str) -> PydanticCustomError:
    """Return the error of a value that is not what was wanted; `reading` adds what was found."""
    return PydanticCustomError("unfit", "{wanted}", {"wanted": wanted})


def _as_bytes(value: Any) -> int:  # Any: the value comes straight from YAML
    size = parse_size(value) if isinstance(value, str) else None
    if size is None:
        raise unfit("a size with a unit, like `8 GiB` or `115 GB`")
    return size


Size = Annotated[int, BeforeValidator(_as_bytes), WithJsonSchema({"type": "string", "pattern": PATTERN})]


class Part(BaseModel):
    """A mapping of the spec. Every key may be absent: an overlay holds only what it changes.

    A part with a `short_form` may also be written as the bare value of that key (`quant: mxfp4`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=False, defer_build=True)

    short_form: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _expand_short_form(cls, value: Any) -> Any:  # Any: pydantic hands over unvalidated input
        if cls.short_form is not None and isinstance(value, str):
            return {cls.short_form: value}
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Offer the short form beside the mapping."""
        mapping = handler.resolve_ref_schema(handler(schema))
        if cls.short_form is None:
            return mapping
        short = {key: value for key, value in mapping["properties"][cls.short_form].items() if key != "default"}
        return {"anyOf": [short, mapping]}
