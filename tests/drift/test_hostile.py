"""Whatever a source holds, reading it ends soon, in a result or in one clear error.

GRAPHCONTRACT_FUZZ_SECONDS makes the search as long as a nightly run wants it; it is short otherwise.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graphcontract.contract import Contract
from graphcontract.drift import page, permissionsfile, reading, sdkexport
from graphcontract.drift.model import Reader, Source, SourceError, Unknown
from graphcontract.drift.owed import wanted
from tests.drift import library
from tests.drift.test_recorded import URL, har
from tests.drift.test_sdkexport import EXPORT

SECONDS = float(os.environ.get("GRAPHCONTRACT_FUZZ_SECONDS", "0"))
SEEDS = {
    "page": library.PAGE_TEXT,
    "permissions table": library.PERMISSIONS_TEXT,
    "clouds table": library.CLOUDS_TEXT,
    "permissions.json": json.dumps(library.PERMISSIONS_JSON),
    "sdk": EXPORT,
    "har": har(("POST", URL, 204, 0)),
}
PIECES = (
    *(
        "|",
        "|-|-|\n",
        "<!--",
        "-->",
        "```",
        "~~~\n",
        "---\n",
        "\n\n",
        "# ",
        "> ",
        "    ",
        "`",
        "[",
        "](",
        "{",
        "}",
    ),
    *(
        "[!INCLUDE [x](",
        "../",
        "](#tab/http)",
        "blockType",
        "HTTP/1.1 204",
        "POST /",
        "\0",
        "\r",
        "\ufeff",
        "\u202e",
    ),
    *('"', ",", ":", "null", "[" * 50, "{" * 50, "*" * 50, "9" * 400, "é", "least=", "Not supported."),
)


@pytest.fixture(scope="module")
def owed(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = library.laid_out(tmp_path_factory.mktemp("docs"), library.files_of_page())
    return folder / "api-reference" / "beta" / "api" / "hostile.md"


def ends(reader: Reader, file: Path, data: bytes, owed: Contract) -> None:
    """Read bytes, and compare what comes of them: facts, or one of the two errors."""
    file.write_bytes(data)
    source, said = Source(file, "hostile.md"), ""
    try:
        reader(source, wanted(owed))
        library.compared(owed, source)
    except (SourceError, Unknown) as error:
        said = str(error)
    assert said.isprintable()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid source with stretches cut, doubled or moved, and odd pieces put in."""
    text = SEEDS[draw(st.sampled_from(sorted(SEEDS)))]
    for _ in range(draw(st.integers(1, 6))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 80))
        kept = draw(st.sampled_from(["cut", "double", "put"]))
        piece = text[at : at + length]
        if kept == "cut":
            text = text[:at] + text[at + length :]
        elif kept == "double":
            text = text[:at] + piece * draw(st.integers(1, 4)) + text[at:]
        else:
            text = text[:at] + draw(st.sampled_from(PIECES)) * draw(st.integers(1, 5)) + text[at:]
    return text.encode("utf-8", "replace")


def rounds() -> Iterator[int]:
    """Once, or until a nightly run's time is up."""
    until = time.monotonic() + SECONDS
    yield 0
    number = 1
    while time.monotonic() < until:
        yield number
        number += 1


def test_any_bytes_and_any_mutation(owed: Contract, file: Path) -> None:
    for number in rounds():

        @settings(
            max_examples=300,
            deadline=None,
            database=None,
            derandomize=number == 0,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(data=mutated() | st.binary(max_size=400))
        def search(data: bytes) -> None:
            for reader in (reading.read, page.read, permissionsfile.read, sdkexport.read):
                ends(reader, file, data, owed)

        search()


BIG = 120_000


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * (BIG // 4),
        "[" * BIG,
        "[x](" * (BIG // 4),
        "[x](()" * (BIG // 6),
        "[!INCLUDE [x](" * (BIG // 14),
        "> " * (BIG // 2),
        "- " * (BIG // 2),
        "`" * BIG,
        "*a " * (BIG // 3),
        "|" * BIG + "\n" + "|-" * (BIG // 2),
        "|a|b|\n|-|-|\n" + "|x|\n" * (BIG // 4),
        "# x\n" * (BIG // 4),
        "---\n" + "a: b\n" * (BIG // 5),
        "---\na:" + " " * BIG + "b\n---\n",
        "# loan: cancel\n\n## HTTP request\n\n```\n" + "POST /a \n" * (BIG // 9),
        "# a\n\n## HTTP request\n\n```\nPOST /" + "a/" * (BIG // 2),
        "# a\n\n## HTTP request\n\n```\nPOST /" + " " * BIG + "a\n```",
        library.PAGE_TEXT.replace("Don't send", "a " * 60_000 + "Don't send"),
        library.PAGE_TEXT.replace("When it works", "no " * 40_000),
        library.PAGE_TEXT.replace("|Authorization|", "|" + "_" * 120_000 + "|"),
        "</" + "a" * BIG,
        "&" * BIG,
        "\\" * BIG,
        "\t" * BIG,
        "1. " * (BIG // 3),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_long_runs_of_one_thing_take_no_time(text: str, owed: Contract, file: Path) -> None:
    ends(page.read, file, text.encode(), owed)


@pytest.mark.parametrize("text", ["[" * 500_000, '{"a":' * 200_000, '{"permissions": {"a": ' + "9" * 900_000])
def test_deep_or_long_json_is_one_error(text: str, owed: Contract, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(SourceError):
        permissionsfile.read(Source(file, "permissions.json"), wanted(owed))


def test_a_large_page_is_refused(owed: Contract, file: Path) -> None:
    file.write_text("# a\n" * 200_000)
    with pytest.raises(SourceError, match="larger than 512 KiB"):
        page.read(Source(file, "a.md"), wanted(owed))


def test_a_pipe_or_device_is_refused(owed: Contract, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for reader in (page.read, reading.read):
        with pytest.raises(SourceError, match="this is no file"):
            reader(Source(tmp_path / "pipe", "pipe"), wanted(owed))
