"""What the gate found: recall and precision for each version, written where the project keeps its figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from command_lines import CommandLine
from real_parser import Answer

from sparkc.catalog.entries import CAPABILITIES, HEAD_SIZES

JSON_FILE, PAGE = Path("docs/catalog-gate.json"), Path("docs/catalog-gate.md")

INTRODUCTION = """\
# Catalogs against the real parsers

`make catalogs` downloads each release, imports the argument parser that the engine itself uses, on a CPU, and compares
its option strings and declared environment variables with the committed catalog. Recall is the share of the real names
that the catalog has, precision the share of its names that are real. It also extracts the catalog anew, and gives the
engine command lines in `generated/` to the parser of their version. vLLM's model classes are asked whether they run in
pipeline stages, its attention backends what they refuse, as many of them as can be imported without a GPU; one answer
that is not the catalog's fails the run. This page is what the last run said.
"""


@dataclass(frozen=True)
class Share:
    """How two sets of names compare."""

    real: int
    recall: float
    precision: float
    missing: tuple[str, ...]
    surplus: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.recall:.3f} / {self.precision:.3f} of {self.real}"


@dataclass(frozen=True)
class Figures:
    """What was found for one version.

    Args:
        sha256: of the committed catalog that was compared.
        same_as_extracted: its release extracts to the very same text, the wheel's file name aside.
        classes: model classes and attention backends that the engine itself was asked about.
        contradicted: what the catalog says of one of them and the engine does not.
        accepted: command lines of generated/ that the real parser takes.
        refused: those that it does not take, with its words.
    """

    release: str
    sha256: str
    same_as_extracted: bool
    options: Share
    variables: Share
    classes: int
    contradicted: tuple[str, ...]
    accepted: int
    refused: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Tell whether nothing is missing, surplus, stale or refused."""
        shares = (self.options, self.variables)
        complete = not any(share.missing or share.surplus for share in shares)
        return complete and self.same_as_extracted and not self.refused and not self.contradicted

    def sentence(self) -> str:
        """Return one line for the terminal, and one for each thing that is wrong."""
        counts = f"{self.classes} classes asked, {self.accepted} lines taken"
        lines = [f"{self.release:15} options {self.options}, variables {self.variables}, {counts}"]
        for what, share in (("options", self.options), ("variables", self.variables)):
            lines += [f"  the catalog lacks {what} {', '.join(share.missing)}"] if share.missing else []
            lines += [f"  the parser lacks {what} {', '.join(share.surplus)}"] if share.surplus else []
        lines += [] if self.same_as_extracted else ["  the committed catalog is not what the release extracts to"]
        lines += [f"  not so: {line}" for line in self.contradicted]
        lines += [f"  refused: {line}" for line in self.refused]
        return "\n".join(lines)


def compare(release: str, committed: str, extracted: str, answer: Answer, lines: list[CommandLine]) -> Figures:
    """Return the figures of one version."""
    catalog = json.loads(committed)
    pairs = zip(lines, answer.refusals, strict=True)
    refused = tuple(f"{line.where}: {words}" for line, words in pairs if words is not None)
    return Figures(
        release=release,
        sha256=hashlib.sha256(committed.encode()).hexdigest(),
        same_as_extracted=_without_file_name(committed) == _without_file_name(extracted),
        options=_share(answer.options, _option_strings(catalog)),
        variables=_share(answer.variables, frozenset(catalog["variables"])),
        classes=len(answer.stages) + len(answer.backends),
        contradicted=(*_wrong_stages(catalog, answer), *_wrong_backends(catalog, answer)),
        accepted=len(lines) - len(refused),
        refused=refused,
    )


def read_figures(repository: Path) -> list[Figures]:
    """Return the committed figures; none before the first run."""
    file = repository / JSON_FILE
    if not file.is_file():
        return []
    return [
        Figures(
            **{
                **entry,
                "options": _share_from(entry["options"]),
                "variables": _share_from(entry["variables"]),
                "contradicted": tuple(entry["contradicted"]),
                "refused": tuple(entry["refused"]),
            }
        )
        for entry in json.loads(file.read_text("utf-8"))
    ]


def write_figures(repository: Path, found: Iterable[Figures]) -> None:
    """Write the figures as data and as a page."""
    rows = list(found)
    text = json.dumps([asdict(figures) for figures in rows], indent=1, ensure_ascii=False)
    (repository / JSON_FILE).write_text(text + "\n", "utf-8")
    (repository / PAGE).write_text(page(rows), "utf-8")


def page(rows: Iterable[Figures]) -> str:
    """Return the page."""
    lines = [
        INTRODUCTION,
        "| release | options | recall / precision | variables | recall / precision | as extracted | classes | lines |",
        "| --- | ---: | --- | ---: | --- | --- | ---: | ---: |",
    ]
    for row in rows:
        options, variables = row.options, row.variables
        lines.append(
            f"| {row.release} | {options.real} | {options.recall:.3f} / {options.precision:.3f} | {variables.real} "
            f"| {variables.recall:.3f} / {variables.precision:.3f} | {'yes' if row.same_as_extracted else '**no**'} "
            f"| {row.classes} | {row.accepted} of {row.accepted + len(row.refused)} |"
        )
    return "\n".join(lines) + "\n"


def _share(real: frozenset[str], found: frozenset[str]) -> Share:
    both = len(real & found)
    return Share(
        real=len(real),
        recall=both / len(real),
        precision=both / len(found),
        missing=tuple(sorted(real - found)),
        surplus=tuple(sorted(found - real)),
    )


def _wrong_stages(catalog: Mapping[str, Any], answer: Answer) -> Iterable[str]:  # Any: JSON
    models, whole = (set(catalog.get("registered", {}).get(group, ())) for group in ("models", "whole_models"))
    for name, is_cut in answer.stages.items():
        if name in models and is_cut is (name in whole):
            yield f"{name} runs {'in stages' if is_cut else 'in one stage only'}"


def _wrong_backends(catalog: Mapping[str, Any], answer: Answer) -> Iterable[str]:  # Any: JSON
    """Yield traits that differ, and words that the catalog leaves out of a list and the backend does not refuse."""
    for name, known in catalog.get("backends", {}).items():
        asked = answer.backends.get(name, {})
        for key, value in known.items():
            if isinstance(value, bool) and asked.get(key) is not None and value is not asked[key]:
                yield f"{name}.{key} is {asked[key]}"
    yield from _refused_in_vain(catalog, answer)


def _refused_in_vain(catalog: Mapping[str, Any], answer: Answer) -> Iterable[str]:  # Any: JSON
    every = {"head_sizes": set(HEAD_SIZES), "capabilities": set(CAPABILITIES)}
    for name, asked in answer.backends.items():
        known = catalog.get("backends", {}).get(name, {})
        for key, words in every.items():
            surplus = words - set(known.get(key, words)) - set(asked.get(key, words))
            yield from (f"{name} takes {key} {word}" for word in sorted(surplus))


def _share_from(entry: Mapping[str, Any]) -> Share:  # Any: JSON
    return Share(**{**entry, "missing": tuple(entry["missing"]), "surplus": tuple(entry["surplus"])})


def _option_strings(catalog: Mapping[str, Any]) -> frozenset[str]:  # Any: JSON
    return frozenset(
        spelling
        for name, flag in catalog["flags"].items()
        for spelling in (name, *flag.get("aliases", ()), *flag.get("negatives", ()))
    )


def _without_file_name(catalog: str) -> str:
    """Return the text without its `read_from` line: a wheel of another platform has another name."""
    return "\n".join(line for line in catalog.splitlines() if not line.startswith('"read_from"'))
