from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import execnet
import pytest

from graphcontract.judging import sigint


@pytest.fixture
def kept() -> Iterator[None]:
    undo = sigint.keep_interrupts()
    yield
    undo()


class Fragile:
    """Something to collect."""


def test_an_interrupt_that_python_drops_is_raised_again(kept: None) -> None:
    def drop(_: object) -> None:
        raise KeyboardInterrupt

    thing = Fragile()
    watched = weakref.ref(thing, drop)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it comes from a timer, a moment later
        del thing
        assert watched() is None
        time.sleep(10)


def test_any_other_exception_goes_where_it_went(monkeypatch: pytest.MonkeyPatch) -> None:
    def drop(_: object) -> None:
        raise ZeroDivisionError

    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda dropped: seen.append(dropped.exc_type))
    undo = sigint.keep_interrupts()
    thing = Fragile()
    watched = weakref.ref(thing, drop)
    del thing
    undo()
    assert watched() is None
    assert seen == [ZeroDivisionError]


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN], ids=["usual", "ignored"])
def test_sigterm_is_taken_for_an_interrupt_and_may_be_delayed_like_one(
    handler: signal._HANDLER, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(partial(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, handler)))
    before, steps = signal.getsignal(signal.SIGTERM), list[str]()
    with pytest.raises(KeyboardInterrupt), sigint.take_sigterm_for_interrupt():  # noqa: PT012 - in steps
        with sigint.delay_interrupts():
            signal.raise_signal(signal.SIGTERM)
            steps.append("written")
        steps.append("not reached")
    assert steps == ["written"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_leaves_sigterm_alone() -> None:
    def look() -> object:
        with sigint.take_sigterm_for_interrupt():
            return signal.getsignal(signal.SIGTERM)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(look).result() is signal.getsignal(signal.SIGTERM)


def test_a_group_is_interrupted() -> None:
    code = "import signal; print(flush=True); signal.pause()"
    with subprocess.Popen(
        [sys.executable, "-S", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sigint.interrupt([process.pid])
        assert process.wait(10) == -signal.SIGINT
    sigint.interrupt([process.pid])


def test_a_gateway_gets_a_group_of_its_own() -> None:
    gateway = execnet.makegateway("popen")
    try:
        group = sigint.own_group(gateway)
        assert os.getpgid(group) == group != os.getpgid(0)
    finally:
        gateway.exit()
        gateway.join(10)


class TestHeld:
    def test_what_is_begun_ends_first(self) -> None:
        done: list[str] = []
        with pytest.raises(KeyboardInterrupt), sigint.delay_interrupts():  # noqa: PT012 - its end is what raises
            signal.raise_signal(signal.SIGINT)
            done.append("whole")
        assert done == ["whole"]

    def test_without_one_nothing_changes(self) -> None:
        before = signal.getsignal(signal.SIGINT)
        with sigint.delay_interrupts():
            assert signal.getsignal(signal.SIGINT) is not before
        assert signal.getsignal(signal.SIGINT) is before

    def test_in_another_thread_none_comes(self) -> None:
        def hold() -> bool:
            with sigint.delay_interrupts():
                return signal.getsignal(signal.SIGINT) is signal.default_int_handler

        with ThreadPoolExecutor() as pool:
            assert pool.submit(hold).result()
