"""Whatever CSDL or an OpenAPI description holds: a result or one clear error, soon and in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from graphcontract.drift.csdl import csdl_reader
from graphcontract.drift.model import Fact, Reader, Source, SourceError, Unknown
from graphcontract.drift.openapi import openapi_reader
from tests.drift import fuzzing
from tests.drift.schemas import CSDL, OPENAPI, WANTED

SEEDS: dict[str, tuple[Reader, str]] = {
    "csdl": (csdl_reader.read, CSDL),
    "openapi": (openapi_reader.read, OPENAPI),
    "json": (openapi_reader.read, json.dumps(yaml.safe_load(OPENAPI), indent=2)),
    "one line": (openapi_reader.read, json.dumps(yaml.safe_load(OPENAPI))),
}
PIECES = (
    *(
        "<",
        ">",
        "/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "?>",
        "<!DOCTYPE a>",
        "&amp;",
        "&a;",
        "&#0;",
        "<a>",
    ),
    *(
        "'",
        '"',
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        "#",
        "|",
        "|\n",
        ">\n",
        "&a ",
        "*a",
        "<<: ",
        "---\n",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        ",",
        "{" * 80,
        "[" * 80,
        "null",
        "true",
        "\0",
        "\r",
        "\ufeff",
        "\u202e",
        "é",
        "9" * 400,
    ),
    *("$ref: '#/components/schemas/microsoft.graph.loan'", "$ref: other.yaml", "BaseType='graph.loan'"),
    *("Collection(Collection(", "Type='graph.loan'", "Alias='microsoft.graph'", "...\n", "!!binary ", "!a "),
)


def ends(reader: Reader, path: Path, data: bytes) -> None:
    """Read bytes, to facts or to one of the two errors."""
    path.write_bytes(data)
    said = ""
    try:
        reader(Source(path, "beta.hostile"), WANTED)
    except (SourceError, Unknown) as error:
        said = error.format_in_line() if isinstance(error, SourceError) else str(error)
    assert said.isprintable()


@pytest.mark.parametrize("kind", SEEDS)
def test_any_bytes_and_any_mutation(kind: str, tmp_path: Path) -> None:
    reader, text = SEEDS[kind]
    fuzzing.search(
        fuzzing.mutated([text], PIECES), lambda data: ends(reader, tmp_path / "hostile", data), examples=300
    )


@pytest.mark.parametrize("kind", SEEDS)
def test_a_file_that_is_cut_off_is_never_read_as_a_whole_one(kind: str, tmp_path: Path) -> None:
    """Wherever it ends, it says the same as before, or that it is cut off: never that something is gone."""
    reader, text = SEEDS[kind]
    whole = {
        name: fact.value for name, fact in _read(reader, text, tmp_path).items() if fact.stance == "asserts"
    }
    ends_at = range(text.index("\n") + 1 if "\n" in text else 200, len(text) - 1, max(len(text) // 150, 1))
    for at in ends_at:
        try:
            now = _read(reader, text[:at], tmp_path)
        except (SourceError, Unknown):
            continue
        said = {name: fact.value for name, fact in now.items() if fact.stance == "asserts"}
        assert said.get("route") == "reachable", at
        assert said.items() <= whole.items(), at


def _read(reader: Reader, text: str, folder: Path) -> dict[str, Fact]:
    path = folder / "beta.cut"
    path.write_text(text)
    return dict(reader(Source(path, "beta.cut"), WANTED).facts)


BOMB = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 12))
ITEM = "  '/library/branches/loanRequests/{loan-id}/cancel':\n"
HUGE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "entity bomb": (
        "csdl",
        lambda: CSDL.replace("<edmx", f'<!DOCTYPE a [<!ENTITY a0 "x">{BOMB}]><edmx', 1).encode(),
        "document type",
    ),
    "outside entity": (
        "csdl",
        lambda: CSDL.replace("<edmx", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><edmx', 1).encode(),
        "document type",
    ),
    "deep elements": ("csdl", lambda: b"<a>" * 3_000_000, "deeper"),
    "deep elements with marks": ("csdl", lambda: b"<a b='/>'>" * 1_000_000, "deeper"),
    "long attribute": ("csdl", lambda: b"<Edmx a='" + b"x" * 20_000_000, "longer than 1 MiB|broken"),
    "long comment": ("csdl", lambda: b"<!--" + b"x" * 20_000_000, "longer than 1 MiB|broken"),
    "many elements": (
        "csdl",
        lambda: b"<a>" + b"<EntityType Name='a'/>" * 300_000 + b"</a>",
        "not CSDL|comments",
    ),
    "many comments": ("csdl", lambda: b"<a>" + b"<!---->" * 1_000_000 + b"</a>", "not CSDL|comments"),
    "larger than any": ("csdl", lambda: b"<a>" + b" " * 70_000_000, "larger than"),
    "line of 100 MB": ("openapi", lambda: b"openapi: " + b"x" * 100_000_000, "larger than 8 MiB"),
    "line of 100 MB in the paths": (
        "openapi",
        lambda: b"paths:\n  " + b"x" * 100_000_000,
        "larger than 8 MiB",
    ),
    "long value in the item": (
        "openapi",
        lambda: b"paths:\n" + ITEM.encode() + b"    x: " + b"y" * 20_000_000 + b"\nx: y\n",
        "larger than 4 MiB",
    ),
    "many paths": (
        "openapi",
        lambda: b"paths:\n" + b"".join(b"  /a%d:\n    get: {}\n" % each for each in range(400_000)),
        "may be truncated",
    ),
    "many paths that are alike": (
        "openapi",
        lambda: b"paths:\n" + ITEM.replace("cancel", "x").encode() * 200_000 + b"x: y\n",
        "are similar to the wanted one",
    ),
    "alias of itself": (
        "openapi",
        lambda: OPENAPI.replace("summary: Invoke", "x: &a [1, *a]\n      summary: Invoke").encode(),
        "alias *a has no anchor",
    ),
    "alias of nothing": (
        "openapi",
        lambda: OPENAPI.replace("summary: Invoke", "x: *b\n      summary: Invoke").encode(),
        "alias *b has no anchor",
    ),
    "indentation by a tab": (
        "openapi",
        lambda: OPENAPI.replace("      summary: Invoke", "\t  x: y\n      summary: Invoke").encode(),
        "not valid YAML",
    ),
    "merge key": (
        "openapi",
        lambda: OPENAPI.replace("summary: Invoke", "<<: {x: y}\n      summary: Invoke").encode(),
        "merge key",
    ),
    "deep aliases": (
        "openapi",
        lambda: (
            "x0: &x0 {items: {}}\n"
            + "".join(f"x{i}: &x{i} {{items: *x{i - 1}}}\n" for i in range(1, 2000))
            + "paths: {}\n"
        ).encode(),
        "deeper",
    ),
    "alias bomb": (
        "openapi",
        lambda: (
            "x0: &x0 [a]\n"
            + "".join(f"x{i}: &x{i} [{','.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 12))
            + "paths: {}\n"
        ).encode(),
        "aliases",
    ),
    "deep braces": ("openapi", lambda: b"paths: " + b"{a: " * 500_000, "deeper"),
    "deep braces in the item": (
        "openapi",
        lambda: OPENAPI.replace("summary: Invoke", f"x: {'[' * 500_000}").encode(),
        "deeper",
    ),
    "deep JSON": ("json", lambda: b'{"paths": ' + b'{"a": ' * 1_000_000, "deep|no JSON"),
    "deep indentation": (
        "openapi",
        lambda: b"paths:\n" + b"".join(b" " * each + b"a:\n" for each in range(1, 2500)),
        "deeper",
    ),
    "reference to itself": (
        "openapi",
        lambda: (
            OPENAPI.replace(
                "        4XX:\n          $ref: '#/components/responses/error'",
                "        2XX:\n          $ref: '#/components/responses/a'",
            )
            .replace(
                "  responses:\n    books",
                "  responses:\n    a:\n      $ref: '#/components/responses/a'\n    books",
                1,
            )
            .encode()
        ),
        "does not exist",
    ),
    "a key twice": (
        "openapi",
        lambda: OPENAPI.replace("      summary: Invoke", "      summary: b\n      summary: Invoke").encode(),
        "occurs twice",
    ),
    "a key twice in JSON": (
        "json",
        lambda: SEEDS["json"][1].replace('"summary": "Invoke', '"summary": 1, "summary": "Invoke').encode(),
        "occurs twice",
    ),
    "no UTF-8": (
        "openapi",
        lambda: OPENAPI.replace("Invoke", "\udcff").encode("utf-8", "surrogateescape"),
        "not valid YAML",
    ),
}
CHILD = """
import re, resource, sys
from pathlib import Path
from graphcontract.drift.csdl import csdl_reader
from graphcontract.drift.model import Source, SourceError, Unknown
from graphcontract.drift.openapi import openapi_reader
from tests.drift.schemas import WANTED
reader = csdl_reader.read if sys.argv[1] == "csdl" else openapi_reader.read
try:
    print(reader(Source(Path(sys.argv[2]), "beta.huge"), WANTED).notes)
