"""Look up what is inside a known container image."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from
from sparkc.catalog.versions import is_within


class Answer(StrEnum):
    """Whether an image contains something."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RayInside:
    """Whether builds with these engine versions carry Ray. `versions` is a PEP 440 specifier, empty for all."""

    versions: str
    answer: Answer
    evidence: Evidence


@dataclass(frozen=True)
class Image:
    """One line of images that are built alike.

    Args:
        id: name of the catalog entry.
        matches: how references begin: repository, with or without a tag.
        engine: what it serves with.
        engine_version: when the entry is about one build; None when the tag decides.
        ray: first entry whose version range fits answers.
        entrypoint: how the image starts when nothing is said; None when no source tells.
        cache_paths: folders inside that are worth keeping between starts, with what they hold.
        machines: a word of the tag, and the accelerators (`Hardware.architecture`) that such builds are for; the first
            that fits tells, and an empty word fits every tag. Empty where one build serves all.
        launcher_only: variables that only the scripts around the image read; no engine does.
    """

    id: str
    title: str
    matches: tuple[str, ...]
    engine: str
    engine_version: str | None
    ray: tuple[RayInside, ...]
    entrypoint: str | None
    cache_paths: tuple[tuple[str, str], ...]
    machines: tuple[tuple[str, str], ...]
    launcher_only: tuple[str, ...]
    evidence: Evidence

    def has_ray(self, version: str | None) -> Answer:
        """Tell whether the image carries Ray; `version` is the engine's, None or unparsable when unknown.

        An image with one answer for all versions needs no version to give it.
        """
        for entry in self.ray:
            if not entry.versions or is_within(version or self.engine_version, entry.versions):
                return entry.answer
        return Answer.UNKNOWN

    def made_for(self, reference: str) -> str | None:
        """Return for which accelerators a build is, as its tag tells; None when it does not."""
        tag = reference.partition("@")[0].rpartition("/")[2].partition(":")[2]
        words = ("", *tag.split("-")) if tag else ()
        return next((machine for word, machine in self.machines if word in words), None)


def find_image(reference: str) -> Image | None:
    """Return the image line that a reference belongs to, longest match first; None when the catalog has none.

    A match ends at a tag, a digest or the end of the reference: `eugr-vllm` fits `eugr-vllm:latest`, not `eugr-vllm2`.
    """
    for start, image in _by_length():
        rest = reference.removeprefix(start)
        if reference.startswith(start) and (not rest or rest[0] in ":@"):
            return image
    return None


@cache
def _by_length() -> tuple[tuple[str, Image], ...]:
    pairs = [(start, image) for name in names("images") for image in (_read(name),) for start in image.matches]
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))


@cache
def _read(name: str) -> Image:
    data = load("images", name)
    return Image(
        id=data["id"],
        title=data["title"],
        matches=tuple(data["matches"]),
        engine=data["engine"],
        engine_version=data["engine_version"],
        ray=tuple(_ray(entry) for entry in data["ray"]),
        entrypoint=data["entrypoint"],
        cache_paths=tuple((entry["path"], entry["holds"]) for entry in data["cache_paths"]),
        machines=tuple((entry["word"], entry["architecture"]) for entry in data.get("machines", ())),
        launcher_only=tuple(data["launcher_only"]),
        evidence=evidence_from(data["evidence"]),
    )


def _ray(entry: dict[str, Any]) -> RayInside:  # Any: plain data from YAML
    return RayInside(entry["versions"], Answer(entry["answer"]), evidence_from(entry["evidence"]))
