"""The `python:` client: loads a function that makes one call, and turns whatever comes out of it into an
Outcome.

Threads: a synchronous function runs in the calling thread (`Adapter`), or, with `InProcessClient`, in a
daemon thread for each concurrent call, so that one that overruns its time can be left behind. Coroutines run
on one event loop in a daemon thread, since connections belong to the loop that made them; a new loop is
started only if a coroutine blocks it. `Adapter._lock` protects the list of loops.
"""

from __future__ import annotations

import asyncio
import difflib
import importlib
import inspect
import json
import os
import queue
import sys
import threading
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any

from graphcontract.clients import ClientUnavailable, Implementation, Limits, Start, list_reportable, messages
from graphcontract.exchange import Call, Cancellation, Outcome, grace

_MESSAGE = 300  # characters of an exception's message that are reported
_TRACE_LINES = 12  # last lines of a traceback that are reported, where it names the line that raised
_TRACE_CHARACTERS = 4096
_ALIVE_WITHIN = 1.0  # seconds in which a loop must run a callback to count as not blocked
_END_WITHIN = 2.0  # seconds to wait for the loop's thread on close
# Seconds between the cancellation of a task and giving up its thread, so that the thread can report the hang.
_HEADROOM = 0.05
NO_OUTCOME = "an adapter must return an Outcome"
"""How the message of a crash ends if the adapter returned something else."""
_HOW_TO_NAME = "Name it python:package.module:callable; the current directory is searched first."


class Adapter:
    """A callable that makes one call, `def` or `async def`, loaded from "module:callable".

    The constructor raises ClientUnavailable. The module may declare `IMPLEMENTATION`, `LIMITS`, `FEATURES`
    and `CONCURRENCY` (from how many threads it may be called at once, else 1), as in the driver protocol;
    `implementation`, `NAME[@VERSION]`, overrides the first. With `loop_per_call`, each call has an event loop
    of its own, as with `asyncio.run`; else all calls share one.
    """

    def __init__(self, spec: str, implementation: str | None = None, *, loop_per_call: bool = False) -> None:
        self._loop_per_call = loop_per_call
        module, self._function = _load(spec)
        declared = _read_declaration(spec, module)
        self.implementation = (
            replace(parse_implementation(implementation, "python"), family=declared.implementation.family)
            if implementation
            else declared.implementation
        )
        self.limits = declared.limits
        self.features = declared.features
        self.concurrency = declared.concurrency
        self._loops: list[_Loop] = []
        self._lock = threading.Lock()

    def call(self, call: Call, patience: float | None = None) -> Outcome:
        """Make one call in this thread; every exception except KeyboardInterrupt becomes an Outcome.

        An awaitable runs on the adapter's loop, and is cancelled after `patience` seconds, which is a hang.
        It is cancelled with its call too, which is a failure if it raises CancelledError then.
        """
        try:
            returned = self._function(call)
            if inspect.isawaitable(returned):
                returned = self._await(returned, patience, call.cancelled)
        except KeyboardInterrupt:
            raise
        except _Overdue:
            return _make_hang(call)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and call.cancelled and call.cancelled.is_set():
                return Outcome.failure(kind="cancelled", type=type(error).__name__)
            return Outcome.crash(_describe(error), output=_format_traceback(error))
        return _check_outcome(returned)

    def close(self) -> None:
        """End the event loop, if there is one."""
        with self._lock:
            loops, self._loops = self._loops, []
        for loop in loops:
            loop.end(_END_WITHIN if loop is loops[-1] else 0.0)

    def _await(
        self, awaitable: Awaitable[object], patience: float | None, cancelled: Cancellation | None
    ) -> object:
        if not self._loop_per_call:
            return self._get_responsive_loop().run(awaitable, patience, cancelled)
        loop = _Loop()
        try:
            return loop.run(awaitable, patience, cancelled)
        finally:
            loop.end(_END_WITHIN)

    def _get_responsive_loop(self) -> _Loop:
        """Return the loop for the next call; a blocked one keeps only the calls that it already has."""
        with self._lock:
            if not self._loops or not self._loops[-1].responds():
                self._loops.append(_Loop())
            return self._loops[-1]


