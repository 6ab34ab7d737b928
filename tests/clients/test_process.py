from __future__ import annotations

import json
import os
import select
import signal
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic

import pytest

from graphcontract.clients import Client, ClientUnavailable, Implementation, Limits, Start
from graphcontract.clients.process import ProcessClient
from graphcontract.exchange import Call, Outcome

ZOO = str(Path(__file__).parent.parent / "zoo" / "misbehaving.py")
START = Start("contract", ("127.0.0.1:1",))
MIB = 1024 * 1024

Launch = Callable[..., ProcessClient]


def drive(
    mode: str,
    text: str = "",
    *,
    name: str | None = None,
    start_timeout: float = 10,
    env: Mapping[str, str] | None = None,
) -> ProcessClient:
    argv = [sys.executable, "-S", ZOO, mode, text]
    return ProcessClient(argv, name=name, start_timeout=start_timeout, env=env)


def call(task: str = "good", *, token: str = "token", timeout: float = 0.2) -> Call:
    return Call("op", {"id": task}, token, base_url="http://127.0.0.1:1/beta", timeout=timeout)


def process_of(client: ProcessClient) -> str | None:
    return client.call(call()).request_id


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Start a driver of the zoo; all are closed in the end."""
    clients: list[ProcessClient] = []

    def start(mode: str, text: str = "", env: Mapping[str, str] | None = None) -> ProcessClient:
        client = drive(mode, text, name="zoo", env=env)
        clients.append(client)
        client.start(START)
        return client

    yield start
    for client in clients:
        client.close()


def unavailable(client: ProcessClient) -> ClientUnavailable:
    with pytest.raises(ClientUnavailable) as caught:
        client.start(START)
    assert caught.value.hint
    return caught.value


# The start.


def test_a_driver_declares_who_it_is() -> None:
    declared = {
        "implementation": {"name": "sdk", "version": "1"},
        "concurrency": 8,
        "limits": {"status": False},
    }
    client: Client = drive("declare", "restoring packages\n\n" + json.dumps(declared), name="zoo")
    assert client.implementation == Implementation("zoo")
    client.start(START)
    assert client.implementation == Implementation("sdk", "1")
    assert client.limits == Limits(status=False, declared={"status": False})
    assert (client.concurrency, client.budget) == (8, None)
    assert client.shows == {"id", "code", "message", "request-id"}
    outcome = client.call(call())
    assert outcome.kind == "success"
    assert "restoring packages" in outcome.output
    client.close()


def test_what_a_driver_hears(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "https_proxy", "No_Proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("KEPT", "1")
    client = launch("echo", env={"ADDED": "2"})
    assert "status" in client.shows
    outcome = client.call(call("bad"))
    assert outcome.error is not None
    received = json.loads(outcome.error.message or "")
    assert received["start"] == {
        "cmd": "start",
        "protocol": 1,
        "contract": "contract",
        "hosts": ["127.0.0.1:1"],
        "ca_file": None,
        "proxy": None,
    }
    assert received["call"]["seq"] == 1
    environment = received["environment"]
    assert (environment["KEPT"], environment["ADDED"]) == ("1", "2")
    assert not [name for name in environment if "proxy" in name.lower()]


def test_proxy_and_authorities_are_in_the_environment() -> None:
    client = drive("echo", env={"HTTPS_PROXY": "http://127.0.0.1:9"})
    client.start(Start("contract", (), ca_file="/ca.pem", proxy="http://127.0.0.1:8"))
    outcome = client.call(call("bad"))
    client.close()
    assert outcome.error is not None
    environment = json.loads(outcome.error.message or "")["environment"]
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE"):
        assert environment[name] == "/ca.pem"
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        assert environment[name] == "http://127.0.0.1:8"


@pytest.mark.parametrize("task", ["e\u0301", "\U0001f512", "\u2028", "\x85\n\0", "%2F/../?#", "''"])
def test_ids_arrive_unchanged(launch: Launch, task: str) -> None:
    outcome = launch("echo").call(Call("op", {"id": task, "mode": "bad"}, "token"))
    assert outcome.error is not None
    assert json.loads(outcome.error.message or "")["call"]["arguments"]["id"] == task


def test_a_command_that_is_not_there() -> None:
    error = unavailable(ProcessClient(["/nowhere/driver"]))
    assert error.message == "cannot start `/nowhere/driver`: `/nowhere/driver` was not found"


def test_a_command_that_may_not_be_executed(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.touch(0o644)
    error = unavailable(ProcessClient([str(script)]))
    assert "no permission to execute" in str(error)
    assert "chmod +x" in error.hint


def test_a_command_that_the_system_cannot_run() -> None:
    assert "cannot start" in str(unavailable(ProcessClient([sys.executable, "a\0b"])))
    with pytest.raises(ValueError, match="needs a command"):
        ProcessClient([])


def test_a_driver_that_exits_at_once() -> None:
    error = unavailable(drive("exits", name="zoo"))
    assert error.message == "`zoo` did not reply to `start`: it ended with exit status 3"
    assert error.output.splitlines()[-1] == "cannot find module"
    assert len(error.output.splitlines()) == 20


@pytest.mark.parametrize("mode", ["silent", "floods_banners"])
def test_a_driver_that_never_answers_start(mode: str) -> None:
    error = unavailable(drive(mode, name="zoo", start_timeout=1))
    assert str(error).startswith("`zoo` did not reply to `start` within 1 s")
    assert ("restoring packages" in error.output) == (mode == "floods_banners")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"implementation"', "not valid JSON"),
        ('{"implementation": {}}', "`implementation.name` is missing"),
        ('{"protocol": 0}', "version 0, not 1"),
        ('{"implementation": {"name": "a"}, "limits": {"timeout": "never"}}', "`limits.timeout` is 'never'"),
    ],
)
def test_a_driver_that_declares_nonsense(line: str, reason: str) -> None:
    error = unavailable(drive("declare", "restoring packages\n" + line))
    assert reason in str(error)
    assert error.output == "restoring packages"


# A call.


@pytest.mark.parametrize(
    ("mode", "kind", "reason"),
    [
        ("half", "hang", "it wrote no end of line"),
        ("late", "hang", "it wrote nothing"),
        ("dies", "crash", "exit status 7"),
        ("killed", "crash", "SIGKILL"),
        ("abandons", "crash", "exit status 5"),
        ("closes", "crash", "it closed its standard output"),
        ("floods_stdout", "crash", "more than 16 MiB"),
        ("nests", "crash", "not valid JSON"),
    ],
)
def test_a_driver_that_fails_a_call_is_replaced(launch: Launch, mode: str, kind: str, reason: str) -> None:
    client = launch(mode)
    first = client.call(call())
    failed = client.call(call("bad"))
    assert (failed.kind, failed.died) == (kind, kind == "crash")
    assert reason in (failed.reason or "")
    assert is_gone(int(first.request_id or ""))
    assert client.call(call()).request_id not in (None, first.request_id)


def test_the_start_of_another_driver_is_not_part_of_a_call(launch: Launch) -> None:
    client = launch("began")
    client.renew()
    made = monotonic()
    outcome = client.call(call("bad"))
    assert outcome.sent is not None
    assert made < float(outcome.request_id or "") < outcome.sent


@pytest.mark.parametrize(
    "line",
    [
        "debugging",
        "",
        "null",
        '[{"seq": SEQ, "outcome": "success"}]',
        '{"seq": 1SEQ, "outcome": "success"}',
        '{"seq": SEQ, "outcome": "success", "x": NaN}',
        '{"seq": SEQ, "outcome": "success", "x": "\udcff"}',
    ],
)
def test_a_driver_that_is_out_of_step_is_replaced(launch: Launch, line: str) -> None:
    client = launch("reply", line)
    first = client.call(call())
    failed = client.call(call("bad"))
    assert (failed.kind, failed.died) == ("crash", True)
    assert is_gone(int(first.request_id or ""))
    assert client.call(call()).kind == "success"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('{"seq": SEQ, "outcome": "success", "status": "204"}', "crash"),
        ('{"seq": SEQ, "outcome": "failure", "error": {"code": 7}}', "crash"),
        ('{"seq": SEQ, "outcome": null}', "crash"),
        ('{"seq": SEQ, "outcome": "success", "status": 1e999}', "crash"),
        ('{"seq": SEQ, "outcome": "success", "unknown": 1e999}', "success"),
        ('{"seq": SEQ, "outcome": "failure"}', "failure"),
    ],
)
def test_a_driver_that_is_in_step_is_kept(launch: Launch, line: str, kind: str) -> None:
    client = launch("reply", line)
    first = client.call(call())
    unusual = client.call(call("bad"))
    assert (unusual.kind, unusual.died) == (kind, False)
    assert client.call(call()) == first


def test_a_second_answer_is_not_the_next_calls(launch: Launch) -> None:
    client = launch("twice")
    assert client.call(call("bad")).kind == "success"
    stale = client.call(call())
    assert (stale.kind, stale.died) == ("crash", True)
    assert stale.reason == "the driver replied with `seq` 1, not 2"
    assert client.call(call()).kind == "success"


def test_an_answer_within_the_grace_counts(launch: Launch) -> None:
    assert launch("slow").call(call("bad", timeout=0.2)).kind == "success"


def test_a_driver_that_ends_between_calls(launch: Launch) -> None:
    client = launch("leaves")
    assert client.call(call("bad")).kind == "success"
    assert client.call(call()).reason == "the driver did not reply: it ended with exit status 0"
    assert client.call(call()).kind == "success"


def test_a_driver_that_does_not_read_a_large_call(launch: Launch) -> None:
    outcome = launch("deaf").call(call(token="x" * 2 * MIB))
    assert outcome == Outcome.hang(
        "the driver did not reply within 1.2 s: it did not read its standard input"
    )


def test_a_driver_that_does_not_come_back(launch: Launch, tmp_path: Path) -> None:
    client = launch("starts_once", str(tmp_path / "started"))
    assert client.call(call()).died
    for _ in range(2):
        again = client.call(call())
        assert (again.kind, again.died) == ("crash", True)
        assert again.reason is not None
        prefix, _, why = again.reason.partition(": ")
        assert prefix == "a new driver could not be started"
        assert why == "`zoo` did not reply to `start`: it ended with exit status 1"
        assert again.output == "the second start fails"


def test_output_is_that_of_the_call(launch: Launch) -> None:
    client = launch("logs")
    assert client.call(call()).output == ""
    assert client.call(call("bad", token="canary")).output.endswith("\nAuthorization: Bearer canary\n")
    assert client.call(call()).output == ""


def test_last_words_and_stray_lines_are_output(launch: Launch) -> None:
    assert launch("dies").call(call("bad")).output == "fatal: out of cheese\n"
    assert launch("reply", "Traceback:\n  line 1").call(call("bad")).output == "Traceback:\n  line 1\n"


@pytest.mark.parametrize(
    ("mode", "kind", "most"), [("floods_stderr", "success", 4 * MIB), ("floods_stdout", "crash", 64 * MIB)]
)
def test_a_flood_costs_no_memory(launch: Launch, mode: str, kind: str, most: int) -> None:
    client = launch(mode)
    tracemalloc.start()
    try:
        outcome = client.call(call("bad", timeout=30))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.kind == kind
    assert len(outcome.output) <= 64 * 1024
    assert peak < most


# The end.


def test_calls_need_a_start(launch: Launch) -> None:
    with pytest.raises(RuntimeError):
        drive("good").call(call())
    client = launch("good")
    client.close()
    client.close()
    with pytest.raises(RuntimeError):
        client.call(call())


def test_a_renewed_client_calls_from_another_process(launch: Launch) -> None:
    client = launch("good")
    first = process_of(client)
    assert process_of(client) == first
    client.renew()
    second = process_of(client)
    assert second is not None
    assert second != first
    assert is_gone(int(str(first)))


def test_close_lets_a_driver_end_by_itself(launch: Launch, tmp_path: Path) -> None:
    client = launch("stops", str(tmp_path / "stopped"))
    driver = int(client.call(call()).request_id or "")
    client.close()
    assert is_gone(driver)
    assert (tmp_path / "stopped").exists()


def test_close_ends_a_driver_that_will_not() -> None:
    client = drive("stubborn")
    client.start(START)
    client.close()
    assert is_gone(int(client.implementation.notes or ""))


def test_close_ends_what_a_driver_started(launch: Launch, tmp_path: Path) -> None:
    fifo = tmp_path / "held"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        client = launch("parents", str(fifo))
        assert client.call(call("bad", timeout=5)).kind == "success"
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)  # The driver's child still holds it open.
        client.close()
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        assert poll.poll(5000)
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_an_interrupt_leaves_no_driver_behind(launch: Launch) -> None:
    client = launch("interrupts")
    driver = int(client.call(call()).request_id or "")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        client.call(call("bad"))
    assert is_gone(driver)
    assert client.call(call()).kind == "success"
