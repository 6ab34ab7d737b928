"""Includes are followed inside the docs root, and nothing leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.drift.page.includes import Includes, find_root
from tests.drift import library


def texts(folder: Path, page: str, **files: str) -> tuple[list[str], Includes]:
    library.laid_out(folder, {"api-reference/page.md": page, **files})
    path = folder / "api-reference" / "page.md"
    includes = Includes(path, "page.md", None)
    _, blocks = includes.read_page(path.read_bytes())
    return [block.text for block in blocks if block.kind == "text"], includes


def test_blocks_stand_where_the_include_stood(tmp_path: Path) -> None:
    found, includes = texts(
        tmp_path,
        "one\n\n[!INCLUDE [x](inc/a.md)]\n\nfour",
        **{
            "api-reference/inc/a.md": "---\na: b\n---\ntwo\n\n[!include[y](../b.md)]",
            "api-reference/b.md": "three",
        },
    )
    assert found == ["one", "two", "three", "four"]
    assert (includes.missing, includes.refusals) == ([], [])


def test_several_in_a_paragraph_and_words_around_them(tmp_path: Path) -> None:
    page = "before [!INCLUDE [x](a.md)] after\n[!INCLUDE [y](~/api-reference/b.md)]"
    found, _ = texts(tmp_path, page, **{"api-reference/a.md": "A", "api-reference/b.md": "B"})
    assert found == ["before  after", "A", "B"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("../../outside.md", "is outside"),
        ("../inside/../../outside.md", "is outside"),
        ("/etc/hostname", "must be relative"),
        ("file:///etc/hostname", "must be relative"),
        ("https://docs.example/a.md", "must be relative"),
        ("..\\..\\outside.md", "must be relative"),
        ("link.md", "is outside"),
        ("page.md", "includes itself"),
        ("~/../outside.md", "is outside"),
    ],
)
def test_what_is_never_followed(tmp_path: Path, target: str, said: str) -> None:
    root = tmp_path / "docs"
    library.laid_out(root, {"api-reference/kept.md": "kept"})
    (tmp_path / "outside.md").write_text("secret")
    (root / "api-reference" / "link.md").symlink_to(tmp_path / "outside.md")
    found, includes = texts(root, f"[!INCLUDE [x]({target})]")
    assert "secret" not in found
    ((place, problem),) = includes.refusals
    assert said in problem
    assert place.line == 1


def test_a_loop_over_two_files_ends(tmp_path: Path) -> None:
    files = {"api-reference/a.md": "[!INCLUDE [b](b.md)]", "api-reference/b.md": "[!INCLUDE [a](a.md)]"}
    _, includes = texts(tmp_path, "[!INCLUDE [a](a.md)]", **files)
    assert ["includes itself" in problem for _, problem in includes.refusals] == [True]


def test_many_and_deep_ones_are_bounded(tmp_path: Path) -> None:
    files = {f"api-reference/{n}.md": f"[!INCLUDE [x]({n + 1}.md)]\n" * 2 for n in range(1, 9)}
    _, includes = texts(tmp_path, "[!INCLUDE [x](1.md)]", **files)
    assert any("levels" in problem for _, problem in includes.refusals)
    _, includes = texts(tmp_path, "[!INCLUDE [x](a.md)]\n\n" * 500, **{"api-reference/a.md": "A"})
    assert any("64 files" in problem for _, problem in includes.refusals)


def test_a_large_or_binary_include_is_refused(tmp_path: Path) -> None:
    _, includes = texts(tmp_path, "[!INCLUDE [x](a.md)]", **{"api-reference/a.md": "a" * 600_000})
    assert "larger" in includes.refusals[0][1]
    (tmp_path / "api-reference" / "a.md").write_bytes(b"\xff\xfe\x00")
    _, includes = texts(tmp_path, "[!INCLUDE [x](a.md)]")
    assert "UTF-8" in includes.refusals[0][1]


def test_a_folder_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "api-reference" / "a.md").mkdir(parents=True)
    _, includes = texts(tmp_path, "[!INCLUDE [x](a.md)]")
    assert [block.text for block in includes.missing] == ["x a.md"]


def test_the_root_is_above_api_reference(tmp_path: Path) -> None:
    assert find_root(tmp_path / "docs" / "api-reference" / "beta" / "api" / "x.md") == tmp_path / "docs"
    assert find_root(tmp_path / "x.md") is None


def test_a_page_that_stands_alone_has_nothing_to_lead_out_of(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "beside.md").write_text("beside")
    (tmp_path / "alone" / "link.md").symlink_to(tmp_path / "secret.md")
    page = tmp_path / "alone" / "page.md"
    includes = Includes(page, "page.md", None)
    _, blocks = includes.read_page(
        b"".join(b"[!INCLUDE [x](%b)]\n\n" % name for name in (b"beside.md", b"link.md", b"../secret.md"))
    )
    assert [block.text for block in blocks] == ["beside", "x link.md", "x ../secret.md"]
    assert (len(includes.missing), includes.refusals, includes.rootless) == (2, [], True)
