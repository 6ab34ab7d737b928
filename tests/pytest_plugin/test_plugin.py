"""The suites in someone's own pytest run: a folder with an ini file, and pytest started in it."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from graphcontract.contract.loader import load
from graphcontract.contract.model import DEFAULT_CONTRACT
from graphcontract.inputs.tokens import CANARY
from tests.reporting import problems

CHECKOUT = Path(__file__).parents[2]
SUITES = ("--pyargs", "graphcontract.suites")
INI = "[pytest]\ngraph_transport = mock\ngraph_profile = quick\n"
CLIENT = """
import sys
from graphcontract.clients.reference import make_call
from graphcontract.exchange import Outcome

def gullible(call):
    print("calling with", call.token)
    print("calling with", call.token, file=sys.stderr)
    outcome = make_call(call)
    return Outcome.success() if outcome.kind == "failure" else outcome
"""
SILENT = """
from graphcontract.exchange import Outcome

def silent(call):
    return Outcome.failure(message="not today")
"""
CONFTEST = """
import json

def pytest_graphcontract_event(event):
    with open("heard", "a") as file:
        file.write(json.dumps(event) + "\\n")
"""
CLAUSES = load(DEFAULT_CONTRACT, None).clauses
OWN = """
from hypothesis import strategies as st
from graphcontract.http.stub_response import plain_error
from graphcontract.inputs import Partitions
from graphcontract.inputs.calls import guid_calls
from graphcontract.judging.suite_api import given, proves

@proves("error.failure", "error.status")
@given(call=guid_calls, status=Partitions({"teapot": st.just(418), "loop": st.just(508)}))
def test_odd_errors(harness, call, status):
    harness.check(call, [plain_error(status)])

def test_of_another_kind():
    assert True
"""


def environment() -> dict[str, str]:
    """The environment of these tests, without what their own pytest has put into it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return {**own, "COLUMNS": "200"}


