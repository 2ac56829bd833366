"""A DGX Spark made of files and stand-ins, on which node.sh can run."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rig import Rig

import plans
from sparkc.plan import Node, Plan
from tools import need_tool

# What a node has besides bash, the container engine and the tools that a test brings itself.
TOOLS = (
    *(
        "bash",
        "cat",
        "chmod",
        "chown",
        "date",
        "df",
        "env",
        "find",
        "grep",
        "head",
        "ls",
        "mkdir",
        "mktemp",
        "mv",
        "rm",
    ),
    *("sed", "sha256sum", "sleep", "sort", "stat", "tac", "tail", "tee", "timeout", "tr", "true", "wc"),
)

# A container engine in thirty lines: a folder per container, a file per property.
DOCKER = r"""
containers=@STATE@/containers
images=@STATE@/images
name=${!#}
case "$1 ${2:-}" in
  'version '*) echo 28.2.2 ;;
  'container inspect')
    [[ -d $containers/$name ]] || exit 1
    answer=$4
    for key in Status ExitCode StartedAt; do answer=${answer//"{{.State.$key}}"/$(<"$containers/$name/$key")}; done
    answer=${answer//'{{.RestartCount}}'/$(<"$containers/$name/RestartCount")}
    answer=${answer//'{{index .Config.Labels "sparkc.plan"}}'/$(<"$containers/$name/build")}
    printf '%s\n' "$answer"
    ;;
  'image inspect') grep -qxF -- "$name" "$images" || exit 1; echo "${name/eugr-vllm:latest/sha256:other}" ;;
  'ps '*)
    for folder in "$containers"/*/; do
      [[ -d $folder ]] || continue
      folder=${folder%/}
      if [[ $* == *--no-trunc* ]]; then
        [[ $(<"$folder/Status") == running ]] && printf '%s %s\n' "$(<"$folder/id")" "${folder##*/}"
      else
        printf '%s\n' "${folder##*/}"
      fi
    done
    true
    ;;
  'run '*)
    [[ ! -e @STATE@/refuses ]] || { cat @STATE@/refuses >&2; exit 125; }
    while [[ $1 != --name ]]; do shift; done
    mkdir "$containers/$2"
    cd "$containers/$2"
    echo running >Status; echo 0 >ExitCode; echo 0 >RestartCount; date -u +%FT%T.000000000Z >StartedAt
    echo new >build; : >log; printf '%064d\n' 7 | tee id
    ;;
  'stop '*)
    echo exited >"$containers/$name/Status"
    echo 0 >"$containers/$name/ExitCode"
    ;;
  'rm '*) rm -r "$containers/$name" ;;
  'logs '*) tail -n 1000 "$containers/$name/log" ;;
  'exec '*) shift 3; "$@" ;;
