"""Write what the project says about itself: rule pages, tables, the schema, figures, the made pieces of README.md.

python tools/write_docs.py            write what is not current
python tools/write_docs.py --check    write nothing; say what is not current and end with status 1
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from excerpts import refreshed
from fit_overhead import COEFFICIENTS, boots
from fit_overhead import text as coefficients
from replay_launches import page as memory_planner
from targets_page import targets_page

from sparkc.rules import load_rules
from sparkc.rules.index import index
from sparkc.rules.page import page
from sparkc.spec.schema import schema_text
from sparkc_targets import load_targets

REPOSITORY = Path(__file__).parent.parent
PAGES = REPOSITORY / "docs" / "rules"


def main(words: list[str]) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args(words).check
    texts = dict(made())
    troubles = list(differences(texts))
    for file, trouble in troubles:
        print(f"{file.relative_to(REPOSITORY).as_posix()}: {trouble}")
    if check:
        return 1 if troubles else 0
    for file, _ in troubles:
        _bring_up_to_date(file, texts.get(file))
    return 0


def made() -> Iterator[tuple[Path, str]]:
    """Yield every file that is made, with the text it should hold."""
    yield PAGES / "README.md", index()
    for rule in load_rules():
        yield PAGES / f"{rule.name}.md", page(rule)
    yield REPOSITORY / "docs" / "targets.md", targets_page(load_targets())
    yield REPOSITORY / "schema" / "spec.schema.json", schema_text()
    yield COEFFICIENTS, coefficients(boots())
    yield REPOSITORY / "docs" / "memory-planner.md", memory_planner()
    readme = REPOSITORY / "README.md"
    yield readme, refreshed(readme.read_text(encoding="utf-8"))


def differences(texts: Mapping[Path, str]) -> Iterator[tuple[Path, str]]:
    """Yield files that are missing or stale, and pages of rules that are gone."""
    for file, text in texts.items():
        if not file.exists():
            yield file, "missing"
        elif file.read_text(encoding="utf-8") != text:
            yield file, "not current"
    for file in sorted(PAGES.glob("*.md")):
        if file not in texts:
            yield file, "the page of a rule that does not exist"


def _bring_up_to_date(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