class InProcessClient:
    """An adapter in this process, with as many calls at once as it declares; what it prints is not captured.

    Any thread may call; a semaphore makes calls beyond that number wait. A call runs in a daemon thread: one
    that overruns its time is left behind, since threads cannot be killed.
    """

    def __init__(self, spec: str, *, implementation: str | None = None) -> None:
        self._spec = spec
        self._implementation = implementation
        self._adapter: Adapter | None = None
        self._idle: deque[_Worker] = deque()
        self._room = threading.Semaphore()
        self.implementation = parse_implementation(implementation or spec, "python")
        self.limits = Limits()
        self.concurrency = 1
        self.budget: int | None = None
        self.shows = list_reportable(self.limits)

    def start(self, start: Start) -> None:  # noqa: ARG002 - a function takes everything with the call
        """Load the adapter; raises ClientUnavailable."""
        self.close()
        self._adapter = Adapter(self._spec, self._implementation)
        self.implementation = self._adapter.implementation
        self.limits = self._adapter.limits
        self.concurrency = self._adapter.concurrency
        # What is logged in this process is not captured.
        self.shows = list_reportable(self.limits, self._adapter.features) - {"debug"}
        self._room = threading.Semaphore(self.concurrency)

    def call(self, call: Call) -> Outcome:
        """Make one call and wait for its outcome, at most its timeout and grace after it was started."""
        adapter = self._adapter
        if adapter is None:
            raise RuntimeError("a call before start() or after close()")
        with self._room:
            return self._call(adapter, call)

    def _call(self, adapter: Adapter, call: Call) -> Outcome:
        patience = call.timeout + grace(call.timeout)
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker()
        try:
            outcome = worker.run(lambda: adapter.call(call, patience - _HEADROOM), patience)
        except queue.Empty:
            worker.leave()
            return _make_hang(call)
        except BaseException:
            worker.leave()
            raise
        self._idle.append(worker)
        return outcome

    def renew(self) -> None:
        """Do nothing: the module's state in this process cannot be reset."""

    def close(self) -> None:
        """End the adapter's threads and loop."""
        while self._idle:
            self._idle.pop().leave()
        if self._adapter is not None:
            self._adapter.close()
            self._adapter = None


def parse_implementation(text: str, language: str | None = None) -> Implementation:
    """Parse `NAME[@VERSION]`; the `@` of an npm scope is part of the name."""
    name, _, version = text.rpartition("@")
    if name and version:
        return Implementation(name, version, language)
    return Implementation(text, language=language)


def _describe(error: BaseException) -> str:
    """Describe an exception in one line: its type and the first line of its message."""
    try:
        message = str(error).strip().partition("\n")[0]
    except Exception as unreadable:
        message = f"(its message cannot be read: {type(unreadable).__name__})"
    cut = message if len(message) <= _MESSAGE else f"{message[:_MESSAGE]}…"
    return f"{type(error).__qualname__}: {cut}" if cut else type(error).__qualname__


def _format_traceback(error: BaseException) -> str:
    """Format the end of an exception's traceback, which names the line that raised, without the frames of
    Python's own import system.
    """
    text = "".join(traceback.format_exception(error))[-_TRACE_CHARACTERS:]
    lines = [each for each in text.splitlines() if not each.startswith('  File "<frozen importlib.')]
    return "\n".join(lines[-_TRACE_LINES:])


def _load(spec: str) -> tuple[ModuleType, Callable[[Call], object]]:
    name, _, path = spec.partition(":")
    if not name or not path:
        raise ClientUnavailable(f"`{spec}` is not module:callable", _HOW_TO_NAME)
    module = _import(name)
    found: object = module
    for attribute in path.split("."):
        try:
            found = getattr(found, attribute)
        except Exception as error:
            problem = f"`{name}` has no `{path}`: {_describe(error)}"
            raise ClientUnavailable(problem, _suggest_attribute(attribute, found)) from None
    if not callable(found):
        raise ClientUnavailable(
            f"`{spec}` is not callable: it is of type {type(found).__name__}",
            "It must be `def name(call: Call) -> Outcome`, or `async def` with the same parameters.",
        )
    return module, found


def _import(name: str) -> ModuleType:
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            problem = f"the module `{name}` is neither in {here} nor installed for {sys.executable}"
            raise ClientUnavailable(problem, _HOW_TO_NAME) from None
        hint = f"Install the missing module for {sys.executable}."
        raise ClientUnavailable(f"`{name}` cannot be imported: {_describe(error)}", hint) from None
    except BaseException as error:
        raise ClientUnavailable(
            f"`{name}` cannot be imported: {_describe(error)}",
            "The module must be importable by itself, and only define things.",
            _format_traceback(error),
        ) from None


