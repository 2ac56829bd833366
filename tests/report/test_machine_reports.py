"""The reports for programs: JSON, SARIF and GitHub workflow commands."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_examples import ALL, ALLOWED, HOSTILE, HOSTILE_PATH, OPEN_PORT, PLACELESS, SAME_ADDRESS, TEXTS, span

from sparkc.report import Format, RuleInfo, render

RULES = {
    "hosts-share-an-address": RuleInfo("hosts-share-an-address", "two hosts, one address", "https://example.org/ip"),
    "image-not-pinned": RuleInfo("image-not-pinned", "an image that can change", None),
    "never-found": RuleInfo("never-found", "not in this report", "https://example.org/no"),
}


def as_json(*findings):
    return json.loads(render(findings, TEXTS, Format.JSON))


def as_sarif(*findings):
    return json.loads(render(findings, TEXTS, Format.SARIF, rules=RULES))


def as_commands(*findings):
    return render(findings, TEXTS, Format.GITHUB).splitlines()


def test_json_holds_everything_about_a_finding():
    assert as_json(SAME_ADDRESS)["findings"] == [
        {
            "rule": "hosts-share-an-address",
            "severity": "error",
            "failure": "HANG",
            "message": "spark-2 has the address 10.0.0.1, which spark-1 has already",
            "help": "give every host its own address on the fabric",
            "key": ["nodes", "hosts", 1, "address"],
            "variant": None,
            "allowed": None,
            "place": {"path": "specs/pair.yaml", "line": 6, "column": 50, "end_line": 6, "end_column": 58},
            "remarks": [
                {
                    "message": "first named here",
                    "place": {"path": "specs/pair.yaml", "line": 5, "column": 50, "end_line": 5, "end_column": 58},
                }
            ],
        }
    ]


def test_json_counts_and_keeps_order():
    document = as_json(*ALL)
    assert document["version"] == 1
    assert document["summary"] == {"errors": 1, "warnings": 1, "notes": 1, "allowed": 1}
    assert [finding["rule"] for finding in document["findings"]] == [finding.rule for finding in ALL]


def test_json_of_nothing_is_a_document():
    assert as_json() == {
        "version": 1,
        "summary": {"errors": 0, "warnings": 0, "notes": 0, "allowed": 0},
        "findings": [],
    }


@pytest.mark.parametrize("style", [Format.JSON, Format.SARIF, Format.GITHUB])
def test_no_control_character_leaves_in_a_machine_format(style):
    hostile = replace(SAME_ADDRESS, rule=HOSTILE, message=HOSTILE, help=HOSTILE, span=span(1, 1, 2, path=HOSTILE_PATH))
    report = render([hostile], {}, style)
    assert set(report) & set("\x00\x07\x1b\x9b\r\u202e\u2028\ud800") == set()
    report.encode()


def test_json_gives_hostile_text_back():
    assert as_json(replace(PLACELESS, message=HOSTILE))["findings"][0]["message"] == HOSTILE


def test_sarif_has_the_shape_that_code_scanning_reads():
    log = as_sarif(*ALL)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["name"] == "sparkc"
    rules = run["tool"]["driver"]["rules"]
    for result, finding in zip(run["results"], ALL, strict=True):
        assert result["ruleId"] == finding.rule == rules[result["ruleIndex"]]["id"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"].startswith(finding.message)
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "specs/pair.yaml"},
                "region": {"startLine": 6, "startColumn": 50, "endLine": 6, "endColumn": 58},
            }
        }
    ]
    (related,) = run["results"][0]["relatedLocations"]
    assert related["message"] == {"text": "first named here"}
    assert related["physicalLocation"]["region"]["startLine"] == 5
    assert "locations" not in run["results"][3]


def test_sarif_describes_the_rules_that_were_found():
    rules = {rule["id"]: rule for rule in as_sarif(*ALL)["runs"][0]["tool"]["driver"]["rules"]}
    assert rules["hosts-share-an-address"] == {
        "id": "hosts-share-an-address",
        "shortDescription": {"text": "two hosts, one address"},
        "helpUri": "https://example.org/ip",
    }
    assert "helpUri" not in rules["image-not-pinned"]
    assert rules["no-spec-found"] == {"id": "no-spec-found"}
    assert "never-found" not in rules


def test_sarif_suppresses_what_was_allowed():
    results = as_sarif(*ALL)["runs"][0]["results"]
    assert [result.get("suppressions") for result in results] == [
        None,
        None,
        [{"kind": "inSource", "justification": "lab cluster rebuilt weekly"}],
        None,
    ]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param("found {0}, wanted {}", "found {{0}}, wanted {{}}", id="placeholders"),
        pytest.param("[here](https://evil.example)", "\\[here\\](https://evil.example)", id="a link"),
        pytest.param("tensor [1, 2] (two)", "tensor [1, 2] (two)", id="brackets that are no link"),
    ],
)
def test_sarif_message_is_shown_as_it_is(message, text):
    (result,) = as_sarif(replace(PLACELESS, message=message))["runs"][0]["results"]
    assert result["message"]["text"] == text


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("specs/a b.yaml", "specs/a%20b.yaml"),
        ("specs/100%#?.yaml", "specs/100%25%23%3F.yaml"),
        ("specs/ü.yaml", "specs/%C3%BC.yaml"),
        ("/srv/specs/a.yaml", "file:///srv/specs/a.yaml"),
    ],
)
def test_sarif_names_files_by_uri(path, uri):
    (result,) = as_sarif(replace(ALLOWED, span=span(1, 1, 2, path=path)))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_github_command_is_one_line_with_place_title_and_way_out():
    assert as_commands(SAME_ADDRESS) == [
        (
            "::error file=specs/pair.yaml,line=6,endLine=6,col=50,endColumn=58,title=hosts-share-an-address (HANG)::"
            "spark-2 has the address 10.0.0.1, which spark-1 has already"
            "%0Aspecs/pair.yaml:5:50: first named here"
            "%0Ahelp: give every host its own address on the fabric"
        )
    ]


def test_github_command_names_severity_and_variant():
    warning, note = as_commands(OPEN_PORT, PLACELESS)
    assert warning.startswith("::warning file=specs/pair.yaml,line=8,")
    assert "::variant agentic: the API answers" in warning
    assert note == "::notice title=no-spec-found::specs/ holds no spec, and one was wanted"


def test_github_gets_no_columns_for_a_piece_of_several_lines():
    (command,) = as_commands(replace(ALLOWED, allowed=None, span=span(2, 3, 4, end_line=5)))
    assert command.startswith("::warning file=specs/pair.yaml,line=2,endLine=5,title=")


def test_github_is_told_nothing_about_allowed_findings():
    assert as_commands(ALLOWED) == []


@pytest.mark.parametrize(
    ("path", "escaped"), [("a:b,c.yaml", "a%3Ab%2Cc.yaml"), ("100%.yaml", "100%25.yaml"), ("a::b", "a%3A%3Ab")]
)
def test_github_property_cannot_end_early(path, escaped):
    (command,) = as_commands(replace(OPEN_PORT, span=span(1, 1, 2, path=path)))
    assert command.startswith(f"::warning file={escaped},line=1,")


@given(text=st.text())
def test_any_finding_is_one_github_command(text):
    finding = replace(OPEN_PORT, rule=text, message=text, help=text, variant=text, span=span(1, 1, 2, path=text))
    report = render([finding], {}, Format.GITHUB)
    assert report.count("\n") == 1
    assert report.startswith("::warning file=")
    properties = report.removeprefix("::warning ").partition("::")[0]
    assert [pair.partition("=")[0] for pair in properties.split(",")] == [
        "file",
        "line",
        "endLine",
        "col",
        "endColumn",
        "title",
    ]
