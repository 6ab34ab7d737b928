from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from graphcontract.clauses import registry
from graphcontract.contract.loader import document, load
from graphcontract.contract.model import DEFAULT_CONTRACT
from tests.cli.running import CHECKOUT, ENVIRONMENT, MAIN, Here, apart, read, verdicts
from tests.reporting import problems

CLIENTS = "python:tests.cli.adapters"
GULLIBLE, IDLE, UNFINISHED, FINICKY = (
    f"{CLIENTS}:{name}" for name in ("gullible", "idle", "unfinished", "finicky")
)
FAST = ("--transport", "mock", "--profile", "quick")
METHOD = ("--select", "request.method")
FEW = ("--select", "response.no-content")  # 29 exchanges
UNHURRIED = [f"--select={id}" for id in ("response.no*", "response.redirection", "error.malformed")]
CHANGING = re.compile(r"call-[0-9]+|client-request-id: [0-9a-f-]{36}")


def break_judge(patch: pytest.MonkeyPatch, id: str) -> None:
    def judge(*_: object) -> None:
        raise ZeroDivisionError("a defect of ours")

    patch.setitem(registry(), id, replace(registry()[id], judge=judge))  # type: ignore[arg-type]


class TestExitStatus:
    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (0, ("reference", *FAST, *FEW)),
            (0, ("reference", "--in-process", "--profile", "quick", *FEW)),
            (1, (GULLIBLE, *FAST, "--select", "response.redirection")),
            (0, (GULLIBLE, *FAST, "--select", "response.not-modified")),
            (1, (GULLIBLE, *FAST, "--select", "response.not-modified", "--fail-on", "should")),
            (1, (UNFINISHED, *FAST, "--select", "input.injection", *FEW)),
            (5, (IDLE, *FAST, *FEW)),
            (5, ("reference", *FAST, "--select", "response.interim")),
        ],
    )
    def test_of_a_run(self, here: Here, status: int, words: tuple[str, ...]) -> None:
        assert here.events(*words, status=status)[-1]["exit_status"] == status

    @pytest.mark.parametrize("client", ["reference", GULLIBLE])
    def test_of_a_defect_of_the_harness(
        self, here: Here, monkeypatch: pytest.MonkeyPatch, client: str
    ) -> None:
        break_judge(monkeypatch, "response.not-modified")
        events = here.events(client, *FAST, "--select", "response.no*", status=6)
        assert verdicts(events)["response.not-modified"] == "error"
        assert events[-1]["exit_status"] == 6
        assert {problem for event in events for problem in problems(event)} == set()

    @pytest.mark.parametrize(
        "words",
        [
            (),
            ("nonsense",),
            ("reference", "--contract", "nope"),
            ("reference", "--transport", "pigeon"),
            ("reference", "--select", "nope.*"),
            ("reference", "--deselect", "*"),
            ("reference", "--report", "pdf=x"),
            ("reference", "--report", "jsonl"),
            ("reference", "--report", "jsonl=/dev/null/x"),
            ("reference", "-n", "0"),
            ("reference", "--seed", "x"),
            ("process:x", "--transport", "mock"),
            ("process:x", "--in-process"),
        ],
    )
    def test_of_a_mistake_in_use(self, here: Here, words: tuple[str, ...]) -> None:
        ended = here("check", *words)
        assert (ended.status, ended.out) == (2, "")
        assert "error" in ended.err.lower()
        assert "Traceback" not in ended.err
        assert list(here.folder.iterdir()) == []

    @pytest.mark.parametrize(
        "words",
        [
            ("process:/nonexistent",),
            (f"process:{sys.executable} -S -c pass",),
            ("python:tests.cli.adapters:nobody",),
            ("python:no.such.module:cancel", "--in-process"),
            ("command:/nonexistent {url}",),
        ],
    )
    def test_of_a_client_that_cannot_be_started(self, here: Here, words: tuple[str, ...]) -> None:
        ended = here("check", *words)
        assert (ended.status, ended.out) == (3, "")
        assert ended.err.startswith("error: ")
        assert "Traceback" not in ended.err

    def test_of_a_client_that_cannot_be_reached(self, here: Here) -> None:
        ended = here("check", f"{CLIENTS}:aloof", *FAST, *METHOD, "--report", "jsonl=-")
        assert (ended.status, ended.out) == (3, "")
        assert "not an allowed host" in ended.err
        assert "hosts" in ended.err.partition("[client-unavailable]\n  ")[2]

    def test_of_a_client_that_claims_what_it_does_not_do(self, here: Here) -> None:
        events = here.events(f"{CLIENTS}:claiming", *FAST, "--select", "request.once", status=1)
        assert verdicts(events) == {"request.once": "fail"}

    def test_of_a_client_that_bypasses_the_mock_transport(self, here: Here) -> None:
        ended = here("check", "python:tests.cli.adapters:raw", "--transport", "mock")
        assert ended.status == 3
        assert "--transport loopback" in ended.err


