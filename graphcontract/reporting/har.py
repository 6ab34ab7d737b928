"""The HAR report: the exchanges of a run as an HTTP Archive 1.2, for the tools that read one.

Each call is a page, and each request of it an entry. With `--record all` these are the calls of the whole
run, without it those of the evidence. Bytes are redacted already: a report has no others.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

from graphcontract.reporting import finish
from graphcontract.reporting.events import Event, Header
from graphcontract.reporting.evidence import (
    Evidence,
    RecordedExchange,
    RecordedRequest,
    RecordedResponse,
    WireBytes,
)

_UNKNOWN = -1
"""What HAR has for a size or a time that is not known."""


class Har:
    """Writes entries as they arrive, so that a run of many exchanges needs no memory for them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._header: Header | None = None
        self._pages: list[dict[str, Any]] = []
        self._separator = ""

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; close the document after the footer."""
        match event["event"]:
            case "header":
                self._header = event
                self._open(event)
            case "exchange" if self._records_all:
                self._write(event["clause"], [event])
            case "verdict" if event["evidence"] and not self._records_all:
                self._write_evidence(event["evidence"])
            case "finding":
                self._write_evidence(event["evidence"])
            case "footer":
                self._stream.write(f'],"pages":{json.dumps(self._pages)}}}}}\n')
                finish(self._stream)

    @property
    def _records_all(self) -> bool:
        assert self._header is not None
        return self._header.get("options", {}).get("record") == "all"

    def _open(self, header: Header) -> None:
        creator = {"name": header["tool"]["name"], "version": header["tool"]["version"]}
        comment = (
            "Times are those from the start of a call, added to the start of the run. Tokens are redacted."
        )
        head = json.dumps({"version": "1.2", "creator": creator, "comment": comment})
        self._stream.write(f'{{"log":{head[:-1]},"entries":[')

    def _write_evidence(self, evidence: Evidence) -> None:
        self._write(evidence["id"], [*evidence["before"], evidence["exchange"]])

    def _write(self, name: str, exchanges: Sequence[RecordedExchange]) -> None:
        assert self._header is not None
        started = datetime.fromisoformat(self._header["started"])
        for number, exchange in enumerate(exchanges, 1):
            title = f"{name}, call {number} of {len(exchanges)}" if len(exchanges) > 1 else name
            page = f"page_{len(self._pages) + 1}"
            self._pages.append(_make_page(page, title, started, exchange))
            for entry in _list_entries(page, started, exchange, tls=bool(self._header.get("tls"))):
                self._stream.write(f"{self._separator}\n{json.dumps(entry)}")
                self._separator = ","


def _make_page(id: str, title: str, started: datetime, exchange: RecordedExchange) -> dict[str, Any]:
    outcome = exchange["outcome"]["kind"]
    comment = f"The client reported {outcome}."
    if "fault" in exchange:
        comment += f" Deliberate fault of the response: {exchange['fault']}."
    timings = {"onContentLoad": _UNKNOWN, "onLoad": round(exchange["duration"] * 1000, 3)}
    return {
        "startedDateTime": started.isoformat(),
        "id": id,
        "title": title,
        "pageTimings": timings,
        "comment": comment,
    }


def _list_entries(
    page: str, started: datetime, exchange: RecordedExchange, *, tls: bool
) -> Iterator[dict[str, Any]]:
    responses = {each["request"]: each for each in exchange["responses"]}
    for index, request in enumerate(exchange["requests"]):
        yield _make_entry(page, started, request, responses.get(index), tls=tls)
    for request in (*exchange.get("elsewhere", ()), *exchange.get("connects", ())):
        yield _make_entry(page, started, request, None, tls=tls)


def _make_entry(
    page: str, started: datetime, request: RecordedRequest, response: RecordedResponse | None, *, tls: bool
) -> dict[str, Any]:
    wait = _UNKNOWN if response is None else round(max(0.0, response["at"] - request["at"]) * 1000, 3)
    entry = {
        "pageref": page,
        "startedDateTime": (started + timedelta(seconds=request["at"])).isoformat(),
        "time": max(wait, 0),
        "request": _make_request(request, tls=tls or bool(request.get("server_name"))),
        "response": _make_response(response),
        "cache": {},
        "timings": {"send": 0, "wait": max(wait, 0), "receive": 0},
    }
    if "malformed" in request:
        entry["comment"] = f"The request is not HTTP: {request['malformed']}"
    return entry


def _make_request(request: RecordedRequest, *, tls: bool) -> dict[str, Any]:
    first, fields, content, size = _split_message(request["raw"])
    method, target, version = (*first.split(" ", 2), "", "", "")[:3]
    scheme = "https" if tls else "http"
    url = target if "://" in target else f"{scheme}://{request['origin']}{target}"
    made = {
        "method": method,
        "url": url,
        "httpVersion": version,
        "cookies": [],
        "headers": fields,
        "queryString": [{"name": name, "value": value} for name, value in _split_query(url)],
        "headersSize": size,
        "bodySize": _measure(content),
    }
    if content:
        made["postData"] = {"mimeType": _find_field(fields, "content-type"), "text": content}
    return made


def _split_query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:  # such as a host in brackets that is not an address
        return []


def _make_response(response: RecordedResponse | None) -> dict[str, Any]:
    """A response; HAR has status 0 where there was none."""
    first, fields, content, size = _split_message(response["raw"]) if response else ("", [], "", _UNKNOWN)
    version, _, rest = first.partition(" ")
    media_type = _find_field(fields, "content-type")
    return {
        "status": response["status"] if response else 0,
        "statusText": rest.partition(" ")[2],
        "httpVersion": version,
        "cookies": [],
        "headers": fields,
        "content": {"size": _measure(content), "mimeType": media_type, "text": content},
        "redirectURL": _find_field(fields, "location"),
        "headersSize": size,
        "bodySize": _measure(content) if response else _UNKNOWN,
    }


def _split_message(raw: WireBytes) -> tuple[str, list[dict[str, str]], str, int]:
    """The first line of a message, its fields, its content as text, and the size of its head in bytes."""
    text = raw["text"] if "text" in raw else base64.b64decode(raw["base64"]).decode("latin-1")
    head, _, content = text.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines)
    fields = [{"name": name, "value": value.strip()} for name, _, value in pairs]
    return first, fields, content, _measure(head) + 4


def _find_field(fields: Sequence[dict[str, str]], name: str) -> str:
    return next((each["value"] for each in fields if each["name"].lower() == name), "")


def _measure(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
