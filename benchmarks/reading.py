"""`python -m benchmarks.reading WHAT FILE [PATH]`: one way to read a large source, in a separate process.

Each way imports what it needs itself, since the import is part of its cost. `nothing` is the cost common to
all.
"""

from __future__ import annotations

import sys


def nothing(_file: str, _path: str) -> None:
    """Read nothing."""


def csdl(file: str, path: str) -> None:
    """Our reader of CSDL."""
    from graphcontract.drift.csdl.csdl_reader import read

    _read(read, file, path)


def lxml(file: str, _path: str) -> None:
    """A tree of lxml."""
    from lxml import etree

    etree.parse(file)


def elementtree(file: str, _path: str) -> None:
    """A tree of the standard library."""
    from xml.etree import ElementTree

    ElementTree.parse(file)  # noqa: S314  # a file that we wrote


def openapi(file: str, path: str) -> None:
    """Our reader of OpenAPI descriptions."""
    from graphcontract.drift.openapi.openapi_reader import read

    _read(read, file, path)


def pyyaml(file: str, _path: str) -> None:
    """PyYAML's loader in C."""
    import yaml

    with open(file, "rb") as source:
        yaml.load(source, yaml.CSafeLoader)


def search(file: str, path: str, *, line: bool = False) -> None:
    """Search the mapped file for the path's key, and with `line` also count the lines up to it."""
    import mmap

    with open(file, "rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(f"\n  '{path}':".encode())
        if line:
            sum(data[each : min(each + 2**20, at)].count(b"\n") for each in range(0, at, 2**20))
        if at < 0:
            raise SystemExit("not found")


def search_and_count(file: str, path: str) -> None:
    """Search as above, and count the lines."""
    search(file, path, line=True)


def _read(read: object, file: str, path: str) -> None:
    from pathlib import Path

    from graphcontract.drift.model import Source, Wanted

    segments = tuple(("key", part) if part.startswith("{") else part for part in path.strip("/").split("/"))
    wanted = Wanted("POST", "beta", segments, "", path.rpartition("/")[2])
    reading = read(Source(Path(file), Path(file).name), wanted)  # type: ignore[operator]  # a Reader, unimported
    if reading.facts["route"].value != "reachable":
        raise SystemExit("not reachable")


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    globals()[what](*rest)
