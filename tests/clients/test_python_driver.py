"""An adapter in its own process: what it prints, breaks or ends costs one call and never the run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from graphcontract.clients import Client, ClientUnavailable, Start
from graphcontract.clients.process import ProcessClient
from graphcontract.clients.python import InProcessClient
from graphcontract.clients.python_process import python_client
from graphcontract.exchange import Call, Cancellation, Outcome

START = Start("sharepointmigrationtask-cancel", ("127.0.0.1:1",))
Write = Callable[[str], str]


def a_call(task_id: str = "3ed6d46d", *, timeout: float = 10.0) -> Call:
    return Call("cancel", {"sharePointMigrationTaskId": task_id}, "token", None, timeout)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write an adapter into the current directory; its spec."""
    monkeypatch.chdir(tmp_path)

    def written(source: str) -> str:
        source = "import os, sys\nfrom graphcontract.exchange import Outcome\n" + dedent(source)
        (tmp_path / "adapter.py").write_text(source)
        return "adapter:cancel"

    return written


@pytest.fixture
def client(write: Write) -> Iterator[Callable[[str], ProcessClient]]:
    clients: list[ProcessClient] = []

    def started(source: str) -> ProcessClient:
        clients.append(python_client(write(source)))
        clients[-1].start(START)
        return clients[-1]

    yield started
    for each in clients:
        each.close()


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_calls(client: Callable[[str], ProcessClient], kind: str) -> None:
    started = client(f"{kind} cancel(call): return Outcome.failure(status=409, message=call.task_id)")
    for task_id in ("a", "é\u2028\n", "", "x" * 100_000):
        assert started.call(a_call(task_id)) == Outcome.failure(status=409, message=task_id)
    assert started.concurrency == 1


def test_declares_itself(write: Write) -> None:
    spec = write(
        """
        IMPLEMENTATION = {"name": "my-client", "version": "1.2", "homepage": "https://example.org"}
        LIMITS = {"timeout": "attempt", "status": False, "hosts": ["graph.microsoft.com"]}
        CONCURRENCY = 70
        cancel = print
        """
    )
    for implementation, expected in ((None, ("my-client", "1.2")), ("other@3", ("other", "3"))):
        client = python_client(spec, implementation=implementation)
        client.start(START)
        client.close()
        assert (client.implementation.name, client.implementation.version) == expected
        assert client.implementation.language == "python"
        assert client.limits.timeout == "attempt"
        assert client.concurrency == 64
        assert client.limits.hosts == ("graph.microsoft.com",)
        assert "status" not in client.shows


def test_prints_are_output(client: Callable[[str], ProcessClient]) -> None:
    started = client(
        """
        print('{"protocol": 99}')
        def cancel(call):
            print('{"seq": 1, "outcome": "crash"}', flush=True)
            os.write(1, b"straight to descriptor 1\\n")
            os.system("echo from a shell")
            print("shouted", file=sys.__stdout__, flush=True)
            return Outcome.success()
        """
    )
    outcome = started.call(a_call())
    assert outcome.kind == "success"
    for expected in ('"crash"', "descriptor 1", "from a shell", "shouted", '"protocol": 99'):
        assert expected in outcome.output


def test_standard_input_is_empty(client: Callable[[str], ProcessClient]) -> None:
    started = client(
        """
        def cancel(call):
            os.system("cat")
            return Outcome.success(request_id=repr(sys.stdin.read() + os.read(0, 9).decode()))
        """
    )
    assert started.call(a_call()).request_id == "''"
    assert started.call(a_call()).request_id == "''"


@pytest.mark.parametrize("raised", ["ValueError('no')", "SystemExit(0)", "GeneratorExit('no')"])
def test_exception_is_a_crash_that_it_survives(client: Callable[[str], ProcessClient], raised: str) -> None:
    started = client(
        f"""
        def cancel(call):
            if call.task_id == "bad":
                raise {raised}
            return Outcome.success(status=os.getpid())
        """
    )
    before = started.call(a_call())
    crash = started.call(a_call("bad"))
    assert (crash.kind, crash.died) == ("crash", False)
    assert raised.partition("(")[0] in (crash.reason or "")
    assert "adapter.py" in crash.output
    assert started.call(a_call()) == before


@pytest.mark.parametrize("ending", ["os._exit(0)", "os.kill(os.getpid(), 9)", "raise KeyboardInterrupt"])
def test_process_that_ends_is_replaced(client: Callable[[str], ProcessClient], ending: str) -> None:
    started = client(
        f"""
        def cancel(call):
            if call.task_id == "bad":
                {ending}
            return Outcome.success()
        """
    )
    crash = started.call(a_call("bad"))
    assert (crash.kind, crash.died) == ("crash", True)
    assert started.call(a_call()).kind == "success"


