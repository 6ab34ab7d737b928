"""Recorded runs: what the service answered, from report events and from HAR."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift import recorded_run
from graphcontract.drift.contract_facts import identify_operation
from graphcontract.drift.model import Source, SourceError, Unknown
from tests.drift import library

URL = "https://graph.microsoft.com/beta/library/branches/loanRequests/5f0c/cancel"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


def har(*entries: tuple[str, str, int, int]) -> str:
    rows = [
        {"request": {"method": method, "url": url}, "response": {"status": status, "content": {"size": size}}}
        for method, url, status, size in entries
    ]
    return json.dumps({"log": {"entries": rows}})


def events(*raw: str, kind: str = "live", footer: bool = True) -> str:
    rows: list[dict[str, Any]] = [{"event": "header", "kind": kind}]
    for answer in raw:
        path = URL.removeprefix("https://graph.microsoft.com")
        requests = [{"at": 0, "raw": {"text": f"POST {path} HTTP/1.1\r\n\r\n"}, "origin": "x"}]
        interim = {"at": 0, "status": 100, "request": 0, "raw": {"text": "HTTP/1.1 100 Continue\r\n\r\n"}}
        response = {"at": 0, "status": int(answer.split()[1]), "request": 0, "raw": {"text": answer}}
        rows.append({"event": "exchange", "requests": requests, "responses": [interim, response]})
    rows += [{"event": "footer"}] if footer else []
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def found(contract: Contract, folder: Path, text: str) -> list[str]:
    path = folder / "run"
    path.write_text(text)
    return library.rules(library.compared(contract, Source(path, "run")))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (har(("POST", URL, 204, 0), ("POST", URL, 409, 90)), []),
        (har(("POST", URL, 200, 0)), ["success-status-changed"]),
        (har(("POST", URL, 204, 9)), ["success-content-changed"]),
        (har(("POST", URL, 204, 0), ("POST", URL, 202, 0)), ["self-contradiction"]),
        (har(("POST", URL, 404, 0)), ["nothing-compared"]),
        (har(("GET", URL, 200, 0)), ["operation-missing"]),
        (har(("POST", URL.replace("beta", "v1.0"), 204, 0)), ["operation-missing"]),
        (har(), ["operation-missing"]),
        (events("HTTP/1.1 204 No Content\r\n\r\n"), []),
        (events("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"), ["success-status-changed"]),
        (events("HTTP/1.1 204 No Content\r\n\r\n{}"), ["success-content-changed"]),
        (events("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), []),
        (events("HTTP/1.1 401 Unauthorized\r\n\r\n{}"), ["nothing-compared"]),
    ],
)
def test_answers_are_held_against_the_contract(
    contract: Contract, tmp_path: Path, text: str, rules: list[str]
) -> None:
    assert found(contract, tmp_path, text) == rules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (events(kind="check"), "come from graphcontract"),
        (events("HTTP/1.1 204 No Content\r\n\r\n", footer=False), "truncated"),
        ('{"event": "header"}', "not a report of a live run"),
        ('{"log": []}', "not a report of a live run"),
        ('{"log": {"entries": [1]}}', "not a report of a live run"),
        ('{"log": ' + "[" * 100_000, "not a complete report"),
        (events() + "{", "not a complete report"),
    ],
)
def test_what_is_not_a_run_of_the_service(contract: Contract, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "run"
    path.write_text(text)
    with pytest.raises(SourceError, match=said):
        recorded_run.read(Source(path, "run"), identify_operation(contract))


def test_a_run_that_never_asked_is_unknown(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text(events())
    with pytest.raises(Unknown):
        recorded_run.read(Source(path, "run"), identify_operation(contract))
