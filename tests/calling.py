"""Call `sparkc` as a user does: a process of its own, in a folder of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
PAIR = (REPOSITORY / "compiler/sparkc/rules/examples/pair.yaml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Called:
    """What came of a call."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def sparkc(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Called:
    """Run `sparkc` and return how it ended. CI is unset, so that the cache of answers is in play."""
    surroundings = {key: value for key, value in os.environ.items() if key != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "sparkc", *arguments],
        cwd=cwd,
        env={**surroundings, "NO_COLOR": "1", "COLUMNS": "200", **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Called(done.returncode, done.stdout, done.stderr)


def import_what_a_build_imports() -> None:
    """Build and replace a tree in this process, so that forked children start with everything in memory."""
    from sparkc.cli.app import app

    with tempfile.TemporaryDirectory() as folder:
        rehearsal = project(Path(folder), pair=PAIR)
        for _ in range(2):
            with (
                contextlib.chdir(rehearsal),
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.suppress(SystemExit),
            ):
                app(["build"])
            (rehearsal / "generated/pair/README.md").unlink()


def sparkc_without_root(*arguments: str, cwd: Path) -> Called:
    """Run `sparkc` as a user to whom write protection means something.

    The interpreter of this test run may stand where that user cannot look, so a forked child that has everything
    imported gives up root's powers and goes on without starting a new program.
    """
    from sparkc.cli.app import run

    import_what_a_build_imports()
    for folder in (cwd, *cwd.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path(folder.anchor):
            folder.chmod(folder.stat().st_mode | 0o055)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if child == 0:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            os.chdir(cwd)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            sys.argv = ["sparkc", *arguments]
            sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
            status = 99  # an exception that reaches the end of this block; its traceback is in `err`
            try:
                run()
                status = 0
            except SystemExit as ended:
                status = ended.code if isinstance(ended.code, int) else 1
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _, ended_with = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return Called(os.waitstatus_to_exitcode(ended_with), out.read(), err.read())


def project(folder: Path, **specs: str) -> Path:
    """Make a project with the given specs (`name="text"`) and return its folder."""
    (folder / "specs").mkdir(parents=True, exist_ok=True)
    (folder / "sparkc.toml").write_text('specs = ["specs"]\noutput = "generated"\n')
    for name, text in specs.items():
        (folder / "specs" / f"{name.replace('_', '-')}.yaml").write_text(text)
    return folder


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
