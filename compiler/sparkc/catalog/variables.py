"""Whose an environment variable is, and which processes read it.

The engine's and Ray's catalogs are generated; what they cannot tell (NCCL, torch, the loader, launch scripts) is kept
by hand in `owners/*.yaml`. Names are compared as they are spelled: readers do not fold case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from sparkc.catalog.data import load, names
from sparkc.catalog.engine import EngineCatalog
from sparkc.catalog.entries import Deprecation, Kind, Variable
from sparkc.catalog.images import Image

OWNERS = "owners"
OF_AN_IMAGE = "image-"


def owner_of(
    name: str, engine: EngineCatalog | None, ray: EngineCatalog | None = None, image: Image | None = None
) -> Variable | None:
    """Return what is known about a variable, or None when no known program reads it.

    The engine's own declaration comes first, with what is known by hand about its reach laid over it; then hand-kept
    owners, what this image brings, Ray's names, and last names that the engine reads without declaring them.

    Args:
        engine: catalog of the engine in the image; None when its version is not known.
        ray: catalog of the Ray in the image; None when there is none.
        image: the image line, for what its own scripts and patches read.
    """
    by_hand = _kept().get(name)
    declared = engine.variable(name) if engine is not None and name in engine.variables() else None
    if declared is not None:
        return _laid_over(declared, by_hand)
    if by_hand is not None:
        return by_hand
    of_image = _of_image(name, image)
    if of_image is not None:
        return of_image
    found = (catalog.variable(name) for catalog in (ray, engine) if catalog is not None)
    return next((variable for variable in found if variable is not None), None)


def in_other_case(name: str, engine: EngineCatalog | None, ray: EngineCatalog | None = None) -> str | None:
    """Return the known variable that differs from `name` in case only, which its reader would not see."""
    declared = (known for catalog in (ray, engine) if catalog is not None for known in catalog.variables())
    folded = name.lower()
    return next((known for known in (*declared, *_kept()) if known != name and known.lower() == folded), None)


def known_names(engine: EngineCatalog | None, ray: EngineCatalog | None = None) -> tuple[str, ...]:
    """Return every name with a live reader, sorted: what "did you mean" chooses from."""
    declared = {known for catalog in (engine, ray) if catalog is not None for known in catalog.variables()}
    return tuple(sorted(declared | {name for name, variable in _kept().items() if variable.dead is None}))


def images_reading(name: str) -> tuple[str, ...]:
    """Return the images whose own patches are known to read a name."""
    entries = (entry for entry in names(OWNERS) if entry.startswith(OF_AN_IMAGE))
    return tuple(entry.removeprefix(OF_AN_IMAGE) for entry in entries if name in load(OWNERS, entry)["variables"])


def _laid_over(declared: Variable, by_hand: Variable | None) -> Variable:
    if by_hand is None or by_hand.owner != declared.owner:
        return declared
    return replace(declared, readers=by_hand.readers, per_node=by_hand.per_node, source=by_hand.source)


def _of_image(name: str, image: Image | None) -> Variable | None:
    if image is None:
        return None
    entry = f"{OF_AN_IMAGE}{image.id}"
    if entry in names(OWNERS):
        for variable in _variables(load(OWNERS, entry)):
            if variable.name == name:
                return variable
    if name in image.launcher_only:
        return Variable(name, f"image {image.id}", readers=frozenset({"host"}), source=image.evidence.link)
    return None


@cache
def _kept() -> Mapping[str, Variable]:
    """Return the hand-kept variables that hold for every image, by name."""
    entries = [name for name in names(OWNERS) if not name.startswith(OF_AN_IMAGE)]
    return {variable.name: variable for entry in entries for variable in _variables(load(OWNERS, entry))}


def _variables(data: dict[str, Any]) -> Iterator[Variable]:  # Any: plain data from YAML, held to its shape by tests
    for name, entry in data["variables"].items():
        yield _variable(name, entry, data)
    for name in data.get("names", ()):
        yield _variable(name, {}, data)


def _variable(name: str, entry: dict[str, Any], data: dict[str, Any]) -> Variable:  # Any: as above
    dead = entry.get("dead")
    return Variable(
        name=name,
        owner=data["owner"],
        kind=Kind(entry.get("kind", Kind.ANY)),
        choices=tuple(entry["choices"]) if "choices" in entry else None,
        suggestions=tuple(entry.get("suggestions", ())),
        any_case=entry.get("any_case", False),
        readers=frozenset() if dead else frozenset(entry.get("readers", data["readers"])),
        per_node=entry.get("per_node", False),
        deprecated=Deprecation(None, tuple(entry["instead"])) if "instead" in entry else None,
        dead=dead,
        source=entry.get("link", data["evidence"]["link"]),
    )