esac
"""


@dataclass(frozen=True)
class Line:
    """One line of a check."""

    level: str
    check: str
    text: str
    way_out: str


class Host:
    """A node on which everything is as it should be, until a test breaks something."""

    def __init__(self, folder: Path, plan: Plan | None = None) -> None:
        self.rig = Rig(folder)
        self.root = folder / "root"
        self.state = folder / "engine"
        (self.state / "containers").mkdir(parents=True)
        self.root.mkdir()
        for name in ("proc", "sys"):
            (self.root / name).symlink_to(folder / name)
        self.plan = self._on_this_host(plan or plans.two_sparks())
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(need_tool(tool))
        self._make_well()

    @property
    def node(self) -> Node:
        return self.plan.head

    @property
    def install_dir(self) -> Path:
        return Path(self.node.install_dir)

    @property
    def container(self) -> str:
        return self.node.containers[0].name

    def _on_this_host(self, plan: Plan) -> Plan:
        """Move everything that the plan expects on the node into the test's folder."""
        base = self.rig.root
        node = plan.head
        container = replace(
            node.containers[0],
            secrets=tuple(
                replace(secret, file=str(base / "install" / "secrets" / secret.name))
                for secret in node.containers[0].secrets
            ),
        )
        node = replace(
            node,
            install_dir=str(base / "install"),
            cache_dirs=(str(base / "cache" / "vllm"), str(base / "cache" / "hub")),
            weights=tuple(replace(w, path=str(base / "model"), bytes=1000) for w in node.weights),
            containers=(container,),
        )
        return replace(plan, nodes=(node, *plan.nodes[1:]))

    def change(self, **changes: Any) -> None:
        """Replace fields of the node in the plan, and bring the files there anew."""
        node = replace(self.node, **changes)
        self.plan = replace(self.plan, nodes=(node, *self.plan.nodes[1:]))
        self.rig.install(self.plan, self.node)

    def _make_well(self) -> None:
        rig = self.rig
        rig.install(self.plan, self.node)
        rig.meminfo(MemTotal=125_000_000, MemFree=118_000_000, MemAvailable=119_000_000, SwapTotal=4096, SwapFree=4096)
        rig.interface(plans.INTERFACE, address=plans.HEAD)
        for hca in self.node.fabric.hcas:
            port = rig.root / "sys" / "class" / "infiniband" / hca / "ports" / "1"
            port.mkdir(parents=True)
            (port / "state").write_text("4: ACTIVE\n")
        (self.root / "dev" / "infiniband").mkdir(parents=True)
        model = rig.root / "model"
        model.mkdir()
        (model / "weights.safetensors").write_bytes(b"x" * 990)
        (model / "config.json").write_bytes(b"x" * 10)
        secret = rig.root / "install" / "secrets" / "hf_token"
        secret.parent.mkdir()
        secret.write_text("hf_secret\n")
        secret.chmod(0o600)
        (self.state / "images").write_text(self.node.containers[0].image.name + "\n")
        rig.stand_in("docker", DOCKER.replace("@STATE@", str(self.state)))
        rig.stand_in("ip", f"echo '2: {plans.INTERFACE}    inet {plans.HEAD}/24 brd 10.0.0.255 scope global'\n")
        rig.stand_in("ss")
        rig.stand_in("nvidia-smi", "[[ $1 == dmon ]] || echo 'NVIDIA GB10, 580.95.05'\n")
        rig.stand_in("dmesg", "echo '[    0.000000] Booting Linux'\n")
        rig.stand_in("sudo", 'while [[ $1 == -* ]]; do shift; done\n"$@"\n')
        rig.stand_in("sysctl")
        rig.stand_in("loginctl", "echo yes\n")
        self.log_in_as("ops")

    def log_in_as(self, user: str) -> None:
        """Let `id` answer as for this user; everything else still runs as whoever runs the tests."""
        uid = 0 if user == "root" else 1000
        link = self.rig.root / "bin" / "id"
        link.unlink(missing_ok=True)
        link.write_text(f"#!/bin/bash\ncase ${{1:-}} in -un) echo {user} ;; *) echo {uid} ;; esac\n")
        link.chmod(0o755)

    def without(self, tool: str) -> None:
        (self.rig.root / "bin" / tool).unlink()

    def put_container(self, name: str | None = None, **properties: str) -> Path:
        """Put a container into the engine."""
        folder = self.state / "containers" / (name or self.container)
        folder.mkdir()
        known = {
            "Status": "running",
            "ExitCode": "0",
            "RestartCount": "0",
            "StartedAt": "2026-05-01T10:00:00.000000000Z",
            "build": "",
            "log": "",
            "id": "a" * 64,
        }
        for key, value in (known | properties).items():
            (folder / key).write_text(value)
        return folder

    def put_process(self, pid: int, *argv: str, cgroup: str = "0::/user.slice", rss_kib: int = 1024) -> None:
        """Put a process into /proc."""
        folder = self.rig.root / "proc" / str(pid)
        folder.mkdir()
        (folder / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in argv))
        (folder / "cgroup").write_text(f"{cgroup}\n")
        (folder / "status").write_text(f"Name:\tx\nVmRSS:\t{rss_kib} kB\n")

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run node.sh."""
        return subprocess.run(
            ["/bin/bash", str(self.install_dir / "node.sh"), *words],
            env={"PATH": str(self.rig.root / "bin"), "SPARKC_ROOT": str(self.root)},
            cwd=self.rig.root / "work",
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
        )

    def lines(self, *words: str, status: int = 0) -> list[Line]:
        """Run a verb that answers in check lines; nothing may come on stderr."""
        ended = self.call(*words)
        assert (ended.returncode, ended.stderr) == (status, ""), ended
        return [Line(*line.split("\t")) for line in ended.stdout.split("\n")[:-1]]

    def check(self, name: str) -> list[Line]:
        """Return what preflight says about one thing."""
        return [line for line in self.lines("preflight") if line.check == name]
