"""The site has every page, what is generated is whole, and no link of the built pages is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from tests.pages import ROOT
from tests.site.generated import (
    SCHEMAS,
    find_first_sentence,
    format_help,
    format_schema,
    read_configuration,
)
from tests.site.pages import build, lay_out, list_pages

# Reached through the index page in their folder, or from the page that shows them.
BELOW = ("docs/clauses/", "docs/drift/", "drivers/", "reports/")


def navigation(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        for content in entry.values():
            yield from navigation(content) if isinstance(content, list) else [content]


def test_every_page_is_in_the_navigation() -> None:
    listed = list(navigation(read_configuration()["nav"]))
    written = [page.as_posix() for page in list_pages() if not page.as_posix().startswith(BELOW)]
    assert sorted(page for page in listed if not page.startswith((*BELOW, "generated/"))) == sorted(written)
    generated = [page for page in listed if page.startswith("generated/")]
    assert generated == ["generated/help.md", *(f"generated/{name}.md" for name in SCHEMAS)]


def test_help_has_every_command() -> None:
    text = format_help()
    for command in ("check", "explain", "report compare", "contracts catalogue build", "new driver"):
        assert f"\n## graphcontract {command}\n\n```text\nUsage: graphcontract {command}" in text


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_has_a_row_for_each_member(name: str) -> None:
    schema = json.loads((ROOT / SCHEMAS[name]).read_text(encoding="utf-8"))
    text = format_schema(name)
    for title, part in schema["$defs"].items():
        for member in part.get("properties", {}):
            assert f"\n| `{member}` | " in text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# Title\n\n<!-- files of: x -->\nIt [links](a.md) and\nwraps. More.", "It links and wraps."),
        ("# Title\n\n```sh\nx\n```\n\n`x` is it: more", "`x` is it:"),
        ("# Title\n", ""),
    ],
)
def test_a_page_is_listed_with_its_first_sentence(text: str, sentence: str) -> None:
    assert find_first_sentence(text) == sentence


@pytest.mark.nightly
def test_no_link_is_broken_and_a_broken_one_ends_the_build(tmp_path: Path) -> None:
    pages, built = tmp_path / "site" / "pages", tmp_path / "site" / "html"
    lay_out(pages)
    assert build(tmp_path)
    checked = 0
    for page in built.rglob("*.html"):
        for link in html.parse(page).iterfind(".//a[@href]"):
            parsed = urlsplit(link.get("href", ""))
            if parsed.scheme or not parsed.path or page.name == "404.html":
                continue
            target = page.parent / unquote(parsed.path)
            checked += 1
            assert (target / "index.html").exists() or target.is_file(), f"{page}: {link.get('href')}"
    assert checked > 5000
    assert "\n- [GitHub Actions](https://" in (built / "llms.txt").read_text(encoding="utf-8")
    with (pages / "docs" / "tutorial.md").open("a", encoding="utf-8") as text:
        text.write("[broken](none.md)\n")
    assert not build(tmp_path)
