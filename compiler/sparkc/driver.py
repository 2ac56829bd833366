"""The pipeline on one screen: text, spec, facts, proposals, plan, findings, artifacts."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from sparkc.artifact import Artifact, Target
from sparkc.catalog.engine import EngineCatalog
from sparkc.catalog.engine_file import catalog_from
from sparkc.findings import Finding, KeyPath, Remark, Severity, Span, in_reading_order
from sparkc.plan import Need, Plan
from sparkc.resolve import resolve
from sparkc.resolve.facts import Facts
from sparkc.resolve.fitting import fit
from sparkc.resolve.gather import acquainted, gather, with_proposals
from sparkc.resolve.joining import joined
from sparkc.resolve.other_version import with_engine_version
from sparkc.resolve.proposals import Settled
from sparkc.rules.allowances import allow, first_expiry, idle_allowances
from sparkc.rules.judge import judge, propose
from sparkc.rules.rule import Rule
from sparkc.source.document import Document
from sparkc.source.files import read
from sparkc.source.layers import Layered, load, relative
from sparkc.source.node import Mapping as MappingNode
from sparkc.source.overlay import overlay
from sparkc.source.spelling import nearest, shown
from sparkc.source.yaml12 import parse
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
    plan: Plan | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Compilation:
    """Everything that came of one spec.

    Args:
        spec: shown path.
        name: of the deployment, and where it stands; None when the spec does not say.
        version_span: where the engine's version stands, or should.
        texts: what each file says, by the path that spans show.
        findings: all of them, in reading order, the variants' too.
        tree: what to write; None when an error stands against it.
        sources: every file that was read.
        expires: first day on which an allowance ends; the verdict may change after it.
    """

    spec: str
    name: str | None
    name_span: Span | None
    version_span: Span
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


def compile_spec(
    path: Path,
    root: Path,
    toolbox: Toolbox,
    today: datetime.date,
    *,
    engine_version: str | None = None,
    changes: Mapping[str, str] | None = None,
) -> Compilation:
    """Compile one spec file and all its variants. Writes nothing and uses no network.

    Args:
        engine_version: compile as if this one were pinned.
        changes: YAML texts to lay over base and variants, by the name that findings show for them.
    """
    layered = load(path, root)
    job = _Job(path, root, toolbox, today)
    tops, slips = _parsed(changes or {})
    job.texts.update(changes or {})
    for variant, document in _documents(layered):
        changed = reduce(lambda below, top: Document(overlay(below.root, top)), tops, document)
        job.compile(with_engine_version(changed, engine_version) if engine_version else changed, variant)
    findings = [
        *layered.findings,
        *slips,
        *_without_repeats(job.launches),
        *idle_allowances(job.judged, job.rules, today),
    ]
    is_fit = bool(job.launches) and not any(finding.stops_the_build for finding in findings)
    return Compilation(
        spec=job.shown,
        name=_name(layered),
        name_span=layered.base.span(("name",)) if layered.base else None,
        version_span=layered.base.span(("engine", "version")) if layered.base else Span(job.shown, 1, 1, 1, 1),
        findings=tuple(in_reading_order(findings)),
        launches=tuple(job.launches),
        tree=_tree(job.launches, toolbox) if is_fit else None,
        texts={**layered.text, **job.texts},
        sources=(*layered.sources, *job.named_files),
        expires=min((day for facts, _ in job.judged if (day := first_expiry(facts)) is not None), default=None),
    )


def _parsed(changes: Mapping[str, str]) -> tuple[list[MappingNode], list[Finding]]:
    tops: list[MappingNode] = []
    findings: list[Finding] = []
    for name, text in changes.items():
        top, slips = parse(text, name, name)
        tops += [top] if top is not None else []
        findings += slips
    return tops, findings


def _documents(layered: Layered) -> list[tuple[str | None, Document]]:
    """Return what is to be compiled: the base unless it is abstract, then every variant."""
    if layered.base is None:
        return []
    variants: list[tuple[str | None, Document]] = [(name, layered.variant(name)) for name, _ in layered.variants]
    if _is_abstract(layered.base):
        return variants
    return [(None, layered.base), *variants]


class _Job:
    """One spec being compiled: what its base and variants share, and what came of each."""

    def __init__(self, path: Path, root: Path, toolbox: Toolbox, today: datetime.date) -> None:
        self.path = path
        self.root = root
        self.shown = relative(path, root)
        self.toolbox = toolbox
        self.rules = {rule.name: rule for rule in toolbox.rules}
        self.today = today
        self.launches: list[Launch] = []
        self.judged: list[tuple[Facts, list[Finding]]] = []
        self.texts: dict[str, str] = {}
        self.named_files: list[Path] = []

    def compile(self, document: Document, variant: str | None) -> None:
        """Compile the base or one variant, and keep what came of it."""
        groups, findings = gather(document.without("abstract"), variant=variant, spec_path=self.shown, files={})
        plan = None
        if groups:
            plan, found = self._plan(groups)
            found += findings
            # What an author accepts stands at the top of a spec, so any group knows it.
            self.judged.append((groups[0], found))
            findings = allow(found, groups[0], self.rules, self.today)
        self.launches.append(Launch(variant, plan, tuple(replace(finding, variant=variant) for finding in findings)))

    def _plan(self, groups: tuple[Facts, ...]) -> tuple[Plan, list[Finding]]:
        complete, found = zip(*map(self._with_files, groups), strict=True)
        settled_facts, settled = zip(*map(self._settled, acquainted(complete)), strict=True)
        groups = acquainted(settled_facts)
        plans = [resolve(facts, proposals) for facts, proposals in zip(groups, settled, strict=True)]
        for facts, plan, findings in zip(groups, plans, found, strict=True):
            findings += judge(self.toolbox.rules, plan, facts)
        plan = joined(plans, groups)
        return plan, [
            *_once_for_all_sides(groups, found),
            *_names_of_targets(groups[0], self.toolbox.targets),
            *_what_targets_lack(plan, groups[0], self.toolbox.targets),
        ]

    def _with_files(self, facts: Facts) -> tuple[Facts, list[Finding]]:
        """Return the facts with everything that stands in files which the spec names."""
        files, findings = self._brought_along(facts)
        catalog, troubles = self._fork_catalog(facts)
        return replace(facts, files=files | self._model_config(facts), fork_catalog=catalog), findings + troubles

    def _settled(self, facts: Facts) -> tuple[Facts, Settled]:
        """Return the facts with what rules propose and what was left to sparkc."""
        settled = propose(self.toolbox.rules, facts)
        return fit(with_proposals(facts, settled), settled)

    def _model_config(self, facts: Facts) -> dict[str, str]:
        """Read each config.json that the spec points at; what is wrong with it is for a rule to say."""
        draft = facts.draft_model
        named: tuple[tuple[str | None, KeyPath], ...] = (
            (facts.model.config, ("model", "config")),
            (draft.config if draft else None, ("serving", "speculative", "model", "config")),
        )
        return {name: self._project_file(name, facts.document, key)[0] or "" for name, key in named if name}

    def _brought_along(self, facts: Facts) -> tuple[dict[str, str], list[Finding]]:
        """Read the files that go to the nodes: setup scripts, files of containers, the chat template."""
        texts: dict[str, str] = {}
        findings: list[Finding] = []
        for name, document, key in _files_for_nodes(facts):
            text, trouble = self._project_file(name, document, key)
            findings += trouble
            texts[name] = text or ""
        return texts, findings

    def _fork_catalog(self, facts: Facts) -> tuple[EngineCatalog | None, list[Finding]]:
        """Read the catalog that `engine.fork.catalog` names; one that does not fit is a finding."""
        name = facts.engine.fork.catalog if facts.engine.fork else None
        if name is None:
            return None, []
        key = ("engine", "fork", "catalog")
        text, findings = self._project_file(name, facts.document, key)
        if text is None:
            return None, findings
        catalog, trouble = catalog_from(text)
        if catalog is not None and catalog.engine != facts.engine.name:
            trouble = f"it is of {catalog.engine}, wanted {facts.engine.name}"
        if trouble is not None:
            way_out = "write it with `sparkc catalog extract`"
            message = f"{shown(name)} is no catalog of this engine: {trouble}"
            findings.append(_error("fork-catalog-unusable", message, facts.document.span(key), key, way_out))
            return None, findings
        return catalog, findings

    def _project_file(self, name: str, document: Document, key: KeyPath) -> tuple[str | None, list[Finding]]:
        """Read a file that the spec names, relative to the spec and inside the project."""
        span = document.span(key)
        file = (self.path.parent / name).resolve()
        if not file.is_relative_to(self.root.resolve()):
            message = f"`{name}` lies outside the project, wanted a file below the folder of sparkc.toml"
            return None, [_error("path-outside-project", message, span, key, "copy the file into the project")]
        known_as = relative(file, self.root.resolve())
        text, trouble = read(file, known_as)
        if text is not None and known_as not in self.texts:
            self.named_files.append(file)
            self.texts[known_as] = text
        return text, [finding.at(span) for finding in trouble]


def _once_for_all_sides(groups: tuple[Facts, ...], found: tuple[list[Finding], ...]) -> Iterator[Finding]:
    """Yield what was found in each group; what holds for one side only says so."""
    for facts, findings in zip(groups, found, strict=True):
        for finding in findings:
            told = replace(finding, key=facts.key_in_spec(finding.key))
            if not all(finding in others for others in found):
                yield replace(told, message=f"{facts.side}: {finding.message}")
            elif facts is groups[0]:
                yield told


def _files_for_nodes(facts: Facts) -> Iterator[tuple[str, Document, KeyPath]]:
    """Yield each name with the document and the key that say it."""
    for host in facts.hosts:
        for index, name in enumerate(host.container.setup or ()):
            yield name, host.document, ("container", "setup", index)
        for index, part in enumerate(host.container.files or ()):
            yield part.file, host.document, ("container", "files", index, "file")
    if facts.serving.chat_template is not None:
        yield facts.serving.chat_template, facts.document, ("serving", "chat_template")


def cross_check(compilations: Iterable[Compilation]) -> list[Finding]:
    """Return findings about specs that get into each other's way: one name twice, on one node or in all."""
    findings: list[Finding] = []
    named: dict[str, Compilation] = {}
    owners: dict[tuple[str, str], Compilation] = {}
    for compilation in compilations:
        if compilation.name is None or compilation.name_span is None:
            continue
        first = named.setdefault(compilation.name, compilation)
        if first is not compilation and first.name_span is not None:
            finding = _error(
                "name-taken",
                f"the name `{compilation.name}` is taken, and both specs would write generated/{compilation.name}",
                compilation.name_span,
                ("name",),
                "give one of them another name",
            )
            findings.append(replace(finding, remarks=(Remark(first.name_span, "first named here"),)))
            continue
        for place in _names_on_nodes(compilation):
            other = owners.setdefault(place, compilation)
            if other is not compilation and other.name_span is not None:
                finding = _error(
                    "container-name-taken",
                    f"both specs call a container, a unit or a project `{place[1]}` on {place[0]}",
                    compilation.name_span,
                    ("name",),
                    "rename one of the specs, or its variant",
                )
                findings.append(replace(finding, remarks=(Remark(other.name_span, "the other one"),)))
    return findings


