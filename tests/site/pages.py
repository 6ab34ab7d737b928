"""Lays out the site's pages as they are in the repository, so that links between them stay, and builds it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.pages import ROOT
from tests.site.generated import SCHEMAS, format_help, format_llms, format_schema, read_configuration

ZENSICAL = "zensical==0.0.73"
_PAGES = ("*.md", "docs/**/*.md", "drivers/*.md", "drivers/*/*.md", "reports/*.md")
_LINK = re.compile(r"\]\(([^)\s#:]+)")


def list_pages() -> Iterator[Path]:
    """The pages of the repository."""
    for pattern in _PAGES:
        yield from (page.relative_to(ROOT) for page in sorted(ROOT.glob(pattern)))


def lay_out(folder: Path) -> None:
    """Write the pages of the repository, the other files that they link to, and what is generated."""
    shutil.rmtree(folder, ignore_errors=True)
    for page in list_pages():
        copy(page, folder)
        for target in _LINK.findall((ROOT / page).read_text(encoding="utf-8")):
            linked = (ROOT / page.parent / target).resolve()
            if linked.is_file() and linked.suffix != ".md":
                copy(linked.relative_to(ROOT.resolve()), folder)
    copy(Path("docs/site.css"), folder)
    for name, pages in (("contracts", "docs/clauses"), ("drift", "docs/drift")):
        program = Path(sys.executable).with_name("graphcontract")
        subprocess.run([program, name, "pages", folder / pages], check=True, stdout=subprocess.DEVNULL)
    (folder / "generated").mkdir()
    (folder / "generated" / "help.md").write_text(format_help(), encoding="utf-8")
    for name, schema in SCHEMAS.items():
        (folder / "generated" / f"{name}.md").write_text(format_schema(name), encoding="utf-8")
        copy(Path(schema), folder)
    (folder / "llms.txt").write_text(format_llms(folder, read_configuration()), encoding="utf-8")


def copy(file: Path, folder: Path) -> None:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / file, folder / file)


def build(folder: Path) -> bool:
    """Build the site from `site/pages` of a folder into its `site/html`; False if a link is broken."""
    if folder != ROOT:
        copy(Path("mkdocs.yml"), folder)
    shutil.rmtree(folder / "site" / "html", ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    words = [uv, "tool", "run", "--quiet", ZENSICAL, "build", "--strict", "--clean"]
    return subprocess.run(words, cwd=folder, check=False).returncode == 0