except (SourceError, Unknown) as error:
    print(" ".join(str(error).split()))
if sys.platform == "linux":  # what getrusage tells is that of the parent too, whose image this process had
    print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize("name", HUGE)
def test_what_is_huge_ends_in_one_error_and_little_memory(name: str, tmp_path: Path) -> None:
    kind, made, problem = HUGE[name]
    path = tmp_path / "huge"
    path.write_bytes(made())
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, kind, path], capture_output=True, text=True, timeout=60, check=False
    )
    path.unlink()
    assert ran.returncode == 0, ran.stderr[-2000:]
    said, peak = ran.stdout.splitlines()
    assert len(said) < 400
    assert any(each in said for each in problem.split("|")), said
    assert int(peak) < 300 * 1024


def test_types_and_schemas_in_circles_end(tmp_path: Path) -> None:
    circle = CSDL.replace('Name="entity" Abstract="true"', 'Name="entity" BaseType="graph.loan"')
    assert _read(csdl_reader.read, circle, tmp_path).keys() >= {"properties"}
    entity = "    microsoft.graph.entity:\n"
    loan = "      allOf:\n        - $ref: '#/components/schemas/microsoft.graph.loan'\n"
    circle = OPENAPI.replace(entity, entity + loan)
    assert _read(openapi_reader.read, circle, tmp_path).keys() >= {"properties"}


