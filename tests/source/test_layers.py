"""Files that make up one spec: who extends whom, what a cluster gives, what a variant changes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkc.findings import Finding
from sparkc.source.files import UNREADABLE
from sparkc.source.layers import Layered, load


def write(root: Path, **files: str) -> None:
    """Write files named `folder__name` as folder/name.yaml."""
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


def layered(root: Path, **files: str) -> Layered:
    """Return `specs/x.yaml` of a project with these files."""
    write(root, **files)
    return load(root / "specs/x.yaml", root)


def only(found: Layered) -> Finding:
    (finding,) = found.findings
    return finding


def test_lone_spec_is_its_own_base(tmp_path: Path) -> None:
    found = layered(tmp_path, specs__x="name: x\nquant: fp8\n")
    assert found.findings == ()
    assert found.base is not None
    assert found.base.plain() == {"name": "x", "quant": "fp8"}
    assert found.base.layer(("quant",)) == "specs/x.yaml"
    assert found.text == {"specs/x.yaml": "name: x\nquant: fp8\n"}
    assert found.sources == (tmp_path / "specs/x.yaml",)
    assert (found.variants, found.cluster) == ((), None)


def test_child_lies_over_cluster_over_parent(tmp_path: Path) -> None:
    found = layered(
        tmp_path,
        specs__x="extends: ../common/base.yaml\ncluster: ../clusters/rack.yaml\nname: x\nnodes: {login: {user: me}}\n",
        common__base="name: base\nabstract: true\nquant: fp8\nnodes: {hardware: p, login: {user: p, sudo: none}}\n",
        clusters__rack="nodes: {hardware: c, login: {user: c}}\ninterconnect: {kind: roce}\n",
    )
    assert found.findings == ()
    assert found.base is not None
    assert found.base.plain() == {
        "quant": "fp8",
        "nodes": {"hardware": "c", "login": {"user": "me", "sudo": "none"}},
        "interconnect": {"kind": "roce"},
        "name": "x",
    }
    assert found.base.layer(("nodes", "login", "sudo")) == "common/base.yaml"
    assert found.base.layer(("nodes", "hardware")) == "cluster clusters/rack.yaml"
    assert found.base.span(("nodes", "hardware")).path == "clusters/rack.yaml"
    assert found.base.layer(("nodes", "login", "user")) == "specs/x.yaml"
    assert found.cluster == "clusters/rack.yaml"
    assert [path.name for path in found.sources] == ["x.yaml", "base.yaml", "rack.yaml"]
    assert set(found.text) == {"specs/x.yaml", "common/base.yaml", "clusters/rack.yaml"}


def test_chain_may_be_long_and_the_nearest_file_wins(tmp_path: Path) -> None:
    found = layered(
        tmp_path,
        specs__x="extends: b.yaml\nname: x\n",
        specs__b="extends: c.yaml\nport: 2\n",
        specs__c="port: 3\nhost: c\nenv: {A: 1}\n",
    )
    assert found.base is not None
    assert found.base.plain() == {"port": 2, "host": "c", "env": {"A": 1}, "name": "x"}


def test_name_and_abstract_are_not_inherited(tmp_path: Path) -> None:
    found = layered(tmp_path, specs__x="extends: b.yaml\n", specs__b="name: b\nabstract: true\nport: 1\n")
    assert found.base is not None
    assert found.base.plain() == {"port": 1}


def test_cluster_of_a_parent_is_inherited_and_a_nearer_one_takes_its_place(tmp_path: Path) -> None:
    files = {
        "specs__b": "cluster: ../c/one.yaml\n",
        "c__one": "nodes: {login: {user: one}, hosts: [1]}\n",
        "c__two": "nodes: {hosts: [2]}\n",
    }
    inherited = layered(tmp_path, specs__x="extends: b.yaml\n", **files)
    assert inherited.base is not None
    assert inherited.base.plain() == {"nodes": {"login": {"user": "one"}, "hosts": [1]}}
    nearer = layered(tmp_path, specs__x="extends: b.yaml\ncluster: ../c/two.yaml\n", **files)
    assert nearer.base is not None
    assert nearer.base.plain() == {"nodes": {"hosts": [2]}}
    removed = layered(tmp_path, specs__x="extends: b.yaml\ncluster: null\nport: 1\n", **files)
    assert removed.base is not None
    assert removed.base.plain() == {"port": 1}
    assert (inherited.cluster, nearer.cluster, removed.cluster) == ("c/one.yaml", "c/two.yaml", None)


def test_variants_of_parent_and_child_merge(tmp_path: Path) -> None:
    found = layered(
        tmp_path,
        specs__x="extends: b.yaml\nname: x\nport: 1\nvariants: {fast: {port: 3, quant: null}, slow: {port: 4}}\n",
        specs__b="quant: fp8\nvariants: {fast: {port: 2, env: {A: null}}, old: {port: 9}}\n",
    )
    assert found.findings == ()
    assert [name for name, _ in found.variants] == ["fast", "old", "slow"]
    fast = found.variant("fast")
    assert fast.plain() == {"name": "x", "port": 3, "env": {"A": None}}
    assert fast.layer(("port",)) == "variant fast"
    assert fast.span(("port",)).path == "specs/x.yaml"
    assert found.base is not None
    assert "variants" not in found.base.keys()  # noqa: SIM118 - a Document is no mapping
    with pytest.raises(KeyError):
        found.variant("none")


@pytest.mark.parametrize(
    ("files", "whole"),
    [
        pytest.param({"specs__x": "extends: x.yaml\n"}, ("extends itself",), id="itself"),
        pytest.param(
            {"specs__x": "extends: b.yaml\n", "specs__b": "extends: ../c.yaml\n", "c": "extends: specs/b.yaml\n"},
            ("`specs/b.yaml` → `c.yaml` → `specs/b.yaml`",),
            id="a loop that does not hold the spec",
        ),
        pytest.param(
            {"specs__x": "extends: b.yaml\n", "specs__b": "extends: ./sub/../x.yaml\n"},
            ("`specs/x.yaml` → `specs/b.yaml` → `specs/x.yaml`",),
            id="a path written in a roundabout way",
        ),
    ],
)
def test_extends_loop_is_named_as_a_whole(tmp_path: Path, files: dict[str, str], whole: tuple[str, ...]) -> None:
    found = layered(tmp_path, **files)
    finding = only(found)
    assert finding.rule == "extends-loop"
    assert all(part in finding.message for part in whole)
    assert finding.span is not None
    assert found.base is None


def test_loop_through_links_ends(tmp_path: Path) -> None:
    write(tmp_path, specs__x="extends: again/x.yaml\n")
    (tmp_path / "specs/again").symlink_to(".")
    start = time.monotonic()
    found = load(tmp_path / "specs/x.yaml", tmp_path)
    assert time.monotonic() - start < 5
    assert found.base is None


@pytest.mark.parametrize("key", ["extends", "cluster"])
@pytest.mark.parametrize(
    "value",
    [
        "../../other.yaml",
        "../" * 50 + "etc/passwd",
        "/etc/passwd",
        "link.yaml",
        "linked/other.yaml",
        "C:/x.yaml",
        "\\\\server\\x.yaml",
    ],
)
def test_path_that_leaves_the_project_is_refused(tmp_path: Path, key: str, value: str) -> None:
    project = tmp_path / "project"
    (tmp_path / "other.yaml").write_text("secret: 1\n")
    (project / "specs").mkdir(parents=True)
    (project / "specs/link.yaml").symlink_to(tmp_path / "other.yaml")
    (project / "specs/linked").symlink_to(tmp_path)
    found = layered(project, specs__x=f"{key}: {value}\n")
    finding = only(found)
    assert finding.rule == "path-outside-project"
    assert finding.span is not None
    assert (finding.span.line, finding.span.column) == (1, len(key) + 3)
    assert found.base is None
    assert not any("secret" in text for text in found.text.values())


def test_links_inside_the_project_are_followed(tmp_path: Path) -> None:
    write(tmp_path, specs__b="port: 1\n")
    (tmp_path / "specs/link.yaml").symlink_to("b.yaml")
    assert layered(tmp_path, specs__x="extends: link.yaml\n").findings == ()


def test_project_that_is_itself_reached_by_a_link_works(tmp_path: Path) -> None:
    write(tmp_path / "real", specs__x="extends: b.yaml\n", specs__b="port: 1\n")
    (tmp_path / "link").symlink_to("real")
    found = load(tmp_path / "link/specs/x.yaml", tmp_path / "link")
    assert found.findings == ()
    assert set(found.text) == {"specs/x.yaml", "specs/b.yaml"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("extends: none.yaml\n", "no-such-file"),
        ("cluster: none.yaml\n", "no-such-file"),
        ("extends: .\n", "not-a-file"),
        ('extends: "a\\0b"\n', "no-such-file"),
        ("extends: [a.yaml]\n", "not-a-path"),
        ("extends: 7\n", "not-a-path"),
        ("cluster: {nodes: {}}\n", "not-a-path"),
        ("extends: ''\n", "not-a-path"),
        ("extends: ~\n", "not-a-path"),
    ],
)
def test_layer_that_cannot_be_read_is_reported_where_it_is_named(tmp_path: Path, text: str, rule: str) -> None:
    found = layered(tmp_path, specs__x=text)
    finding = only(found)
    assert finding.rule == rule
    assert finding.span is not None
    assert str(finding.span) == f"specs/x.yaml:1:{text.index(':') + 3}"
    assert found.base is None


def test_broken_parent_is_reported_in_the_parent(tmp_path: Path) -> None:
    found = layered(tmp_path, specs__x="extends: b.yaml\na: 1\na: 2\n", specs__b="a: [\n")
    assert [(finding.rule, str(finding.span)) for finding in found.findings] == [
        ("duplicate-key", "specs/x.yaml:3:1"),
        ("not-yaml", "specs/b.yaml:1:4"),
    ]
    assert found.base is None


def test_missing_spec_has_no_place(tmp_path: Path) -> None:
    finding = only(load(tmp_path / "specs/none.yaml", tmp_path))
    assert finding.rule in UNREADABLE
    assert finding.span is None
    assert "`specs/none.yaml`" in finding.message


def test_cluster_file_holds_machines_only(tmp_path: Path) -> None:
    found = layered(
        tmp_path, specs__x="cluster: ../c.yaml\n", c="node: {hosts: [a]}\ninterconnect: {kind: tcp}\nquant: fp8\n"
    )
    assert [(finding.rule, str(finding.span), finding.help) for finding in found.findings] == [
        ("not-part-of-a-cluster", "c.yaml:1:1", "did you mean `nodes`?"),
        ("not-part-of-a-cluster", "c.yaml:3:1", "move it into the specs, or into a parent that they extend"),
    ]
    assert found.base is not None
    assert found.base.plain() == {"interconnect": {"kind": "tcp"}}


@pytest.mark.parametrize(
    ("text", "rule", "where"),
    [
        ("variants: [a]\n", "not-a-variant", "1:11"),
        ("variants: {a: 1}\n", "not-a-variant", "1:15"),
        ("variants:\n  a:\n    name: b\n", "not-part-of-a-variant", "3:5"),
        ("variants:\n  a: {extends: b.yaml}\n", "not-part-of-a-variant", "2:7"),
        ("variants:\n  a: {cluster: b.yaml}\n", "not-part-of-a-variant", "2:7"),
        ("variants:\n  a: {variants: {}}\n", "not-part-of-a-variant", "2:7"),
    ],
)
def test_variant_that_is_none_is_reported(tmp_path: Path, text: str, rule: str, where: str) -> None:
    finding = only(layered(tmp_path, specs__x=text))
    assert (finding.rule, str(finding.span)) == (rule, f"specs/x.yaml:{where}")


@pytest.mark.parametrize(
    ("text", "where", "variant"),
    [
        pytest.param("quant:\n", "1:1", None, id="a value forgotten"),
        pytest.param("cluster: null\n", "1:1", None, id="no parent has a cluster"),
        pytest.param("serving: {port: null}\n", "1:11", None, id="deep inside"),
        pytest.param("port: 1\nvariants: {a: {prot: null}}\n", "2:16", "a", id="a variant removes a misspelled key"),
        pytest.param("variants: {a: }\n", "1:12", None, id="an empty variant"),
    ],
)
def test_null_that_removes_nothing_is_a_warning(tmp_path: Path, text: str, where: str, variant: str | None) -> None:
    finding = only(layered(tmp_path, specs__x=text))
    assert finding.rule == "null-removes-nothing"
    assert str(finding.span) == f"specs/x.yaml:{where}"
    assert finding.variant == variant
    assert not finding.stops_the_build


def test_spec_outside_the_project_is_read_but_names_no_other_files(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    lone = tmp_path / "lone.yaml"
    lone.write_text("port: 1\n")
    assert load(lone, root).findings == ()
    lone.write_text("extends: other.yaml\n")
    (tmp_path / "other.yaml").write_text("port: 1\n")
    assert only(load(lone, root)).rule == "path-outside-project"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["extends", "cluster"]),
    st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\x7f"))
    | st.lists(st.sampled_from(["..", ".", "/", "a", "\\", "~", "\0", "x.yaml"])).map("".join),
)
def test_any_path_gives_values_or_findings(tmp_path_factory: pytest.TempPathFactory, key: str, value: str) -> None:
    root = tmp_path_factory.getbasetemp() / "any"
    found = layered(root, specs__x=f"{key}: {json.dumps(value)}\n")
    assert found.base is not None or found.findings
    assert set(found.text) <= {"specs/x.yaml"}
