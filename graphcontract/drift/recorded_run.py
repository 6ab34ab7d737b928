"""Reads the responses of the service from a recorded run: report events, or HAR.

The report of a `check` is rejected, because graphcontract itself produced those responses.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Reading, Source, SourceError, Unknown, Wanted, reject_source
from graphcontract.drift.operation_paths import matches
from graphcontract.drift.page.request_lines import parse_target
from graphcontract.drift.source_file import decode_text, read_bytes

NAMES = ("success", "errors")

_MOST_BYTES = 256 * 1024 * 1024  # as `report_reader` accepts, which reads the same reports
_REQUEST = re.compile(r"([A-Za-z]+) (\S{1,8000})")
_AGAIN = "Record a complete run again with --report jsonl=PATH."
_HAR = re.compile(r'\A\s*+\{\s*+"log"')


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A request and its final status code; `line` is the line in a report, None in a HAR."""

    method: str
    target: str
    status: int
    content: bool
    line: int | None


def read(source: Source, wanted: Wanted) -> Reading:
    """Read the responses of the service; raises `Unknown` if the run never called the operation."""
    text = decode_text(read_bytes(source.path, source.name, _MOST_BYTES), source.name)
    notes = FactCollector(FactOrigin("run", source.name, source.version))
    try:
        found = list(_read_har(text) if _HAR.match(text) else _read_events(text, source))
    except (json.JSONDecodeError, RecursionError):
        raise SourceError(f"{source.name}: it is not a complete report or HAR", _AGAIN) from None
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        raise reject_source(source, "it is JSON, but not a report of a live run or a HAR", _AGAIN) from None
    ours = [each for each in found if _is_wanted(each, wanted)]
    if not ours:
        raise Unknown("no request of the run called the operation", notes.origin)
    for each in ours:
        if 200 <= each.status < 300:
            place = notes.locate(each.line) if each.line else None
            notes.add_fact("success", (each.status, "content" if each.content else "none"), place)
    refused = sorted({str(each.status) for each in ours if each.status >= 400})
    if refused:
        notes.add_fact("errors", tuple(refused), None)
    notes.mark_silent(NAMES)
    said = sorted({(each.status, each.content) for each in ours})
    return notes.make_reading(sha256(repr(said).encode()).hexdigest(), (f"{len(ours)} responses",))


def _is_wanted(each: _Exchange, wanted: Wanted) -> bool:
    version, path, _ = parse_target(each.target)
    return each.method == wanted.method and version == wanted.version and matches(path, wanted.path)


def _read_har(text: str) -> Iterator[_Exchange]:
    for entry in json.loads(text)["log"]["entries"]:
        request, response = entry["request"], entry["response"]
        size = response.get("content", {}).get("size", 0)
        yield _Exchange(
            str(request["method"]), str(request["url"]), int(response["status"]), int(size) > 0, None
        )


def _read_events(text: str, source: Source) -> Iterator[_Exchange]:
    kind = ended = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        event = json.loads(line)
        if event["event"] == "header":
            kind = event["kind"]
        elif event["event"] == "exchange":
            yield from _read_exchange(event, number)
        ended = event["event"]
    if kind in ("check", "operations"):
        problem = "its responses come from graphcontract (a check), not the service"
        raise reject_source(source, problem, "Give the report of a live run.")
    if ended != "footer":
        raise SourceError(f"{source.name}: it is truncated: it has no footer", _AGAIN)


def _read_exchange(event: Any, line: int) -> Iterator[_Exchange]:
    for index, request in enumerate(event["requests"]):
        asked = _REQUEST.match(_decode(request["raw"]).decode("latin-1"))
        final = [each for each in event["responses"] if each["request"] == index and each["status"] >= 200]
        if asked and final:
            has_content = _has_content(_decode(final[-1]["raw"]))
            yield _Exchange(asked[1], asked[2], int(final[-1]["status"]), has_content, line)


def _decode(recorded: Any) -> bytes:
    if "text" in recorded:
        return str(recorded["text"]).encode()
    return base64.b64decode(recorded["base64"])


def _has_content(raw: bytes) -> bool:
    """Whether a response has content; line ends are normalized first."""
    head, _, body = raw.replace(b"\r\n", b"\n").rpartition(b"HTTP/")[2].partition(b"\n\n")
    chunked = re.search(rb"(?i)^transfer-encoding:.*chunked", head, re.MULTILINE)
    return bool(body) and not (chunked and body.startswith(b"0\n"))