@pytest.mark.parametrize("reader", [csdl_reader.read, openapi_reader.read])
def test_what_is_not_a_file(reader: Reader, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").write_bytes(b"")
    for name, problem in (
        ("pipe", "not a regular file"),
        ("none", "cannot be read"),
        ("empty", "empty|no element"),
        ("a\0b", "not a valid file name"),
    ):
        with pytest.raises(SourceError, match=problem):
            reader(Source(tmp_path / name, "it"), WANTED)


def test_a_whole_parse_is_said(tmp_path: Path) -> None:
    path = tmp_path / "beta.json"
    path.write_text(SEEDS["one line"][1])
    assert "the whole file was parsed" in openapi_reader.read(Source(path, "beta.json"), WANTED).notes[0]
    path.write_text(SEEDS["json"][1])
    assert openapi_reader.read(Source(path, "beta.json"), WANTED).notes == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (CSDL.replace("<EntityContainer", "<x").replace("</EntityContainer", "</x"), "part of a schema"),
        (CSDL.replace(' IsBound="true"', ""), "does not contain the API version"),
    ],
)
def test_csdl_that_lacks_the_operation_and_is_not_known_to_be_whole(
    text: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "metadata.xml"
    path.write_text(text.replace(' IsBound="true"', ""))
    with pytest.raises(Unknown, match=problem):
        csdl_reader.read(Source(path, "metadata.xml"), WANTED)


def test_lines_are_those_of_the_facts(tmp_path: Path) -> None:
    for reader, text in SEEDS.values():
        path = tmp_path / "beta.x"
        path.write_text(text)
        lines = text.splitlines()
        facts = reader(Source(path, "beta.x"), WANTED).facts
        for name, mark in (
            ("status-enum", "loanStatus"),
            ("properties", "loan"),
            ("key-type", "id"),
            ("action", "cancel"),
        ):
            line = facts[name].origin.line
            assert line is not None
            near = " ".join(lines[max(line - 2, 0) : line + 1])
            assert mark in near, (name, line)
