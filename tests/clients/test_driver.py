"""Calls that one driver holds at once: each gets its own outcome, or a true one where the driver fails."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graphcontract.clients import Start
from graphcontract.clients.process import ProcessClient
from graphcontract.exchange import Call, Outcome

ZOO = Path(__file__).parent.parent / "zoo"
START = Start("contract", ("127.0.0.1:1",))
CLOSED = Outcome.unsupported("the driver was ended because the client was closed")
TASKS = "abc"

Launch = Callable[[str], ProcessClient]


def a_call(task: str = "other", *, timeout: float = 30.0) -> Call:
    return Call("op", {"id": task}, "token", base_url="http://127.0.0.1:1/beta", timeout=timeout)


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Start a driver that holds three calls; all are closed in the end."""
    clients: list[ProcessClient] = []

    def start(mode: str) -> ProcessClient:
        clients.append(ProcessClient([sys.executable, "-S", str(ZOO / "together.py"), mode]))
        clients[-1].start(START)
        return clients[-1]

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads


def together(pool: ThreadPoolExecutor, client: ProcessClient) -> dict[str, Outcome]:
    futures = {task: pool.submit(client.call, a_call(task)) for task in TASKS}
    return {task: future.result() for task, future in futures.items()}


def driver_of(client: ProcessClient) -> int:
    """The process that replies now."""
    return int((client.call(a_call()).request_id or "").split()[1])


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_answers_in_any_order_find_their_calls(pool: ThreadPoolExecutor, launch: Launch) -> None:
    client = launch("reverses")
    assert client.concurrency == 3
    driver = driver_of(client)
    for _ in range(20):
        outcomes = together(pool, client)
        assert outcomes == {task: Outcome.success(request_id=f"{task} {driver}") for task in TASKS}


def test_no_more_calls_are_sent_than_a_driver_holds(pool: ThreadPoolExecutor, launch: Launch) -> None:
    client = launch("counts")
    driver = driver_of(client)
    futures = [pool.submit(client.call, a_call(task)) for task in TASKS]
    others = [pool.submit(client.call, a_call()) for _ in range(8)]
    assert {future.result().kind for future in (*futures, *others)} == {"success"}
    assert driver_of(client) == driver


def test_a_driver_that_declares_one_call_is_sent_one(pool: ThreadPoolExecutor) -> None:
    client = ProcessClient([sys.executable, "-S", str(ZOO / "misbehaving.py"), "good"])
    client.start(START)
    futures = [pool.submit(client.call, a_call()) for _ in range(100)]
    assert len({future.result().request_id for future in futures}) == 1
    client.close()


def test_swapped_numbers_are_for_clauses_to_see(pool: ThreadPoolExecutor, launch: Launch) -> None:
    client = launch("swaps")
    outcomes = together(pool, client)
    driver = driver_of(client)
    assert [outcomes[task].request_id for task in TASKS] == [f"{task} {driver}" for task in "bac"]


@pytest.mark.parametrize(
    ("mode", "replied", "reason"),
    [
        ("borrows", "a", "the driver replied with `seq`"),
        ("stammers", "a", "the driver replied with a line that is not valid JSON: 'Traceback:'"),
        ("interleaves", "", "the driver replied with a line that is not valid JSON"),
        ("dies", "", "the driver did not reply: it ended with exit status 7"),
    ],
)
def test_a_driver_that_breaks_has_crashed_on_all_that_wait(
    pool: ThreadPoolExecutor, launch: Launch, mode: str, replied: str, reason: str
) -> None:
    client = launch(mode)
    driver = driver_of(client)
    outcomes = together(pool, client)
    assert {task for task, outcome in outcomes.items() if outcome.kind == "success"} == set(replied)
    crashes = [outcome for outcome in outcomes.values() if outcome.kind == "crash" and outcome.died]
    assert len(crashes) == 3 - len(replied)
    assert all((crash.reason or "").startswith(reason) for crash in crashes)
    assert is_gone(driver)
    assert driver_of(client) != driver


