"""A case that is kept up: what is sent there by hand is shown and judged, until Ctrl-C."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx
import pytest

from tests.cli.running import ENVIRONMENT, MAIN, Here, apart, read

PUTTING = """
from dataclasses import replace
import httpx
from graphcontract.exchange import Outcome

def cancel(call):
    path = f"solutions/sharePoint/migrations/crossOrganizationMigrationTasks/{call.task_id}/cancel"
    fields = {"Authorization": "Bearer " + call.token}
    answer = httpx.put(f"{call.base_url}/{path}", headers=fields, trust_env=False)
    return Outcome.success() if answer.is_success else Outcome.failure(status=answer.status_code)
"""


class Served:
    """A running `graphcontract serve`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self._out, self._err = process.stdout, process.stderr

    def until(self, words: str) -> list[str]:
        """The lines of standard output up to one with these words."""
        return self._until(self._out, words)

    def call(self) -> tuple[str, str, dict[str, str]]:
        """Where the call that is waited for goes, of its curl line: authority, path, fields."""
        words = shlex.split(self._until(self._err, "curl ")[-1])
        url = urlsplit(next(word for word in words if word.startswith("http")))
        fields = [words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H"]
        return url.netloc, url.path, dict(fields)

    def interrupt(self) -> str:
        """Stop it as Ctrl-C does; what it still said on standard output."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, err
        assert "Traceback" not in err
        return out

    def _until(self, stream: IO[str], words: str) -> list[str]:
        lines = []
        for line in stream:
            lines.append(line.rstrip("\n"))
            if words in line:
                return lines
        raise AssertionError(f"{words!r} is not in {lines}; {self._err.read()}")


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Served]:
    process = subprocess.Popen(
        [*MAIN, "serve", *words],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    patience = threading.Timer(60, process.kill)
    patience.start()
    try:
        yield Served(process)
    finally:
        patience.cancel()
        process.kill()
        process.communicate()


def send(method: str, call: tuple[str, str, dict[str, str]]) -> int:
    authority, path, fields = call
    connection = http.client.HTTPConnection(authority, timeout=10)
    try:
        connection.request(method, path, headers=fields)
        return connection.getresponse().status
    finally:
        connection.close()


def test_what_comes_is_shown_and_judged_over_and_over(tmp_path: Path) -> None:
    with serving(tmp_path, "--clause", "request.method") as served:
        call = served.call()
        assert send("POST", call) == 204
        shown = served.until("= request.method: pass")
        assert shown[0] == "request.method (MUST): The client must send the method POST, in uppercase."
        assert f"  > POST {call[1]} HTTP/1.1" in shown
        assert "  > Authorization: Bearer [token]" in shown
        assert send("PUT", call) == 204
        assert "expected POST; actual PUT" in served.until("    expected")[-1]
        assert served.interrupt() == ""


def test_a_clause_on_what_is_reported_is_judged_for_each_report(tmp_path: Path) -> None:
    with serving(tmp_path, "--clause", "error.failure") as served:
        assert send("POST", served.call()) == 400
        served.until("if the client reports failure")
        assert served.until("if the client reports success:")[0] == "  = error.failure: pass"
        assert "error.failure-" in served.until("    expected")[0]


def test_calls_that_belong_together_are_served_one_after_another(tmp_path: Path) -> None:
    with serving(tmp_path, "--clause", "input.opaque-id") as served:
        calls = []
        for number in (1, 2):
            served.until(f"waiting for call {number} of 2")
            calls.append(served.call())
            assert send("POST", calls[-1]) == 204
        served.until("= input.opaque-id: pass")
        served.until("waiting for call 1 of 2")
        assert calls[0][1] != calls[1][1]


def test_a_failure_of_a_report_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "putting.py").write_text(PUTTING)
    words = ("check", "python:putting:cancel", "--profile", "quick", "--select", "request.method")
    assert apart(*words, "--report", "jsonl=report.jsonl", folder=tmp_path).status == 1
    id = next(event["evidence"]["id"] for event in read(tmp_path / "report.jsonl") if "evidence" in event)
    with serving(tmp_path, "--evidence", id, "--report", "report.jsonl") as served:
        assert send("PUT", served.call()) == 204
        assert id in served.until("! request.method")[-1]
    (tmp_path / "putting.py").write_text(PUTTING.replace("httpx.put", "httpx.post"))
    ended = apart("serve", "--evidence", id, "--report", "report.jsonl", folder=tmp_path)
    assert (ended.status, ended.out) == (2, "")
    assert "no longer shows" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--clause", "nope"),
        ("--clause", "error.*"),
        ("--clause", "request.client-request-id"),
        ("--clause", "request.method", "--evidence", "x"),
        ("--evidence", "x"),
        ("--evidence", "x", "--report", "report.jsonl"),
    ],
)
def test_mistakes_are_said(here: Here, words: tuple[str, ...]) -> None:
    (here.folder / "report.jsonl").write_text(json.dumps({"event": "header"}))
    ended = here("serve", *words)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("error: ") or "\nerror: " in ended.err
    assert "Traceback" not in ended.err


def test_a_case_of_http2_is_served_over_http2(tmp_path: Path) -> None:
    with serving(tmp_path, "--clause", "http2.ping") as served:
        authority, path, fields = served.call()
        with httpx.Client(http2=True, verify=False, trust_env=False) as client:
            response = client.post(f"https://{authority}{path}", headers=fields)
        assert (response.status_code, response.http_version) == (204, "HTTP/2")
        shown = served.until("= http2.ping: pass")
        assert "  > :method: POST" in shown
        assert any(line.startswith("  < PING") for line in shown)