def test_call_that_hangs(client: Callable[[str], ProcessClient]) -> None:
    started = client(
        """
        import threading
        def cancel(call):
            if call.task_id == "bad":
                threading.Event().wait()
            return Outcome.success()
        """
    )
    assert started.call(a_call("bad", timeout=0.01)).kind == "hang"
    assert started.call(a_call()).kind == "success"


# Several calls at once


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


SYNC = """
    import threading
    CONCURRENCY = 3
    all_here = threading.Barrier(3)
    def cancel(call):
        all_here.wait(10)
        return Outcome.success(request_id=call.task_id, status=os.getpid())
    """
ASYNC = """
    import asyncio
    CONCURRENCY = 3
    all_here, loops = asyncio.Barrier(3), set()
    async def cancel(call):
        loops.add(id(asyncio.get_running_loop()))
        async with asyncio.timeout(10):
            await all_here.wait()
        return Outcome.success(request_id=call.task_id, status=os.getpid() if len(loops) == 1 else None)
    """


@pytest.mark.parametrize("source", [SYNC, ASYNC])
def test_calls_at_once(client: Callable[[str], ProcessClient], pool: ThreadPoolExecutor, source: str) -> None:
    started = client(source)
    assert started.concurrency == 3
    calls = [a_call(str(number)) for number in range(30)]
    outcomes = list(pool.map(started.call, calls))
    assert [outcome.request_id for outcome in outcomes] == [call.task_id for call in calls]
    (driver,) = {outcome.status for outcome in outcomes}
    assert driver is not None


def test_replies_are_written_whole(client: Callable[[str], ProcessClient], pool: ThreadPoolExecutor) -> None:
    started = client(
        """
        CONCURRENCY = 8
        def cancel(call):
            return Outcome.failure(message=call.task_id * 100_000)
        """
    )
    outcomes = pool.map(started.call, [a_call(letter) for letter in "abcdefgh" * 4])
    assert list(outcomes) == [Outcome.failure(message=letter * 100_000) for letter in "abcdefgh" * 4]


@pytest.mark.parametrize("ending", ["os._exit(3)", "raise KeyboardInterrupt"])
def test_process_that_ends_takes_calls_with_it(
    client: Callable[[str], ProcessClient], pool: ThreadPoolExecutor, ending: str
) -> None:
    started = client(
        f"""
        import threading
        CONCURRENCY = 3
        all_here = threading.Barrier(3)
        def cancel(call):
            if call.task_id == "good":
                return Outcome.success()
            all_here.wait(10)
            if call.task_id == "bad":
                {ending}
            threading.Event().wait()
        """
    )
    crashes = pool.map(started.call, [a_call(task) for task in ("1", "bad", "2")])
    assert [(crash.kind, crash.died) for crash in crashes] == [("crash", True)] * 3
    assert started.call(a_call("good")).kind == "success"


def test_exception_is_a_crash_of_its_own_call(
    client: Callable[[str], ProcessClient], pool: ThreadPoolExecutor
) -> None:
    started = client(
        """
        import threading
        CONCURRENCY = 3
        all_here = threading.Barrier(3)
        def cancel(call):
            all_here.wait(10)
            if call.task_id == "bad":
                raise SystemExit("no")
            return Outcome.success()
        """
    )
    outcomes = list(pool.map(started.call, [a_call(task) for task in ("1", "bad", "2")]))
    assert [outcome.kind for outcome in outcomes] == ["success", "crash", "success"]
    assert (outcomes[1].reason, outcomes[1].died) == ("SystemExit: no", False)


# How it starts and ends


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import no_such_library", "Install the missing module"),
        ("raise SystemExit(0)", "SystemExit"),
        ("cancle = print", "Did you mean `cancle`?"),
        ("cancel = 4", "of type int"),
    ],
)
def test_failed_start_says_why(write: Write, source: str, expected: str) -> None:
    client = python_client(write(source))
    with pytest.raises(ClientUnavailable, match="exit status 3") as caught:
        client.start(START)
    assert "python:adapter:cancel" in str(caught.value)
    assert expected in caught.value.output
    assert caught.value.hint == "Its output says why."


def test_import_that_does_not_end(write: Write) -> None:
    client = python_client(write("import threading; threading.Event().wait()"), start_timeout=0.5)
    with pytest.raises(ClientUnavailable, match=r"within 0.5 s") as caught:
        client.start(START)
    assert "Importing the module" in caught.value.hint


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graphcontract.clients.python_driver", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("stdin", ["", '{"cmd": "stop"}\n', '{"cmd": "stop"}\n{"cmd": "nonsense"}\n'])
def test_stops(stdin: str) -> None:
    ended = run("json:loads", stdin=stdin)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("stdin", ["hello\n", '{"cmd": "dance"}\n', '{"cmd": "start", "protocol": 2}\n'])