def _names_on_nodes(compilation: Compilation) -> set[tuple[str, str]]:
    """Return what each node has of a spec: its containers, and the units and projects named after the whole."""
    return {
        (node.ssh.host, name)
        for launch in compilation.launches
        if launch.plan is not None
        for node in launch.plan.nodes
        for name in (launch.plan.folder.replace("/", "-"), *(container.name for container in node.containers))
    }


# --- targets ---------------------------------------------------------------------------------------------------------


def chosen_targets(plan: Plan, targets: Iterable[Target]) -> list[Target]:
    """Return the targets that the spec names, or all that are made for the engine and can express the plan."""
    if plan.targets:
        return [target for target in targets if target.name in plan.targets]
    return [target for target in targets if target.is_made_for(plan) and not _lacks(target, plan)]


def _names_of_targets(facts: Facts, targets: tuple[Target, ...]) -> list[Finding]:
    known = [target.name for target in targets]
    findings = []
    for index, name in enumerate(facts.spec.targets or ()):
        if name not in known:
            guess = nearest(name, known)
            key = ("targets", index)
            message = f"found the target `{name}`, wanted one of {', '.join(known)}"
            way_out = f"did you mean `{guess}`?" if guess else "`sparkc targets` lists them"
            findings.append(_error("target-unknown", message, facts.document.span(key), key, way_out))
    if facts.variant in known:
        message = f"the variant `{facts.variant}` has the name of a target, and both would write the same folder"
        key_of_variant = ("variants", facts.variant or "")
        span = facts.document.span(())
        way_out = "give the variant another name"
        findings.append(_error("variant-named-like-a-target", message, span, key_of_variant, way_out))
    return findings


