"""The pipeline on one screen: text, spec, facts, proposals, plan, findings, artifacts."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sparkc.artifact import Artifact, Target
from sparkc.findings import Finding, Severity, in_reading_order
from sparkc.plan import Need, Plan
from sparkc.resolve import resolve
from sparkc.resolve.facts import Facts
from sparkc.resolve.gather import gather, with_proposals
from sparkc.rules.allowances import allow, first_expiry, idle_allowances
from sparkc.rules.judge import judge, propose
from sparkc.rules.rule import Rule
from sparkc.source.document import Document
from sparkc.source.files import read
from sparkc.source.layers import Layered, load
from sparkc.source.spelling import nearest
from sparkc.writer.tree import Tree

PLAN_FILE = "plan.json"


@dataclass(frozen=True)
class Toolbox:
    """What a compilation is done with; handed in, so that this module names no rule and no target.

    Args:
        common: renders what every deployment gets beside its targets: the runbook and the plan.
    """

    rules: tuple[Rule, ...]
    targets: tuple[Target, ...]
    common: Callable[[Plan, tuple[Finding, ...]], Iterator[Artifact]]


@dataclass(frozen=True)
class Launch:
    """The base of a spec or one of its variants, compiled. `plan` is None where the text did not allow one."""

    variant: str | None
    facts: Facts | None
    plan: Plan | None
    findings: tuple[Finding, ...]

    @property
    def is_fit_to_write(self) -> bool:
        """Tell whether nothing speaks against writing it."""
        return self.plan is not None and not any(finding.stops_the_build for finding in self.findings)


@dataclass(frozen=True)
class Compilation:
    """Everything that came of one spec.

    Args:
        spec: shown path.
        findings: all of them, in reading order, the variants' too.
        tree: what to write; None when an error stands against it.
        sources: every file that was read.
        expires: first day on which an allowance ends; the verdict may change after it.
    """

    spec: str
    findings: tuple[Finding, ...]
    launches: tuple[Launch, ...]
    tree: Tree | None
    texts: Mapping[str, str]
    sources: tuple[Path, ...]
    expires: datetime.date | None

    @property
    def has_errors(self) -> bool:
        """Tell whether an error stands against it that nobody allows."""
        return any(finding.stops_the_build for finding in self.findings)


def compile_spec(path: Path, root: Path, toolbox: Toolbox, today: datetime.date) -> Compilation:
    """Compile one spec file and all its variants. Writes nothing and uses no network."""
    layered = load(path, root)
    rules = {rule.name: rule for rule in toolbox.rules}
    launches, setup_files = _launches(layered, path, root, toolbox, today)
    findings = [*layered.findings, *_without_repeats(launches)]
    judged = [(launch.facts, list(launch.findings)) for launch in launches if launch.facts is not None]
    findings += idle_allowances(judged, rules, today)
    is_fit = bool(launches) and not any(finding.stops_the_build for finding in findings)
    return Compilation(
        spec=_shown(path, layered),
        findings=tuple(in_reading_order(findings)),
        launches=tuple(launches),
        tree=_tree(launches, toolbox) if is_fit else None,
        texts=layered.text,
        sources=(*layered.sources, *setup_files),
        expires=min((day for facts, _ in judged if (day := first_expiry(facts)) is not None), default=None),
    )


def _launches(
    layered: Layered, path: Path, root: Path, toolbox: Toolbox, today: datetime.date
) -> tuple[list[Launch], list[Path]]:
    if layered.base is None:
        return [], []
    setup_files: list[Path] = []
    documents: list[tuple[str | None, Document]] = [(name, layered.variant(name)) for name, _ in layered.variants]
    if not _is_abstract(layered.base):
        documents.insert(0, (None, layered.base))
    launches = [
        _launch(document.without("abstract"), variant, _shown(path, layered), path, root, toolbox, today, setup_files)
        for variant, document in documents
    ]
    return launches, setup_files


def _launch(
    document: Document,
    variant: str | None,
    shown: str,
    path: Path,
    root: Path,
    toolbox: Toolbox,
    today: datetime.date,
    setup_files: list[Path],
) -> Launch:
    facts, findings = gather(document, variant=variant, spec_path=shown, files={})
    if facts is None:
        return Launch(variant, None, None, tuple(replace(finding, variant=variant) for finding in findings))
    files, findings = _setup_scripts(facts, path, root, setup_files)
    findings += _names_of_targets(facts, toolbox.targets)
    facts = replace(facts, files=files)
    settled = propose(toolbox.rules, facts)
    facts = with_proposals(facts, settled)
    plan = resolve(facts, settled)
    findings += judge(toolbox.rules, plan, facts)
    findings += _what_targets_lack(plan, facts, toolbox.targets)
    findings = [replace(finding, variant=variant) for finding in findings]
    allowed = allow(findings, facts, {rule.name: rule for rule in toolbox.rules}, today)
    return Launch(variant, facts, plan, tuple(allowed))


# --- files that a spec names -----------------------------------------------------------------------------------------


def _setup_scripts(facts: Facts, path: Path, root: Path, sources: list[Path]) -> tuple[dict[str, str], list[Finding]]:
    """Read the scripts that `container.setup` names, relative to the spec and inside the project."""
    texts: dict[str, str] = {}
    findings: list[Finding] = []
    for host in facts.hosts:
        for index, name in enumerate(host.container.setup or ()):
            if name in texts:
                continue
            span = host.document.span(("container", "setup", index))
            file = (path.parent / name).resolve()
            if not file.is_relative_to(root.resolve()):
                findings.append(
                    Finding(
                        "path-outside-project",
                        Severity.ERROR,
                        f"`{name}` lies outside the project, wanted a file below the folder of sparkc.toml",
                        span,
                        ("container", "setup", index),
                        help="copy the script into the project",
                    )
                )
                continue
            text, trouble = read(file, name)
            findings += [finding.at(span) for finding in trouble]
            if text is not None:
                texts[name] = text
                sources.append(file)
    return texts, findings


# --- targets ---------------------------------------------------------------------------------------------------------


def chosen_targets(plan: Plan, targets: Iterable[Target]) -> list[Target]:
    """Return the targets that the spec names, or all that can express the plan."""
    if plan.targets:
        return [target for target in targets if target.name in plan.targets]
    return [target for target in targets if not _lacks(target, plan)]


def _names_of_targets(facts: Facts, targets: tuple[Target, ...]) -> list[Finding]:
    known = [target.name for target in targets]
    findings = []
    for index, name in enumerate(facts.spec.targets or ()):
        if name not in known:
            guess = nearest(name, known)
            findings.append(
                Finding(
                    "target-unknown",
                    Severity.ERROR,
                    f"found the target `{name}`, wanted one of {', '.join(known)}",
                    facts.document.span(("targets", index)),
                    ("targets", index),
                    help=f"did you mean `{guess}`?" if guess else "`sparkc targets` lists them",
                )
            )
    if facts.variant in known:
        findings.append(
            Finding(
                "variant-named-like-a-target",
                Severity.ERROR,
                f"the variant `{facts.variant}` has the name of a target, and both would write the same folder",
                facts.document.span(()),
                ("variants", facts.variant or ""),
                help="give the variant another name",
            )
        )
    return findings


def _lacks(target: Target, plan: Plan) -> list[Need]:
    """Return the needs without which the target must not be rendered."""
    return [need for need, _ in plan.needs if need not in target.capabilities and need not in STANDINS]


STANDINS = {
    Need.HOST_STEPS_BEFORE_RESTART: "the start script's memory gate stops such a restart and says why",
    Need.RESTART_PAUSE: "the start script waits for its peers, which paces restarts",
}
"""Needs that have a stand-in where a target lacks them: worth a note, not a refusal."""


def _what_targets_lack(plan: Plan, facts: Facts, targets: tuple[Target, ...]) -> list[Finding]:
    findings = []
    for target in chosen_targets(plan, targets):
        for need, because in plan.needs:
            if need in target.capabilities:
                continue
            able = [other.name for other in targets if need in other.capabilities]
            standin = STANDINS.get(need)
            findings.append(
                Finding(
                    "target-lacks-need",
                    Severity.NOTE if standin else Severity.ERROR,
                    f"`{target.name}` cannot express {need.value} ({because.reason})"
                    + (f"; {standin}" if standin else ""),
                    facts.document.span(("targets",)),
                    ("targets",),
                    help=f"targets that can: {', '.join(able)}" if able else None,
                )
            )
    return findings


# --- what is written -------------------------------------------------------------------------------------------------


def _tree(launches: list[Launch], toolbox: Toolbox) -> Tree:
    artifacts = [artifact for launch in launches for artifact in _artifacts(launch, toolbox)]
    plans = "".join(artifact.text for artifact in artifacts if artifact.path.rpartition("/")[2] == PLAN_FILE)
    assert launches[0].plan is not None
    return Tree(launches[0].plan.name, tuple(artifacts), hashlib.sha256(plans.encode()).hexdigest())


def _artifacts(launch: Launch, toolbox: Toolbox) -> Iterator[Artifact]:
    plan = launch.plan
    assert plan is not None
    folder = f"{plan.variant}/" if plan.variant else ""
    for artifact in toolbox.common(plan, launch.findings):
        yield replace(artifact, path=folder + artifact.path)
    for target in chosen_targets(plan, toolbox.targets):
        for artifact in target.render(plan):
            yield replace(artifact, path=f"{folder}{target.name}/{artifact.path}")


# --- small things ----------------------------------------------------------------------------------------------------


def _without_repeats(launches: list[Launch]) -> list[Finding]:
    """Return all findings; what a variant merely inherits from the base is said once."""
    seen: set[Finding] = set()
    kept = []
    for launch in launches:
        for finding in launch.findings:
            plain = replace(finding, variant=None)
            if plain not in seen:
                seen.add(plain)
                kept.append(finding)
    return kept


def _is_abstract(document: Document) -> bool:
    return document.plain().get("abstract") is True


def _shown(path: Path, layered: Layered) -> str:
    return next(iter(layered.text), path.as_posix())