def _suggest_attribute(attribute: str, owner: object) -> str:
    similar = difflib.get_close_matches(attribute, dir(owner), n=1)
    return f"Did you mean `{similar[0]}`?" if similar else _HOW_TO_NAME


def _read_declaration(spec: str, module: ModuleType) -> messages.Declaration:
    """Read what the module declares, in the same way as a driver's declaration."""
    try:
        who = {"language": "python", **getattr(module, "IMPLEMENTATION", {"name": spec})}
        document = {
            "implementation": who,
            "limits": getattr(module, "LIMITS", {}),
            "concurrency": getattr(module, "CONCURRENCY", 1),
            "features": list(getattr(module, "FEATURES", ())),
        }
        return messages.read_declaration(json.dumps(document).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ClientUnavailable(
            f"the declarations of `{module.__name__}` are not valid: {error}",
            "IMPLEMENTATION and LIMITS must be dicts with the members of the driver protocol, "
            "CONCURRENCY an integer, FEATURES a list of strings.",
        ) from None


def _check_outcome(returned: object) -> Outcome:
    """Check a returned value by a round trip through the driver protocol: an Outcome may contain any
    object.
    """
    if not isinstance(returned, Outcome):
        what = "None" if returned is None else f"a value of type {type(returned).__name__}"
        return Outcome.crash(f"returned {what}: {NO_OUTCOME}")
    try:
        line = messages.write_reply(0, returned)
    except Exception as error:
        return Outcome.crash(f"returned an Outcome that cannot be written as JSON: {_describe(error)}")
    return messages.read_reply(line, 0)


def _make_hang(call: Call) -> Outcome:
    return Outcome.hang(f"no outcome within {call.timeout + grace(call.timeout):g} s")


class _Overdue(BaseException):
    """Raised when an awaitable did not finish in time and was cancelled."""


class _Loop:
    """An event loop in a daemon thread, which runs until `end`."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._ended = self._suspect = False
        self._thread = threading.Thread(target=self._run, name="adapter-loop", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._ready.set()
            while not self._ended:
                # SystemExit in a task that the client started ends `run_forever`: other tasks need it again.
                with suppress(BaseException):
                    self._loop.run_forever()

    def run(
        self, awaitable: Awaitable[object], patience: float | None, cancelled: Cancellation | None
    ) -> object:
        """Return its result or raise its exception; raises _Overdue after `patience` seconds."""
        future = asyncio.run_coroutine_threadsafe(_capture_result(awaitable, cancelled), self._loop)
        try:
            result, error = future.result(patience)
        except TimeoutError:
            future.cancel()
            self._suspect = True
            raise _Overdue from None
        if error is not None:
            raise error
        return result

    def responds(self) -> bool:
        """Whether the loop still runs callbacks. It is only tested after an overdue call."""
        if self._suspect:
            alive = threading.Event()
            self._loop.call_soon_threadsafe(alive.set)
            self._suspect = not alive.wait(_ALIVE_WITHIN)
        return not self._suspect

    def end(self, patience: float) -> None:
        """Cancel the loop's tasks, and wait so many seconds for its thread."""
        self._ended = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(patience)


async def _capture_result(
    awaitable: Awaitable[object], cancelled: Cancellation | None
) -> tuple[object, BaseException | None]:
    """Await, and return result and exception as values: SystemExit raised in a task would stop the loop."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is not None and cancelled is not None:
        cancelled.subscribe(partial(_cancel_task, task, loop))
    try:
        return await awaitable, None
    except BaseException as error:
        return None, error


def _cancel_task(task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> None:
    with suppress(RuntimeError):  # The loop has ended, and its tasks with it.
        loop.call_soon_threadsafe(task.cancel)


class _Worker:
    """A daemon thread that runs one job at a time for a calling thread, connected by two queues."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], Outcome] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Outcome | KeyboardInterrupt] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="adapter-call", daemon=True).start()

    def run(self, job: Callable[[], Outcome], patience: float) -> Outcome:
        """Run a job; raises queue.Empty after `patience` seconds, and KeyboardInterrupt if the job did."""
        self._jobs.put(job)
        result = self._results.get(timeout=patience)
        if isinstance(result, KeyboardInterrupt):
            raise result
        return result

    def leave(self) -> None:
        """Let the thread end after its current job."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._results.put(job())
            except KeyboardInterrupt as error:
                self._results.put(error)