@pytest.mark.parametrize(
    ("mode", "output"), [("dies", "fatal: out of cheese\n"), ("stammers", "Traceback:\n")]
)
def test_last_words_are_output_of_all_that_crashed(
    pool: ThreadPoolExecutor, launch: Launch, mode: str, output: str
) -> None:
    outcomes = together(pool, launch(mode)).values()
    assert {outcome.output for outcome in outcomes if outcome.died} == {output}


def test_output_belongs_to_every_call_in_flight(pool: ThreadPoolExecutor, launch: Launch) -> None:
    client = launch("logs")
    for _ in range(2):
        assert client.call(a_call()).output == ""
        outputs = [outcome.output for outcome in together(pool, client).values()]
        assert outputs == ["all three are here\n"] * 3


@pytest.mark.parametrize("closed", [False, True])
def test_a_call_that_hangs_leaves_the_others_their_time(
    pool: ThreadPoolExecutor, launch: Launch, closed: bool
) -> None:
    client = launch("forsakes")
    driver = driver_of(client)
    futures = {task: pool.submit(client.call, a_call(task)) for task in "bc"}
    hung = client.call(a_call("a", timeout=0.2))
    assert hung == Outcome.hang("the driver did not reply within 1.2 s: it replied to other calls meanwhile")
    assert futures["b"].result() == Outcome.success(request_id=f"b {driver}")
    assert driver_of(client) != driver  # What comes next goes to a fresh one, while this one is waited for.
    assert not futures["c"].done()
    if closed:
        client.close()
        assert is_gone(driver)
        assert futures["c"].result() == CLOSED
    else:
        os.kill(driver, signal.SIGUSR1)
        assert futures["c"].result() == Outcome.success(request_id=f"c {driver}")
        assert is_gone(driver)


def test_calls_that_hang_end_a_driver(pool: ThreadPoolExecutor, launch: Launch) -> None:
    client = launch("forsakes")
    driver = driver_of(client)
    futures = [pool.submit(client.call, a_call(task, timeout=0.2)) for task in TASKS]
    assert [future.result().kind for future in futures] == ["hang", "success", "hang"]
    assert is_gone(driver)
    assert driver_of(client) != driver


def test_close_is_not_a_failure_of_calls_in_flight(pool: ThreadPoolExecutor, launch: Launch) -> None:
    client = launch("forsakes")
    driver = driver_of(client)
    futures = [pool.submit(client.call, a_call(task)) for task in "ac"]
    assert client.call(a_call("b")).kind == "success"
    client.close()
    assert is_gone(driver)
    assert [future.result() for future in futures] == [CLOSED, CLOSED]


def test_an_interrupt_is_not_a_failure_of_the_other_calls(pool: ThreadPoolExecutor, launch: Launch) -> None:
    client = launch("interrupts")
    driver = driver_of(client)
    futures = [pool.submit(client.call, a_call(task)) for task in "ac"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        client.call(a_call("b"))
    assert is_gone(driver)
    assert {future.result().kind for future in futures} == {"unsupported"}
    assert driver_of(client) != driver


def test_a_fresh_driver_that_does_not_start_is_tried_once_for_all(
    pool: ThreadPoolExecutor, tmp_path: Path
) -> None:
    """The second start fails when the test says so, the third would wait for that in vain."""
    started, fail = tmp_path / "started", tmp_path / "fail"
    os.mkfifo(fail)
    script = tmp_path / "driver.py"
    script.write_text(
        f"""
import os, sys
if os.path.exists({str(started)!r}):
    open({str(fail)!r}).read()
    sys.exit(1)
open({str(started)!r}, "w").close()
sys.stdin.readline()
print('{{"implementation": {{"name": "zoo"}}, "concurrency": 3}}', flush=True)
"""
    )
    client = ProcessClient([sys.executable, "-S", str(script)], name="zoo", start_timeout=10.0)
    client.start(START)
    assert client.call(a_call()).died
    all_here = threading.Barrier(3)

    def call() -> Outcome:
        all_here.wait(10)
        return client.call(a_call())

    futures = [pool.submit(call) for _ in range(3)]
    fail.write_text("")
    reason = "a new driver could not be started: `zoo` did not reply to `start`: it ended with exit status 1"
    assert [future.result() for future in futures] == [Outcome.crash(reason, died=True)] * 3
    client.close()