def _lacks(target: Target, plan: Plan) -> list[Need]:
    """Return the needs without which the target must not be rendered."""
    return [need for need, _ in plan.needs if need not in target.capabilities and need not in STANDINS]


STANDINS = {
    Need.HOST_STEPS_BEFORE_RESTART: "the start script's memory gate stops such a restart and says why",
    Need.HEALTH: "its own script asks the service whenever it starts or looks",
    Need.RESTART_PAUSE: "the start script waits for its peers, which paces restarts",
}
"""Needs that have a stand-in where a target lacks them: worth a note, not a refusal."""


def _what_targets_lack(plan: Plan, facts: Facts, targets: tuple[Target, ...]) -> list[Finding]:
    findings = []
    for target in chosen_targets(plan, targets):
        if not target.is_made_for(plan):
            made_for = ", ".join(sorted(target.engines or ()))
            message = f"the target `{target.name}` is made for {made_for}, and engine.name is {plan.engine}"
            key = ("targets", plan.targets.index(target.name))
            way_out = f"remove `{target.name}` from targets"
            findings.append(_error("target-of-another-engine", message, facts.document.span(key), key, way_out))
        for need, because in plan.needs:
            if need in target.capabilities:
                continue
            able = [other.name for other in targets if need in other.capabilities and other.is_made_for(plan)]
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
            yield replace(artifact, path=folder + artifact.path)


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


def _name(layered: Layered) -> str | None:
    name = layered.base.plain().get("name") if layered.base else None
    return name if isinstance(name, str) else None


def _error(rule: str, message: str, span: Span, key: KeyPath, way_out: str) -> Finding:
    return Finding(rule, Severity.ERROR, message, span, key, help=way_out)
