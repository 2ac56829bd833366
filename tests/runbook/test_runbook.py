"""The runbook: complete, correct at night, and unbroken by whatever a spec says."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from ledger_example import FITS, TOO_MUCH, with_memory

from committed import committed
from plans import HOSTILE, NASTY, hostile, one_spark, rule, two_sparks
from sparkc.findings import Failure, Finding, Severity
from sparkc.plan import Because, Plan, Setting, Trouble
from sparkc.views.decisions import decisions
from sparkc_targets.runbook import render_common

ALLOWED = Finding(
    "image-not-pinned",
    Severity.WARNING,
    "found eugr-vllm:latest, wanted a digest",
    help="pin it",
    failure=Failure.SILENT,
    allowed="built on each node",
)
LEFT = Finding("host-headroom", Severity.WARNING, "7 GiB left, 8 wanted", help="set 0.78", failure=Failure.OOM)


def readme(plan: Plan, *findings: Finding) -> str:
    [text] = [artifact.text for artifact in render_common(plan, findings) if artifact.path == "README.md"]
    return text


def hostile_findings() -> list[Finding]:
    return [
        Finding("some-rule", Severity.WARNING, text, help=text, allowed=allowed)
        for text in HOSTILE
        for allowed in (None, text)
    ]


PAGES = {
    "two Sparks": readme(two_sparks(), ALLOWED, LEFT),
    "one Spark": readme(one_spark()),
    "memory known": readme(with_memory(FITS), LEFT),
    "prefill and decode apart": readme(committed("minimax-m27-w8a8-a3-pd", "corrected")),
    "hostile": readme(hostile(), *hostile_findings()),
    "hostile troubles": readme(
        two_sparks(troubles=tuple(Trouble(text, text, text, text) for text in HOSTILE), summary=NASTY, model=NASTY)
    ),
}

every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


def section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {heading!r}"
    return found[1]


def cells(row: str) -> list[str]:
    """Split a table row at the pipes that Markdown takes for borders."""
    kept = re.sub(r"\\.", lambda match: "\0" * len(match[0]), row)
    borders = [index for index, character in enumerate(kept) if character == "|"]
    assert borders[0] == 0
    assert borders[-1] == len(row) - 1
    return [row[left + 1 : right].strip() for left, right in pairwise(borders)]


def outside_fences(page: str) -> list[str]:
    """Return the lines that are Markdown, not the content of a code fence."""
    lines, inside = [], False
    for line in page.split("\n"):
        if line.strip().startswith("```"):
            inside = not inside
        elif not inside:
            lines.append(line)
    assert not inside
    return lines


# --- it survives what a spec says -------------------------------------------------------------------------------------


@every_page
def test_every_row_of_a_table_has_as_many_cells_as_its_head(page: str) -> None:
    tables = 0
    wanted = None
    for line in outside_fences(page):
        if not line.startswith("|"):
            wanted = None
            continue
        count = len(cells(line))
        if wanted is None:
            tables += 1
        assert count == (wanted or count), line
        wanted = count
    assert tables >= 8


@every_page
def test_only_our_own_fences_open_and_each_closes(page: str) -> None:
    fences = re.findall(r"^ *```.*$", page, re.MULTILINE)
    assert {fence.strip() for fence in fences[::2]} <= {"```python", "```sh", "```mermaid", "```text"}
    assert {fence.strip() for fence in fences[1::2]} == {"```"}


@every_page
def test_no_text_of_a_spec_becomes_markup(page: str) -> None:
    for line in outside_fences(page):
        plain = re.sub(r"\\.", "", line)
        plain = re.sub(r"`[^`]*`", "", plain)  # a code span shows what it holds
        plain = re.sub(r"<https://[A-Za-z0-9./_-]+>|</?code>", "", plain)
        plain = plain.replace("![the memory of each node as a bar](memory.svg)", "")
        plain = re.sub(r"\]\(#[a-z-]+\)", "", plain) if line.startswith(("In a hurry", "Before the first")) else plain
        assert not re.search(r"[<>`]|\]\(", plain), line
        assert "$" not in plain


@every_page
def test_headings_are_ours_alone(page: str) -> None:
    titles = [line for line in outside_fences(page) if line.startswith("#")]
    assert all(re.fullmatch(r"#{1,3} [A-Za-z0-9 ,()-]+", title) for title in titles), titles


@every_page
def test_nothing_invisible_and_no_tab_reaches_the_page(page: str) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066]", page)


@every_page
def test_it_ends_with_one_newline_and_has_no_double_gaps(page: str) -> None:
    assert page.endswith("\n")
    assert "\n\n\n" not in page


@every_page
def test_links_within_the_page_lead_somewhere(page: str) -> None:
    slugs = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in outside_fences(page)
        if line.startswith("#")
    }
    links = set(re.findall(r"\]\(#([a-z-]+)\)", page))
    assert links
    assert links <= slugs


def test_a_link_that_is_no_plain_address_is_shown_as_text() -> None:
    page = readme(two_sparks(troubles=(Trouble("x", "y", "z", "https://example.org/a b|c"),)))
    assert "<https://example.org" not in page
    assert "https://example.org/a b\\|c" in page


# --- it is complete --------------------------------------------------------------------------------------------------


def test_every_reason_that_a_rule_gave_is_in_the_runbook() -> None:
    plan = two_sparks()
    reasons = {decision.because for _, decision in decisions(plan) if decision.because.kind == "rule"}
    assert len(reasons) > 8
    page = readme(plan)
    for because in reasons:
        assert because.reason in page


def test_a_reason_shows_who_decided_and_where_it_is_known_from() -> None:
    [row] = [line for line in readme(two_sparks()).split("\n") if line.startswith("| `--object-store-memory` |")]
    assert cells(row) == [
        "`--object-store-memory`",
        "`1073741824`",
        "30 % of 119 GiB would go to the store",
        "rule object-store-uncapped",
        "<https://al-engr.com/minimax-m2.7-dual-spark.html>",
    ]


def test_a_setting_of_one_node_says_on_which() -> None:
    why = section(readme(two_sparks()), "### The process raylet")
    [block] = [line for line in why.split("\n") if line.startswith("| `--block`")]
    [shared] = [line for line in why.split("\n") if line.startswith("| `--num-gpus`")]
    assert "(on spark-2)" in block
    assert "(on" not in shared


def test_what_the_author_said_is_not_explained_to_him() -> None:
    page = section(readme(two_sparks()), "## Why it is set like this")
    assert "--max-model-len" not in page
    assert "--enable-auto-tool-choice" in page


def test_findings_that_are_allowed_carry_the_authors_reason() -> None:
    found = section(PAGES["two Sparks"], "## What sparkc found")
    allowed, _, left = found.partition("Found, and left:")
    assert "built on each node" in allowed
    assert "host-headroom" in left
    assert "set 0.78" in left
    assert "host-headroom" not in allowed


def test_errors_that_others_met_come_with_meaning_and_way_out() -> None:
    rows = section(PAGES["two Sparks"], "## What an error message means")
    assert "page cache of the last load" in rows
    assert "drop the page cache on both nodes" in rows


def test_each_secret_is_created_by_a_command_for_its_node() -> None:
    secrets = section(PAGES["two Sparks"], "### Secrets")
    assert (
        "ssh -- ops@spark-2.lan 'umask 077; mkdir -p -- /home/ops/sparkc/minimax-m27/secrets "
        "&& cat > /home/ops/sparkc/minimax-m27/secrets/hf_token'"
    ) in secrets
    assert secrets.count("```sh") == 2


def test_without_secrets_there_is_no_word_of_them() -> None:
    assert "ecret" not in PAGES["one Spark"]


def test_ports_say_who_must_reach_them() -> None:
    ports = section(PAGES["two Sparks"], "### Ports to open")
    assert "| spark-1 | 8002/tcp | OpenAI API (engine) | clients |" in ports
    assert "| spark-1 | 6379/tcp | Ray head (raylet) | the other nodes |" in ports


def test_the_command_that_rebuilds_quotes_the_path() -> None:
    page = readme(two_sparks(spec_path="specs/two words; x.yaml"))
    assert "\nsparkc build 'specs/two words; x.yaml'\n" in page


def test_a_step_by_hand_uses_sudo_only_where_the_user_is_not_root() -> None:
    assert "sudo sysctl --write 'vm.drop_caches=3'" in PAGES["two Sparks"]
    plan = two_sparks()
    as_root = replace(plan, nodes=tuple(replace(node, sudo="root") for node in plan.nodes))
    assert "sudo sysctl" not in readme(as_root)


def test_a_target_without_commands_of_its_own_points_to_its_folder() -> None:
    page = readme(two_sparks(targets=("elsewhere",)))
    assert "`elsewhere/`" in page
    assert "| `./launch.sh up`" not in page


def test_several_targets_share_their_commands() -> None:
    page = readme(two_sparks(targets=("shell", "compose", "systemd", "quadlet")))
    assert page.count("| `./launch.sh up` |") == 1
    assert "Each of the folders `shell`, `compose`, `systemd`, `quadlet` beside this page is one way" in page
    assert "| `docker compose up --detach --wait` |" in page


# --- memory -----------------------------------------------------------------------------------------------------------


def test_the_ledger_adds_up_to_the_pool() -> None:
    memory = section(readme(with_memory(FITS)), "## Memory")
    assert "| **in the engine's budget** | **80.00** | | | the budget is 80.00 |" in memory
    assert "| **beside it** | **20.00** |" in memory
    assert "80.00 + 20.00 |" in memory
    assert "| `K` KV cache | 30.00 | 25.00 | 33.50 |" in memory


def test_a_pool_that_is_too_small_says_by_how_much() -> None:
    memory = section(readme(with_memory(TOO_MUCH)), "## Memory")
    assert "80.00 + 45.00, which is 25.00 more than there is" in memory
    assert "^ the pool ends here" in memory


def test_nodes_that_are_alike_share_a_table() -> None:
    assert "### spark-1, spark-2" in readme(with_memory(FITS))
    apart = readme(with_memory(FITS, TOO_MUCH))
    assert "### spark-1\n" in apart
    assert "### spark-2\n" in apart


def test_only_checks_that_do_not_pass_show_ways_out() -> None:
    memory = section(readme(with_memory(FITS)), "## Memory")
    assert "host-headroom: set 0.78" in memory
    assert "not needed" not in memory


def test_unknown_amounts_are_a_dash_and_never_zero() -> None:
    assert "| ray-threshold | **unknown** | – | – |" in readme(with_memory(FITS))


def test_the_memory_a_start_needs_is_named() -> None:
    assert "must show 82.00 GiB as MemAvailable" in readme(with_memory(FITS))


# --- the diagram ------------------------------------------------------------------------------------------------------

NODE = re.compile(r'    n\d+[cfr]\d*(\["[^"]*"\]|\(\["[^"]*"\]\)|\[/"[^"]*"/\])')
EDGE = re.compile(r' +\w+ (---|-->\|"[^"]*"\||<-->\|"[^"]*"\|) \w+')
OTHER = re.compile(r'flowchart TB|  subgraph n\d+\["[^"]*"\]|  end|  clients\(\["clients"\]\)|  between\{\{"[^"]*"\}\}')


def mermaid(page: str) -> list[str]:
    [text] = re.findall(r"^```mermaid\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    return text.split("\n")


@every_page
def test_every_line_of_the_diagram_is_one_that_mermaid_was_seen_to_take(page: str) -> None:
    lines = mermaid(page)
    assert [line for line in lines if not any(shape.fullmatch(line) for shape in (NODE, EDGE, OTHER))] == []
    assert sum(line.startswith("  subgraph") for line in lines) == lines.count("  end")


@every_page
def test_labels_hold_nothing_but_letters_digits_harmless_signs_and_entities(page: str) -> None:
    for label in re.findall(r'"([^"]*)"', "\n".join(mermaid(page))):
        rest = re.sub(r"#\d+;|<br/>", "", label)
        assert re.fullmatch(r"[A-Za-z0-9_ ./,:@+\x80-\U0010ffff-]*", rest), label


def nodes_with(count: int, topology: str) -> Plan:
    plan = two_sparks()
    worker = plan.nodes[1]
    more = tuple(replace(worker, name=f"spark-{n + 1}", index=n) for n in range(2, count))
    return replace(plan, nodes=(*plan.nodes, *more), topology=topology)


@pytest.mark.parametrize(
    ("count", "topology", "cables"),
    [
        pytest.param(2, "direct", {"n0f n1f"}, id="one cable between two"),
        pytest.param(3, "ring", {"n0f n1f", "n1f n2f", "n2f n0f"}, id="a ring closes"),
        pytest.param(3, "switch", {"n0f between", "n1f between", "n2f between"}, id="all to the switch"),
        pytest.param(2, "switch", {"n0f between", "n1f between"}, id="two on a switch"),
    ],
)
def test_cables_follow_the_topology(count: int, topology: str, cables: set[str]) -> None:
    drawn = {
        " ".join(re.sub(r'<-->\|"[^"]*"\|', "", line).split())
        for line in mermaid(readme(nodes_with(count, topology)))
        if "<-->" in line
    }
    assert drawn == cables


# --- what a reason may not do -----------------------------------------------------------------------------------------


def test_a_setting_that_a_rule_added_anywhere_shows_up() -> None:
    plan = two_sparks()
    container = plan.head.containers[0]
    added = Setting("BRAND_NEW", "1", rule("a-new-rule", "told nowhere else"))
    changed = replace(container, environment=(*container.environment, added))
    nodes = (replace(plan.head, containers=(changed,)), *plan.nodes[1:])
    page = readme(replace(plan, nodes=nodes))
    assert "told nowhere else (on spark-1)" in page


def test_origins_without_an_address_are_named_in_words() -> None:
    plan = two_sparks()
    step = replace(plan.head.steps[0], because=Because("rule", "r", "", "why", "eugr/spark-vllm-docker, run.sh"))
    page = readme(replace(plan, nodes=(replace(plan.head, steps=(step,)), *plan.nodes[1:])))
    assert "why (eugr/spark-vllm-docker, run.sh)" in page
