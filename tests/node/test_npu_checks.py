"""What preflight says about the NPUs of an Atlas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from host import Host

import plans
from sparkc.plan import Device, Mount

DRIVER_FILE = "/usr/local/Ascend/driver/version.info"
NUMBERS = range(8)


def well(number: str = "") -> str:
    return "case $* in *-link*) echo 'link status: UP' ;; *) echo 'net health status: Success' ;; esac\n"


@pytest.fixture
def atlas(tmp_path: Path) -> Host:
    """Return two Atlas servers, of which this is the first, on which everything is well."""
    host = Host(tmp_path)
    because = plans.derived("test", "a device of an Atlas")
    devices = tuple(Device(f"/dev/davinci{number}", because) for number in NUMBERS)
    container = host.node.containers[0]
    mounts = (*container.mounts, Mount(DRIVER_FILE, DRIVER_FILE, True, "driver", because))
    host.change(containers=(replace(container, devices=devices, mounts=mounts, gpus=None),))
    for path in (*(device.path for device in devices), DRIVER_FILE):
        file = host.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    host.rig.stand_in("npu-smi", "echo '| npu-smi 25.5.0 |'\n")
    host.rig.stand_in("hccn_tool", well())
    return host


def test_a_node_without_npus_has_nothing_to_look_at(tmp_path: Path) -> None:
    host = Host(tmp_path)

    assert [(line.level, line.text) for line in host.check("npu-driver")] == [("ok", "no NPU is asked for")]
    assert [line.level for line in host.check("npu-links")] == ["ok"]


def test_everything_well_is_said_once(atlas: Host) -> None:
    assert [(line.level, line.text) for line in atlas.check("npu-driver")] == [
        ("ok", "npu-smi info shows the NPUs, and the files of the driver are there")
    ]
    assert [(line.level, line.text) for line in atlas.check("npu-links")] == [
        ("ok", "the links of 8 NPUs are UP, their networks healthy")
    ]
    asked = [call.argv for call in atlas.rig.calls("hccn_tool")]
    assert {argv[1] for argv in asked} == {str(number) for number in NUMBERS}


def driver_gone(host: Host) -> None:
    (host.root / DRIVER_FILE.lstrip("/")).unlink()


def npu_smi_fails(host: Host) -> None:
    host.rig.stand_in("npu-smi", "echo 'dcmi module initialize failed. ret is -8005' >&2; exit 1\n")


def link_down(host: Host) -> None:
    host.rig.stand_in("hccn_tool", "[[ $2 != 5 ]] || { echo 'link status: DOWN'; exit; }\n" + well())


def network_ill(host: Host) -> None:
    text = "case $* in '-i 3 -net_health'*) echo 'net health status: Init'; exit ;; esac\n"
    host.rig.stand_in("hccn_tool", text + well())


@pytest.mark.parametrize(
    ("break_it", "check", "text"),
    [
        (driver_gone, "npu-driver", f"{DRIVER_FILE} does not exist"),
        (lambda host: host.without("npu-smi"), "npu-driver", "npu-smi is not installed"),
        (npu_smi_fails, "npu-driver", "dcmi module initialize failed"),
        (lambda host: host.without("hccn_tool"), "npu-links", "hccn_tool is not installed"),
        (link_down, "npu-links", "NPU 5: link status: DOWN"),
        (network_ill, "npu-links", "net health status: Init"),
        (lambda host: (host.root / "dev/davinci7").unlink(), "device", "/dev/davinci7 does not exist"),
    ],
)
def test_what_is_wrong_is_one_line_with_a_way_out(
    atlas: Host, break_it: Callable[[Host], object], check: str, text: str
) -> None:
    break_it(atlas)
    [line] = atlas.check(check)

    assert line.level == "fail"
    assert text in line.text
    assert line.way_out


def test_npus_of_a_single_node_need_no_network(atlas: Host) -> None:
    atlas.change(fabric=replace(atlas.node.fabric, interface=None, hcas=()))

    assert [line.text for line in atlas.check("npu-links")] == ["no NPU talks to another node"]
    assert not list(atlas.rig.calls("hccn_tool"))


def test_the_hosts_memory_is_not_that_of_the_npus(atlas: Host) -> None:
    atlas.change(memory=replace(atlas.node.memory, unified=False, needed_free=None))
    [preflight] = atlas.check("memory")
    [status] = [line for line in atlas.lines("status") if line.check == "memory"]

    assert preflight.level == "ok"
    assert "the accelerators have memory of their own" in preflight.text
    assert "the accelerators have memory of their own" in status.text