class TestSelection:
    def test_patterns(self, here: Here) -> None:
        words = ("--select", "request.*", "--select", "error.code", "--deselect", "*.content-*")
        listed = here("check", "--list", *words).out.splitlines()
        ids = [line.split()[1] for line in listed]
        assert "request.method" in ids
        assert "error.code" in ids
        assert "request.content-length" not in ids
        assert "error.message" not in ids

    def test_all_are_listed_with_their_level(self, here: Here) -> None:
        ended = here("check", "--list")
        assert ended.status == 0
        rows = [line.split(maxsplit=2) for line in ended.out.splitlines()]
        clauses = [each for each in load(DEFAULT_CONTRACT, None).clauses.values() if each.by == "client"]
        assert [(level, id) for level, id, _ in rows] == [(each.counted_level, each.id) for each in clauses]

    def test_what_concerns_http2_counts_for_clients_that_speak_it(self, here: Here) -> None:
        selected = ("--profile", "quick", "--select", "request.method", "--select", "http2.response")
        for client, count in (("reference", 1), ("reference-http2", 2)):
            events = here.events(client, *selected, status=0)
            assert events[-1]["must"] == {"judged": count, "planned": count}
            found = [event for event in events if event["event"] == "verdict"]
            assert {event["clause"]: event.get("protocols") for event in found} == {
                "request.method": ["1.1"],
                "http2.response": ["2"] if count == 2 else None,
            }

    def test_an_alias_selects_its_clause(self, here: Here) -> None:
        contract = document(DEFAULT_CONTRACT, None)
        contract["clauses"]["request.method"]["aliases"] = ["request.verb"]
        path = here.folder / "mine.json"
        path.write_text(json.dumps(contract))
        listed = here("check", "--list", "--contract", str(path), "--select", "request.verb")
        assert listed.out.split()[1] == "request.method"

    def test_only_what_is_selected_is_planned(self, here: Here) -> None:
        events = here.events("reference", *FAST, *FEW, status=0)
        assert verdicts(events) == {"response.no-content": "pass"}

    def test_the_first_violation_may_end_the_run(self, here: Here) -> None:
        words = ("--select", "response.*", "--select", "error.failure")
        events = here.events(GULLIBLE, *FAST, *words, "-x", status=1)
        found = verdicts(events)
        assert list(found.values()).count("fail") == 1
        assert found["error.failure"] == "not-run"
        reasons = {event["clause"]: event.get("reason") for event in events if event["event"] == "verdict"}
        assert reasons["error.failure"] == "the run ended before all tests of this clause had run"


def recorded(events: list[dict[str, Any]]) -> list[list[str]]:
    """What was sent and answered, without what is another each time: hosts, request ids."""
    found = []
    for event in events:
        if event["event"] == "exchange":
            wire = [str(each["raw"]) for each in (*event["requests"], *event["responses"])]
            found.append([CHANGING.sub("", each.partition("'size'")[0]) for each in wire])
    return found


class TestReproduction:
    WORDS = (*FAST, *METHOD, "--record", "all")

    def test_the_same_seed_sends_the_same(self, here: Here) -> None:
        """At `quick`, a test of many classes draws one value for each: the simplest, whatever the seed."""
        words = ("reference", *self.WORDS, "--profile", "gate", "--seed")
        first = recorded(here.events(*words, "7"))
        assert len(first) > 50
        assert recorded(here.events(*words, "7")) == first
        assert recorded(here.events(*words, "8")) != first

    def test_another_client_is_sent_the_same(self, here: Here) -> None:
        first = recorded(here.events("reference", *self.WORDS))
        assert recorded(here.events(GULLIBLE, *self.WORDS)) == first

    def test_profiles_explore_more_and_more(self, here: Here) -> None:
        words = (FINICKY, "--transport", "mock", "--select", "input.opaque-id", "--profile")
        runs = [here.events(*words, name) for name in ("quick", "gate")]
        assert not Path(".graphcontract").exists()
        runs.append(here.events(*words, "nightly"))
        exercised = [event["exercised"] for run in runs for event in run if "exercised" in event]
        assert exercised == sorted(set(exercised))
        assert [run[0]["seed"] for run in runs][:2] == [0, 0]
        assert any(path.is_file() for path in Path(".graphcontract").rglob("*"))