def test_no_command(stdin: str) -> None:
    ended = run("json:loads", stdin=stdin)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "not a command of the driver protocol" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("arguments", [(), ("a:b", "c", "d")])
def test_usage(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: python -m graphcontract.clients.python_driver module:callable")


# Cancellation

WAITS = """
    import threading
    FEATURES = ["cancel"]
    def cancel(call):
        if call.task_id == "slow":
            return Outcome.failure(kind="cancelled") if call.cancelled.wait(30) else Outcome.success()
        return Outcome.success()
    """
AWAITS = """
    import asyncio
    FEATURES = ["cancel"]
    async def cancel(call):
        await asyncio.sleep(30 if call.task_id == "slow" else 0)
        return Outcome.success()
    """
TRANSLATES = """
    import asyncio
    FEATURES = ["cancel"]
    CONCURRENCY = 4
    async def cancel(call):
        try:
            await asyncio.sleep(30 if call.task_id == "slow" else 0)
        except asyncio.CancelledError:
            return Outcome.failure(kind="cancelled")
        return Outcome.success()
    """


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("source", [WAITS, AWAITS, TRANSLATES])
@pytest.mark.parametrize("make", [python_client, InProcessClient])
def test_call_is_cancelled(
    write: Write, pool: ThreadPoolExecutor, make: Callable[[str], Client], source: str, before: bool
) -> None:
    spec = write(source)
    sys.modules.pop("adapter", None)  # of an earlier test, in this process
    client = make(spec)
    client.start(START)
    try:
        cancellation = Cancellation()
        if before:
            cancellation.set()
        running = pool.submit(client.call, replace(a_call("slow"), cancelled=cancellation))
        cancellation.set()
        outcome = running.result()
        assert (outcome.kind, outcome.error and outcome.error.kind) == ("failure", "cancelled")
        assert client.call(a_call()) == Outcome.success()
    finally:
        client.close()


def test_cancellation_of_a_call_without_the_feature_is_not_sent(
    client: Callable[[str], ProcessClient],
) -> None:
    started = client("def cancel(call): return Outcome.success(request_id=repr(call.cancelled))")
    cancellation = Cancellation()
    cancellation.set()
    assert started.call(replace(a_call(), cancelled=cancellation)).request_id == "None"
    assert "cancel" not in started.shows


def test_cancellation_of_a_finished_call_is_ignored(client: Callable[[str], ProcessClient]) -> None:
    started = client(WAITS)
    cancellation = Cancellation()
    assert started.call(replace(a_call(), cancelled=cancellation)) == Outcome.success()
    cancellation.set()
    assert started.call(a_call()) == Outcome.success()


# Tokens


def test_tokens(client: Callable[[str], ProcessClient]) -> None:
    started = client(
        """
        FEATURES = ["tokens", "unknown"]
        def cancel(call): return Outcome.success(request_id=repr(call.tokens))
        """
    )
    assert started.shows >= {"tokens"}
    assert not started.shows & {"cancel", "unknown"}
    for tokens in (None, (), ("a", "b")):
        assert started.call(replace(a_call(), tokens=tokens)).request_id == repr(tokens)


def test_tokens_are_not_sent_without_the_feature(client: Callable[[str], ProcessClient]) -> None:
    started = client("def cancel(call): return Outcome.success(request_id=repr(call.tokens))")
    assert started.call(replace(a_call(), tokens=("a",))).request_id == "None"


# Debug logging


@pytest.mark.parametrize("debug", [True, False])
def test_log_in_detail_is_output(write: Write, debug: bool) -> None:
    source = """
        import logging
        FEATURES = ["debug"]
        def cancel(call):
            logging.getLogger("library").debug("a detail")
            return Outcome.success()
        """
    client = python_client(write(source))
    client.start(replace(START, debug=debug))
    try:
        assert ("a detail" in client.call(a_call()).output) is debug
    finally:
        client.close()


def test_everything_that_an_error_exposes(client: Callable[[str], ProcessClient]) -> None:
    exposed: dict[str, Any] = {
        "retry_after": 1.5,
        "inner_codes": ("a", "b"),
        "details": (),
        "fields": {"Date": "x"},
    }
    started = client(
        f"""
        FEATURES = ["retry-after", "inner-codes", "details", "fields"]
        def cancel(call): return Outcome.failure(status=409, **{exposed!r})
        """
    )
    assert started.call(a_call()) == Outcome.failure(status=409, **exposed)
    assert started.shows >= {"retry-after", "inner-codes", "details", "fields"}
