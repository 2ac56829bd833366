"""Names of units: two launches on one machine never share one without a finding."""

from __future__ import annotations

from pathlib import Path

import plans
from committed import REPOSITORY, TODAY
from sparkc.cli.toolbox import toolbox
from sparkc.driver import Compilation, compile_spec, cross_check
from sparkc.source.project import Plugins
from sparkc_targets.systemd.names import device_name, target_name


def compiled(folder: Path, spec: str, name: str, more: str = "") -> Compilation:
    """Compile a committed spec under another name."""
    text = (REPOSITORY / "specs" / f"{spec}.yaml").read_text().replace(f"name: {spec}\n", f"name: {name}\n")
    path = folder / f"{name}.yaml"
    path.write_text(text + more)
    return compile_spec(path, folder, toolbox(Plugins()), TODAY)


def test_a_variant_and_a_spec_whose_units_would_have_one_name_are_told_apart(tmp_path: Path) -> None:
    night = compiled(tmp_path, "qwen36-35b-nvfp4", "lab", "variants: {night: {serving: {port: 8001}}}\n")
    other = compiled(tmp_path, "minimax-m27", "lab-night")
    [finding] = [found for found in cross_check([night, other]) if "`lab-night`" in found.message]
    assert "on spark-1.lan" in finding.message
    assert finding.help


def test_units_are_named_after_the_deployment_and_its_variant() -> None:
    assert target_name(plans.two_sparks()) == "sparkc-minimax-m27.target"
    assert target_name(plans.two_sparks(variant="published")) == "sparkc-minimax-m27-published.target"


def test_an_interface_is_waited_for_by_the_name_that_udev_gives_it() -> None:
    assert device_name("enp1s0f0np0") == "sys-subsystem-net-devices-enp1s0f0np0.device"
    assert device_name("br-lan.10") == r"sys-subsystem-net-devices-br\x2dlan.10.device"
