"""Every rule proves itself: its bad example is found, its good one is quiet, and its evidence can be read by anyone."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from examples import RULES_FOLDER, TODAY, launches, rules_in

from sparkc.driver import Toolbox, compile_spec
from sparkc.findings import Severity
from sparkc.rules import ALL_RULES, load_rules
from sparkc.rules.rule import Rule

REPOSITORY = Path(__file__).parent.parent.parent
SPECS = sorted((REPOSITORY / "specs").glob("*.yaml"))
RULES = load_rules()
PUBLIC = re.compile(r"https://[\w.-]+/\S*|[\w.-]+/[\w.-]+ \S.*")

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])


@each_rule
def test_bad_example_is_found_by_its_rule_and_by_no_other(rule: Rule, tmp_path: Path) -> None:
    found = launches(tmp_path, rule.base, bad=rule.bad, good=rule.good)

    assert rules_in(found["bad"]) - rules_in(found["good"]) == {rule.name}


@each_rule
def test_finding_weighs_what_its_rule_says(rule: Rule, tmp_path: Path) -> None:
    found = [
        finding for finding in launches(tmp_path, rule.base, bad=rule.bad)["bad"].findings if finding.rule == rule.name
    ]

    assert {finding.severity for finding in found} == {rule.severity}
    assert {finding.failure for finding in found} == {rule.failure}
    assert all(finding.help for finding in found)
    assert not any("invalid" in finding.message.lower() for finding in found)


@pytest.mark.parametrize("base", ["atlas", "pair", "separated", "sglang", "sglang-pair", "single"])
def test_no_rule_complains_about_an_example_spec_or_about_what_rules_propose(base: str, tmp_path: Path) -> None:
    assert launches(tmp_path, base)["base"].findings == ()


def test_every_rule_on_disk_is_listed() -> None:
    on_disk = {
        ".".join(file.relative_to(RULES_FOLDER).with_suffix("").parts)
        for file in RULES_FOLDER.glob("*/*.py")
        if "\nRULE = Rule(" in file.read_text(encoding="utf-8")
    }

    assert set(ALL_RULES) == on_disk


def test_rules_are_listed_once_and_sorted() -> None:
    assert list(ALL_RULES) == sorted(set(ALL_RULES))


def test_names_are_kebab_case_and_unique() -> None:
    names = [rule.name for rule in RULES]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_file_is_named_after_its_rule() -> None:
    for place, rule in zip(ALL_RULES, RULES, strict=True):
        assert place.rpartition(".")[2] == rule.name.replace("-", "_")


@each_rule
def test_evidence_can_be_read_by_anyone(rule: Rule) -> None:
    assert any(not evidence.disagrees for evidence in rule.evidence)
    for evidence in rule.evidence:
        assert PUBLIC.fullmatch(evidence.origin), evidence.origin
        assert evidence.says


@each_rule
def test_rule_tells_its_whole_story(rule: Rule) -> None:
    assert rule.settle or rule.check
    assert len(rule.summary) < 100
    assert not rule.summary.endswith(".")
    assert rule.why.endswith(".")
    assert rule.help


@each_rule
def test_what_cannot_be_allowed_is_an_error(rule: Rule) -> None:
    assert rule.allowable or rule.severity is Severity.ERROR


@pytest.mark.parametrize("spec", SPECS, ids=[spec.stem for spec in SPECS])
def test_published_launches_are_not_refused_by_a_rule(spec: Path) -> None:
    toolbox = Toolbox(RULES, (), lambda plan, findings: iter(()))
    names = {rule.name for rule in RULES}
    compilation = compile_spec(spec, REPOSITORY, toolbox, TODAY)

    assert compilation.launches
    assert [
        finding
        for launch in compilation.launches
        for finding in launch.findings
        if finding.rule in names and finding.stops_the_build
    ] == []


def test_allowance_lets_a_rule_pass_until_its_day(tmp_path: Path) -> None:
    text = (RULES_FOLDER / "examples" / "pair.yaml").read_text(encoding="utf-8")
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        f"{text}container: {{auto_remove: true}}\n"
        "allow: [{rule: container-removed-after-crash, reason: logs are shipped elsewhere, until: 2026-12-31}]\n",
        encoding="utf-8",
    )
    toolbox = Toolbox(RULES, (), lambda plan, findings: iter(()))

    before = compile_spec(spec, tmp_path, toolbox, TODAY)
    after = compile_spec(spec, tmp_path, toolbox, datetime.date(2027, 1, 1))

    assert [(finding.rule, finding.allowed) for finding in before.findings] == [
        ("container-removed-after-crash", "logs are shipped elsewhere")
    ]
    assert {finding.rule for finding in after.findings} == {"container-removed-after-crash", "allowance-expired"}
