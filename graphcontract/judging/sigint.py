"""Ctrl-C: passes it on to worker processes, raises it again if Python drops it, delays it during writes, and
takes SIGTERM for it.

Worker processes are in process groups of their own, so that one Ctrl-C reaches each of them once.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_OWN_GROUP = "import os; os.setpgid(0, 0); channel.send(os.getpid())"
_AGAIN_IN = 0.05


def own_group(gateway: Any) -> int:
    """Put the process behind an execnet gateway into a process group of its own; returns the group."""
    return int(gateway.remote_exec(_OWN_GROUP).receive())


def interrupt(groups: Iterable[int]) -> None:
    """Signal process groups as a terminal does for Ctrl-C."""
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGINT)


def keep_interrupts() -> Callable[[], None]:
    """From now on, raise a KeyboardInterrupt again that Python dropped, as it does in callbacks of its
    garbage collector (Hypothesis has one) and in finalizers; returns what undoes this.
    """
    previous, main = sys.unraisablehook, threading.main_thread().ident

    def raise_again(dropped: sys.UnraisableHookArgs, /) -> None:
        if dropped.exc_type is KeyboardInterrupt:
            # A real signal, a moment later and from another thread: it ends a wait, and not this callback.
            threading.Timer(_AGAIN_IN, signal.pthread_kill, (main, signal.SIGINT)).start()
        else:
            previous(dropped)

    def undo() -> None:
        sys.unraisablehook = previous

    sys.unraisablehook = raise_again
    return undo


@contextmanager
def take_sigterm_for_interrupt() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does, with its reports finished and its processes and files removed: CI
    systems, `timeout` and `docker stop` send it. Only the main thread can change that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, lambda *_: _interrupt_self())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def delay_interrupts() -> Iterator[None]:
    """Let a Ctrl-C wait for the end of what is written whole or not at all; outside the main thread none
    comes anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if pressed:
            _interrupt_self()


def _interrupt_self() -> None:
    """Act as Ctrl-C does, also in a process that ignores it: shells start such ones in the background."""
    if not callable(signal.getsignal(signal.SIGINT)):
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)
