"""The memory fraction that sparkc proposes: proven, or lower where other services share a node."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import compiled, rules_in

from sparkc.driver import Launch
from sparkc.plan import Setting


def fraction(launch: Launch) -> Setting | None:
    """Return what the engine is told about its share."""
    assert launch.plan
    arguments = launch.plan.head.containers[0].processes[-1].arguments
    return next((setting for setting in arguments if setting.key == "--gpu-memory-utilization"), None)


def hosts(first: str = "", second: str = "") -> str:
    return f"""
nodes:
  hosts:
    - {{name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1{first}}}
    - {{name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2{second}}}
"""


def reserved(size: str) -> str:
    return f", reserved: [{{name: other, memory: {size}}}]"


@pytest.mark.parametrize(
    ("fragment", "wanted"),
    [
        pytest.param(hosts(), "0.82", id="quiet nodes get what ran for hours"),
        # (119.67 - 10.6 - 8 - 8) / 119.67 = 0.777
        pytest.param(hosts(reserved("8 GiB"), reserved("8 GiB")), "0.77", id="8 GiB for others on both"),
        pytest.param(hosts(second=reserved("8 GiB")), "0.77", id="the fuller node decides"),
        # (119.67 - 10.6 - 8 - 2) / 119.67 = 0.8279, which is above the proven one
        pytest.param(hosts(reserved("2 GiB")), "0.82", id="2 GiB still fit beside the proven fraction"),
        # (100 - 10.6 - 8) / 100 = 0.814
        pytest.param(hosts(", memory: 100 GiB"), "0.81", id="a unit that reports less"),
        pytest.param("serving: {memory: {gpu_memory_utilization: 0.5}}", "0.5", id="the author's word stays"),
        pytest.param("serving: {memory: {kv_cache_memory_bytes: 16 GiB}}", None, id="a pinned cache needs none"),
        pytest.param("args: {kv-cache-memory-bytes: 17179869184}", None, id="nor one that is pinned in args"),
    ],
)
def test_fraction_follows_from_the_node_with_the_least_room(fragment: str, wanted: str | None, tmp_path: Path) -> None:
    setting = fraction(compiled(tmp_path, fragment))

    assert (setting.value if setting else None) == wanted


def test_node_that_is_full_gets_no_proposal_but_a_refusal(tmp_path: Path) -> None:
    launch = compiled(tmp_path, hosts(reserved("110 GiB"), reserved("110 GiB")))

    assert fraction(launch) is None
    assert {"free-at-start-short", "memory-fraction-unset"} <= rules_in(launch)


def test_lowered_fraction_tells_its_arithmetic(tmp_path: Path) -> None:
    setting = fraction(compiled(tmp_path, hosts(second=reserved("8 GiB"))))

    assert setting is not None
    assert setting.because.reason == (
        "spark-2 has 119.7 GiB: less 8.0 GiB reserved, 10.6 GiB for driver and host and 8.0 GiB of room"
    )


def test_both_nodes_with_one_trouble_are_told_once(tmp_path: Path) -> None:
    launch = compiled(tmp_path, "serving: {memory: {gpu_memory_utilization: 0.5}}")

    (finding,) = [finding for finding in launch.findings if finding.rule == "weights-do-not-fit"]
    assert finding.message.startswith("spark-1 and spark-2: ")
    assert finding.help is not None
    assert "set gpu_memory_utilization to 0." in finding.help


def test_weights_that_cannot_be_loaded_are_not_reported_as_missing_cache_too(tmp_path: Path) -> None:
    found = rules_in(compiled(tmp_path, "model: {size: 400 GB}"))

    assert "load-peak-too-high" in found
    assert not found & {"weights-do-not-fit", "one-request-does-not-fit"}


@pytest.mark.parametrize("sudo", ["password", "none"])
def test_page_cache_needs_root_without_a_password_on_the_one_host_that_lacks_it(sudo: str, tmp_path: Path) -> None:
    launch = compiled(tmp_path, hosts(second=f", login: {{sudo: {sudo}}}"))

    (finding,) = [finding for finding in launch.findings if finding.rule == "page-cache-not-droppable"]
    assert finding.key == ("nodes", "hosts", 1, "login", "sudo")
    assert "spark-1" not in finding.message


def test_nothing_is_proposed_for_memory_that_is_not_shared(tmp_path: Path) -> None:
    assert fraction(compiled(tmp_path, "nodes: {hardware: unheard-of}")) is None