class TestWorkers:
    @staticmethod
    def summary(events: list[dict[str, Any]]) -> list[Any]:
        names = ("clause", "verdict", "exercised", "classes", "also", "reason", "protocols")
        found = [event for event in events if event["event"] == "verdict"]
        return sorted(
            [[event.get(name) for name in names] + [(event["evidence"] or {}).get("id")] for event in found],
            key=str,
        )

    def test_two_say_the_same_as_one(self, here: Here) -> None:
        one = here.events(GULLIBLE, *FAST, *UNHURRIED, status=1)
        two = here.events(GULLIBLE, *FAST, *UNHURRIED, "-n", "2", status=1)
        assert verdicts(two) == verdicts(one)
        assert self.summary(two) == self.summary(one)
        assert [event["event"] for event in two][:2] == ["header", "plan"]
        assert {problem for event in two for problem in problems(event)} == set()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over the loopback transport of a client that takes everything for success."""
    folder = tmp_path_factory.mktemp("reports")
    chosen = ("response.no-content", "response.redirection", "error.malformed", "transport.failure")
    words = ("--profile", "quick", "--record", "all", *(f"--select={id}" for id in chosen))
    reports = ("--report", "jsonl=-", "--report", "junit=out/junit.xml", "--report", "jsonl=copy.jsonl")
    ended = apart("check", GULLIBLE, *words, *reports, folder=folder)
    assert ended.status == 1, ended.err
    (folder / "out.jsonl").write_text(ended.out)
    (folder / "err.txt").write_text(ended.err)
    return folder


class TestReports:
    def test_standard_output_has_the_report_alone(self, ran: Path) -> None:
        assert read(ran / "out.jsonl") == read(ran / "copy.jsonl")
        assert "The client violates the contract." in (ran / "err.txt").read_text()

    def test_every_event_keeps_to_the_schema(self, ran: Path) -> None:
        events = read(ran / "copy.jsonl")
        assert {problem for event in events for problem in problems(event)} == set()
        kinds = [event["event"] for event in events]
        assert set(kinds) == {"header", "plan", "exchange", "verdict", "progress", "footer"}
        assert (kinds[0], kinds[1], kinds[-1]) == ("header", "plan", "footer")

    def test_every_exchange_is_recorded(self, ran: Path) -> None:
        events = read(ran / "copy.jsonl")
        recorded = sum(event["event"] == "exchange" for event in events)
        assert recorded == events[-1]["exchanges"] > 100

    def test_the_footer_counts_the_verdicts(self, ran: Path) -> None:
        events = read(ran / "copy.jsonl")
        found = list(verdicts(events).values())
        assert events[-1]["counts"] == {verdict: found.count(verdict) for verdict in set(found)}
        assert "error" not in found

    def test_junit_has_a_case_a_clause(self, ran: Path) -> None:
        found = verdicts(read(ran / "copy.jsonl"))
        cases = list(ElementTree.parse(ran / "out" / "junit.xml").iter("testcase"))
        assert {case.get("name") for case in cases} == found.keys()
        failed = {case.get("name") for case in cases if case.find("failure") is not None}
        assert {"response.redirection", "transport.failure"} <= failed


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


class Running:
    """A run in a process group of its own, as a terminal has it."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._folder = folder
        self.process = subprocess.Popen(
            [*MAIN, "check", *words],
            cwd=folder,
            env={**os.environ, **ENVIRONMENT},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def until(self, pattern: str, count: int) -> None:
        """Wait for so many files."""
        patience = time.monotonic() + 60
        while len(list(self._folder.glob(pattern))) < count:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < patience
            time.sleep(0.02)

    def interrupt(self, by: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        """Signal this one process alone; standard output and error of a run that ends soon."""
        self.process.send_signal(by)
        out, err = self.process.communicate(timeout=60)  # its calls would take longer
        assert self.process.returncode == 130, err
        assert "Traceback" not in out + err
        return out, err

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class TestInterrupt:
    @pytest.mark.parametrize(
        ("words", "drivers"),
        [((), 1), (("-n", "2"), 2), (("--select", "retry.*"), 4)],
        ids=["one call", "by workers", "side by side"],
    )
    def test_ends_at_once_and_leaves_nothing(
        self, tmp_path: Path, words: tuple[str, ...], drivers: int
    ) -> None:
        client = f"process:{sys.executable} -S {CHECKOUT / 'tests' / 'cli' / 'waiting.py'} {tmp_path}"
        report = tmp_path / "report.jsonl"
        with Running(tmp_path, client, "--report", f"jsonl={report}", *words) as run:
            run.until("called-*", drivers)
            out, _ = run.interrupt()
        events = read(report)
        assert (events[-1]["exit_status"], events[-1]["interrupted"]) == (130, True)
        assert set(verdicts(events).values()) <= {"not-run", "not-supported"}
        assert {problem for event in events for problem in problems(event)} == set()
        assert "Interrupted." in out
        assert not any(is_alive(int(path.name.partition("-")[2])) for path in tmp_path.glob("called-*"))

    @pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
    def test_leaves_no_temporary_file(
        self, tmp_path: Path, by: signal.Signals, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (temporary := tmp_path / "temporary").mkdir()
        monkeypatch.setenv("TMPDIR", str(temporary))
        client = f"process:{sys.executable} -S {CHECKOUT / 'tests' / 'cli' / 'waiting.py'} {tmp_path}"
        with Running(tmp_path, client, "--report", "jsonl=report.jsonl") as run:
            run.until("called-*", 1)
            assert list(temporary.iterdir())
            run.interrupt(by)
        assert read(tmp_path / "report.jsonl")[-1]["interrupted"] is True
        assert list(temporary.iterdir()) == []

    def test_ends_while_a_driver_starts(self, tmp_path: Path) -> None:
        code = "import signal; open('started', 'w').close(); signal.pause()"
        with Running(tmp_path, f'process:{sys.executable} -S -c "{code}"') as run:
            run.until("started", 1)
            run.interrupt()
