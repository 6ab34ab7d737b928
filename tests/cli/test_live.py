"""`graphcontract live` as a user types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphcontract.tenant import Running, Status, running
from tests.cli.running import CHECKOUT, ENVIRONMENT, MAIN, Here, apart, read, verdicts
from tests.live.hostile import Answering, answering
from tests.reporting import problems

FAST = ("--rate", "100")


@pytest.fixture(scope="module")
def tenant() -> Iterator[Running]:
    with running() as tenant:
        yield tenant


@pytest.fixture
def with_token(tenant: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credential of an app that reads."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "GRAPHCONTRACT_", "ACTIONS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GRAPHCONTRACT_TOKEN", tenant.token("reader"))


@pytest.mark.usefixtures("with_token")
class TestExitStatus:
    def test_0(self, here: Here, tenant: Running) -> None:
        ended = here("live", "--tenant-url", tenant.root, *FAST, "--report", "jsonl=r.jsonl")
        assert ended.status == 0, ended.err
        assert "The tenant conforms to the contract as far as it was tested." in ended.out
        events = read(here.folder / "r.jsonl")
        assert not [problem for event in events for problem in problems(event)]
        assert events[0]["kind"] == "live"
        assert set(verdicts(events).values()) == {"pass", "not-supported"}

    def test_1(self, here: Here, tenant: Running) -> None:
        tenant.behave("errors-without-code")
        ended = here("live", "--tenant-url", tenant.root, *FAST, "-v")
        tenant.behave(None)
        assert ended.status == 1
        assert "The tenant violates the contract." in ended.out
        assert "reproduce graphcontract live --tenant-url" in ended.out

    @pytest.mark.parametrize(
        "words",
        [
            (),
            ("--tenant-url", ""),
            ("--tenant-url", "https://evil.example"),
            ("--tenant-url", "http://graph.microsoft.com"),
            ("--tenant-url", "http://127.0.0.1:1", "--task", "x"),
            ("--tenant-url", "https://graph.microsoft.com", "--allow-cancel", "--task", "x"),
            ("--tenant-url", "http://127.0.0.1:1", "--select", "retry.*"),
            ("--tenant-url", "http://127.0.0.1:1", "--report", "yaml=x"),
            ("--tenant-url", "http://127.0.0.1:1", "--budget", "0"),
            ("--tenant-url", "http://127.0.0.1:1", "--keep-bodies", "-"),
            ("--tenant-url", "http://127.0.0.1:1", "--allow-cancel", "--create", "none.json"),
            ("--finish",),
            ("--resume", "none.jsonl"),
            ("nonsense", "--tenant-url", "http://127.0.0.1:1"),
        ],
    )
    def test_2(self, here: Here, words: tuple[str, ...]) -> None:
        ended = here("live", *words)
        assert ended.status == 2
        assert "rror" in ended.err
        assert "Traceback" not in ended.err
        assert not ended.out

    def test_3_nobody_is_there(self, here: Here) -> None:
        ended = here("live", "--tenant-url", "http://127.0.0.1:9")
        assert ended.status == 3
        assert "cannot be reached" in ended.err

    def test_3_no_credential(self, here: Here, tenant: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GRAPHCONTRACT_TOKEN", "no token")
        ended = here("live", "--tenant-url", tenant.root)
        assert ended.status == 3
        assert " [credential]\n  Set GRAPHCONTRACT_TOKEN" in ended.err

    def test_5(self, here: Here) -> None:
        with answering(Answering(401)) as root:
            ended = here("live", "--tenant-url", root, *FAST)
        assert ended.status == 5
        assert "Nothing was exercised." in ended.out


@pytest.mark.usefixtures("with_token")
class TestOutput:
    def test_plan_sends_nothing(self, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GRAPHCONTRACT_TOKEN")
        with answering(Answering(500)) as root:
            ended = here("live", "--tenant-url", root, "--plan", "--allow-cancel", "--task", "t-1")
            from tests.live.hostile import asked

            assert not asked(root)
        assert ended.status == 0
        assert "could change: cancels the task for good" in ended.out
        assert not (here.folder / ".graphcontract").exists()

    def test_list(self, here: Here) -> None:
        ended = here("live", "--tenant-url", "http://127.0.0.1:1", "--list")
        assert ended.status == 0
        assert "service.cancel" in ended.out
        assert "  request." not in ended.out

    def test_a_report_on_standard_output_is_alone_there(self, here: Here, tenant: Running) -> None:
        ended = here("live", "--tenant-url", tenant.root, *FAST, "--report", "jsonl=-")
        assert json.loads(ended.out.splitlines()[-1])["event"] == "footer"
        assert "The tenant conforms" in ended.err

    def test_help_says_what_is_safe(self, here: Here) -> None:
        text = " ".join(here("live", "--help").out.split())
        assert "By default, nothing in the tenant can change" in text
        assert "GRAPHCONTRACT_TOKEN" in text

    def test_check_knows_nothing_of_it(self, here: Here) -> None:
        assert "service." not in here("check", "--list").out
        assert here("check", "reference", "--select", "service.cancel").status == 2


class TestApart:
    def test_a_client_finds_no_credential(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = tenant.token("reader")
        monkeypatch.setenv("GRAPHCONTRACT_TOKEN", token)
        monkeypatch.setenv("AZURE_CLIENT_SECRET", "S3cr3t-canary-0123456789abcdef")
        client = "python:tests.live.clients:telling"
        words = ("--tenant-url", tenant.root, *FAST, "--keep-bodies", "b.jsonl", "--report", "jsonl=r.jsonl")
        ended = apart("live", client, *words, folder=tmp_path)
        assert ended.status == 1
        text = ended.out + ended.err + (tmp_path / "b.jsonl").read_text() + (tmp_path / "r.jsonl").read_text()
        assert token[:20] not in text
        assert "S3cr3t-canary" not in text
        exchanges = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()]
        assert any(each["side"] == "client" for each in exchanges)

    @pytest.mark.parametrize("number", [signal.SIGINT])
    def test_ctrl_c_leaves_the_journal_whole(
        self, tenant: Running, tmp_path: Path, number: signal.Signals
    ) -> None:
        (id,) = (tenant.sown[Status.NOT_STARTED],)
        environment = {**os.environ, **ENVIRONMENT, "GRAPHCONTRACT_TOKEN": tenant.token()}
        words = [*MAIN, "live", "--tenant-url", tenant.root, "--rate", "2", "--allow-cancel", "--task", id]
        process = subprocess.Popen(
            [*words, "--report", "jsonl=-"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["event"] == "header"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        footer = json.loads(out.splitlines()[-1])
        assert footer["interrupted"] is True
        assert "Traceback" not in err
        journal = tmp_path / ".graphcontract" / "live-journal.jsonl"
        assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_the_command_line_starts_without_what_live_needs() -> None:
    code = (
        "import sys; import graphcontract.cli; "
        "print([name for name in ('httpx', 'azure', 'hypothesis', 'h11') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
