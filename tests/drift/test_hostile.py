"""Whatever a source holds, reading it ends soon, in a result or in one clear error."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift import permissions_file, readers, recorded_run, sdk_export
from graphcontract.drift.contract_facts import identify_operation
from graphcontract.drift.model import Reader, Source, SourceError, Unknown
from graphcontract.drift.page import page_reader
from tests.drift import fuzzing, library
from tests.drift.test_recorded_run import URL, har
from tests.drift.test_sdk_export import EXPORT

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
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = library.laid_out(tmp_path_factory.mktemp("docs"), library.files_of_page())
    return folder / "api-reference" / "beta" / "api" / "hostile.md"


def ends(reader: Reader, file: Path, data: bytes, contract: Contract) -> None:
    """Read bytes, and compare what comes of them: facts, or one of the two errors."""
    file.write_bytes(data)
    source, said = Source(file, "hostile.md"), ""
    try:
        reader(source, identify_operation(contract))
        library.compared(contract, source)
    except (SourceError, Unknown) as error:
        said = error.format_in_line() if isinstance(error, SourceError) else str(error)
    assert said.isprintable()


READERS: dict[str, tuple[Reader, tuple[str, ...]]] = {
    "page": (page_reader.read, ("page", "permissions table", "clouds table")),
    "permissions": (permissions_file.read, ("permissions.json",)),
    "sdk": (sdk_export.read, ("sdk",)),
    "recorded": (recorded_run.read, ("har",)),
    "detected": (readers.read, tuple(SEEDS)),
}


@pytest.mark.parametrize("kind", READERS)
def test_any_bytes_and_any_mutation(kind: str, contract: Contract, file: Path) -> None:
    reader, seeds = READERS[kind]
    odd = fuzzing.mutated([SEEDS[name] for name in seeds], PIECES)
    fuzzing.search(odd, lambda data: ends(reader, file, data, contract), examples=500)


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
def test_long_runs_of_one_thing_take_no_time(text: str, contract: Contract, file: Path) -> None:
    ends(page_reader.read, file, text.encode(), contract)


@pytest.mark.parametrize("text", ["[" * 500_000, '{"a":' * 200_000, '{"permissions": {"a": ' + "9" * 900_000])
def test_deep_or_long_json_is_one_error(text: str, contract: Contract, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(SourceError):
        permissions_file.read(Source(file, "permissions.json"), identify_operation(contract))


def test_a_large_page_is_refused(contract: Contract, file: Path) -> None:
    file.write_text("# a\n" * 200_000)
    with pytest.raises(SourceError, match="larger than 512 KiB"):
        page_reader.read(Source(file, "a.md"), identify_operation(contract))


def test_a_pipe_or_device_is_refused(contract: Contract, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for reader in (page_reader.read, readers.read):
        with pytest.raises(SourceError, match="not a regular file"):
            reader(Source(tmp_path / "pipe", "pipe"), identify_operation(contract))