def run_pytest(folder: Path, *words: str, status: int = 0) -> str:
    """Run pytest as a process of its own; returns its standard output, and its standard error behind it."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


class Project:
    """A folder in which pytest is run."""

    def __init__(self, folder: Path, ini: str = INI) -> None:
        self.folder = folder
        self.write("pytest.ini", ini)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def pytest(self, *words: str, status: int = 0) -> str:
        """Run pytest in this process, which saves the second that a new one takes; returns what it prints."""
        printed = io.StringIO()
        with self._entered(), redirect_stdout(printed), redirect_stderr(printed):
            # The plugin of Hypothesis warns if Hypothesis was used in this process before. Another collects
            # garbage five times at the end, as that of these tests does anyway.
            unused = ("cacheprovider", "hypothesispytest", "unraisableexception")
            ended = pytest.main([*(word for each in unused for word in ("-p", f"no:{each}")), *words])
        assert ended == status, printed.getvalue()
        return printed.getvalue()

    def pytest_process(self, *words: str, status: int = 0) -> str:
        """Run pytest as a user starts it; returns its standard output, and its standard error behind it."""
        return run_pytest(self.folder, *words, status=status)

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """Enter the folder as `python -m pytest` does, and forget its modules afterwards."""
        outside, path = Path.cwd(), sys.path.copy()
        with mock.patch.dict(os.environ, environment(), clear=True):
            os.chdir(self.folder)
            sys.path.insert(0, str(self.folder))
            try:
                yield
            finally:
                os.chdir(outside)
                sys.path[:] = path
                for name, module in list(sys.modules.items()):
                    if self.folder in Path(getattr(module, "__file__", None) or "").parents:
                        del sys.modules[name]

    def events(self, name: str) -> list[dict[str, Any]]:
        events = [json.loads(line) for line in (self.folder / name).read_text().splitlines()]
        assert {problem for event in events for problem in problems(event)} == set()
        return events


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def items(said: str, word: str) -> set[str]:
    """Clauses of the items that the summary lists with this word."""
    return set(re.findall(rf"^{word} .*\[([a-z0-9.-]+)\]", said, re.MULTILINE))


def test_an_item_a_clause(project: Project) -> None:
    project.write("pytest.ini", f"{INI}graph_client = reference\naddopts = --strict-markers\n")
    said = project.pytest(
        *SUITES, "-m", "graphcontract", "-k", "(test_request and not retry) or interim", "-rA"
    )
    proved = ("request.", "input.", "secrets.")
    assert items(said, "PASSED") == {id for id in CLAUSES if id.startswith(proved)}
    assert "this transport does not show raw bytes" in said
    assert re.search(r"[0-9]+ of [0-9]+ MUST exercised, [0-9]+ exchanges", said)
    assert sorted(path.name for path in project.folder.iterdir()) == ["pytest.ini"]


def test_levels_are_markers(project: Project) -> None:
    words = ("--graph-client", "reference", "--collect-only", "-q", "-m")
    for level in ("must", "should"):
        said = project.pytest(*SUITES, *words, level)
        chosen = set(re.findall(r"\[([a-z0-9.-]+)\]$", said, re.MULTILINE))
        expected = {id for id, clause in CLAUSES.items() if clause.by == "client"}
        assert chosen == {id for id in expected if CLAUSES[id].counted_level == level.upper()}


def test_a_violation_is_shown_by_its_evidence_and_without_a_token(project: Project) -> None:
    project.write("my_client.py", CLIENT)
    words = ("--graph-client", "python:my_client:gullible", "--graph-select", "response.*")
    said = project.pytest(*SUITES, *words, "--graph-report", "jsonl=report.jsonl", "-rA", status=1)
    assert items(said, "FAILED") == {"response.redirection"}
    assert items(said, "XFAIL") == {"response.not-modified"}
    assert "SHOULD violated: " in said
    assert re.search(r"^response\.redirection-[0-9a-f]{12} \(MUST\)$", said, re.MULTILINE)
    assert "reproduce graphcontract check python:my_client:gullible --transport mock" in said
    assert "Traceback" not in said
    assert "calling with [token" in said
    assert CANARY not in said
    assert CANARY not in (project.folder / "report.jsonl").read_text()
    assert project.events("report.jsonl")[-1]["exit_status"] == 1


def test_a_list_of_known_failures_decides_as_in_check(project: Project) -> None:
    """At SHOULD too: not listed, listed, past its last day, no longer seen; the report agrees each time."""
    project.write("my_client.py", CLIENT)
    chosen = ("--graph-select", "response.not-modified", "--graph-report", "jsonl=report.jsonl", "-rA")
    words = (*SUITES, *chosen, "--graph-known-failures", "known.json", "--graph-client")
    failing = "python:my_client:gullible"
    rows: list[dict[str, Any]] = []

    def tried(client: str, status: int) -> str:
        project.write("known.json", json.dumps({"known_failures": rows}))
        said = project.pytest(*words, client, status=status)
        assert project.events("report.jsonl")[-1]["exit_status"] == status
        return said

    said = tried(failing, 1)
    assert items(said, "FAILED") == {"response.not-modified"}
    (id,) = set(re.findall(r"^(response\.not-modified-[0-9a-f]{12}) \(SHOULD\)$", said, re.MULTILINE))
    rows.append({"clause": "response.not-modified", "evidence": [id], "reason": "it waits for 2.0"})
    said = tried(failing, 0)
    assert items(said, "XFAIL") == {"response.not-modified"}
    assert "accepted as known: response.not-modified (SHOULD): it waits for 2.0 (1 failure; no issue" in said
    said = tried("reference", 1)
    assert f"known failure of response.not-modified: no longer seen: remove {id} from known.json:1" in said
    rows[0]["expires"] = "2020-01-01"
    said = tried(failing, 1)
    assert items(said, "FAILED") == {"response.not-modified"}
    assert "the entry expired on 2020-01-01" in said


def test_workers_give_one_verdict_a_clause(project: Project) -> None:
    words = ("--graph-client", "reference", "--graph-select", "request.[mp]*", "--graph-seed", "5", "-n", "2")
    project.pytest_process(*SUITES, *words, "--graph-report", "jsonl=report.jsonl")
    events = project.events("report.jsonl")
    planned = [row["clause"] for row in events[1]["clauses"]]
    found = [event for event in events if event["event"] == "verdict"]
    assert sorted(event["clause"] for event in found) == sorted(planned)
    assert {event["verdict"] for event in found} == {"pass"}
    assert events[0]["seed"] == 5
    assert (events[-1]["event"], events[-1]["exit_status"]) == ("footer", 0)


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["", "by workers"])
def test_a_must_that_no_test_exercised_fails_the_run(project: Project, workers: tuple[str, ...]) -> None:
    project.write("mine.py", SILENT)
    words = ("--graph-client", "python:mine:silent", "--graph-transport", "loopback")
    said = project.pytest(*SUITES, *words, "--graph-select", "redirect.bounded", *workers, status=1)
    assert "MUST not exercised by any test: redirect.bounded" in said
    assert re.search(r"= \d+ skipped\b", said)


def test_clauses_can_be_proved_by_tests_of_ones_own(project: Project) -> None:
    project.write("conftest.py", CONFTEST)
    project.write("test_own.py", OWN)
    said = project.pytest("--graph-client", "reference", "--graph-select", "error.failure", "-v")
    assert "test_own.py::test_odd_errors[error.failure] PASSED" in said
    assert "test_own.py::test_of_another_kind PASSED" in said
    assert "2 passed" in said
    events = project.events("heard")
    (verdict,) = (event for event in events if event["event"] == "verdict")
    assert verdict["classes"] == {"teapot": verdict["exercised"] // 2, "loop": verdict["exercised"] // 2}
    assert [event["event"] for event in events] == ["header", "plan", "verdict", "progress", "footer"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "these suites check a client: name it with --graph-client"),
        (("--graph-client", "process:/nonexistent", "--graph-transport", "loopback"), "was not found"),
        (("--graph-client", "reference", "--graph-select", "nope", "-n", "2"), "'nope' matches no clause"),
        (("--graph-client", "reference", "--graph-seed", "x"), "--graph-seed takes a number"),
        (
            ("--graph-client", "reference", "-o", "graph_profile=slow"),
            "(graph_profile) takes quick or gate or nightly, not 'slow'",
        ),
    ],
)
def test_a_mistake_in_use_is_one(project: Project, words: tuple[str, ...], reason: str) -> None:
    said = project.pytest(*SUITES, *words, status=pytest.ExitCode.USAGE_ERROR)
    assert f"ERROR: {reason}" in said or reason in said.partition("ERROR: ")[2]
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said


def test_a_missing_client_is_a_mistake_for_workers_too(project: Project) -> None:
    suite = ("--pyargs", "graphcontract.suites.test_request")
    said = project.pytest(*suite, "-n", "1", status=pytest.ExitCode.INTERRUPTED)
    assert "these suites check a client: name it with --graph-client" in said
    assert "INTERNALERROR" not in said


def test_without_suites_the_plugin_is_silent(project: Project) -> None:
    project.write("test_mine.py", "def test_mine():\n    assert True\n")
    said = project.pytest_process("-W", "error")
    assert "1 passed" in said
    assert "graphcontract" not in said.partition("collected")[2]


def test_suites_of_this_checkout() -> None:
    words = ["suites", "--graph-client", "reference", "--graph-transport", "mock", "--graph-profile", "quick"]
    assert "5 passed" in run_pytest(CHECKOUT, *words, "-k", "request.method or no-content")
