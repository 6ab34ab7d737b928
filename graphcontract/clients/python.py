"""The `python:` client: a function that makes one call, found by name and kept from taking the run with it.

Knows how to load such a function, and what may come out of it. It knows no wire and reads no pipe.
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
from types import ModuleType

from graphcontract.clients import ClientUnavailable, Implementation, Limits, Start, messages, shown_by
from graphcontract.exchange import Call, Outcome, grace

_MESSAGE = 300
_TRACE_LINES = 12
_TRACE_CHARACTERS = 4096
_ALIVE_WITHIN = 1.0
_END_WITHIN = 2.0
# A task is cancelled this long before its thread is given up, so that the thread hears of it.
_HEADROOM = 0.05
_HOW_TO_NAME = "Name it python:package.module:callable; the current directory is searched first."


class Adapter:
    """A callable that makes one call, `def` or `async def`, loaded from "module:callable".

    Making one raises ClientUnavailable. Its module may say who it is (`IMPLEMENTATION`), what it cannot do
    (`LIMITS`) and from how many threads it may be called at once (`CONCURRENCY`, else 1), in the driver
    protocol's words; `implementation`, `NAME[@VERSION]`, overrules the first.
    """

    def __init__(self, spec: str, implementation: str | None = None) -> None:
        module, self._function = _load(spec)
        declared = _declared(spec, module)
        self.implementation = named(implementation, "python") if implementation else declared.implementation
        self.limits = declared.limits
        self.concurrency = declared.concurrency
        self._loops: list[_Loop] = []
        self._lock = threading.Lock()

    def call(self, call: Call, patience: float | None = None) -> Outcome:
        """Make one call in this thread; whatever comes out but KeyboardInterrupt is an Outcome.

        An awaitable runs on the adapter's own loop, and is cancelled after `patience` seconds: a hang.
        """
        try:
            returned = self._function(call)
            if inspect.isawaitable(returned):
                returned = self._living_loop().run(returned, patience)
        except KeyboardInterrupt:
            raise
        except _Overdue:
            return _hang(call)
        except BaseException as error:
            return Outcome.crash(_describe(error), output=_last_lines(error))
        return _checked(returned)

    def close(self) -> None:
        """End the event loop, if there is one."""
        with self._lock:
            loops, self._loops = self._loops, []
        for loop in loops:
            loop.end(_END_WITHIN if loop is loops[-1] else 0.0)

    def _living_loop(self) -> _Loop:
        """Give the loop for the next call; one that is blocked is left to the calls that it already has."""
        with self._lock:
            if not self._loops or not self._loops[-1].responds():
                self._loops.append(_Loop())
            return self._loops[-1]


class InProcessClient:
    """An adapter in this process, with as many calls at once as it declares; what it prints is its own.

    Any threads may call, those beyond that number wait. A call runs in a daemon thread: one that overruns its
    time is left behind, for threads cannot be ended.
    """

    def __init__(self, spec: str, *, implementation: str | None = None) -> None:
        self._spec = spec
        self._named = implementation
        self._adapter: Adapter | None = None
        self._idle: deque[_Worker] = deque()
        self._room = threading.Semaphore()
        self.implementation = named(implementation or spec, "python")
        self.limits = Limits()
        self.concurrency = 1
        self.budget: int | None = None
        self.shows = shown_by(self.limits)

    def start(self, start: Start) -> None:  # noqa: ARG002 - a function has nothing to be told beforehand
        """Load the adapter; raises ClientUnavailable."""
        self.close()
        self._adapter = Adapter(self._spec, self._named)
        self.implementation = self._adapter.implementation
        self.limits = self._adapter.limits
        self.concurrency = self._adapter.concurrency
        self.shows = shown_by(self.limits)
        self._room = threading.Semaphore(self.concurrency)

    def call(self, call: Call) -> Outcome:
        """Make one call and wait for its outcome, at most its timeout and grace once there is room for it."""
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
            return _hang(call)
        except BaseException:
            worker.leave()
            raise
        self._idle.append(worker)
        return outcome

    def renew(self) -> None:
        """Nothing: a function in this process keeps what its module keeps."""

    def close(self) -> None:
        """End the adapter's threads and loop."""
        while self._idle:
            self._idle.pop().leave()
        if self._adapter is not None:
            self._adapter.close()
            self._adapter = None


def named(text: str, language: str | None = None) -> Implementation:
    """Read `NAME[@VERSION]`; the `@` of an npm scope is part of the name."""
    name, _, version = text.rpartition("@")
    if name and version:
        return Implementation(name, version, language)
    return Implementation(text, language=language)


def _describe(error: BaseException) -> str:
    """Put an exception into a line: its type and the first line of its message."""
    try:
        message = str(error).strip().partition("\n")[0]
    except Exception as unreadable:
        message = f"(its message cannot be read: {type(unreadable).__name__})"
    cut = message if len(message) <= _MESSAGE else f"{message[:_MESSAGE]}…"
    return f"{type(error).__qualname__}: {cut}" if cut else type(error).__qualname__


def _last_lines(error: BaseException) -> str:
    """Give the end of an exception's traceback, where it names the line that raised."""
    text = "".join(traceback.format_exception(error))[-_TRACE_CHARACTERS:]
    return "\n".join(text.splitlines()[-_TRACE_LINES:])


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
            raise ClientUnavailable(problem, _alike(attribute, found)) from None
    if not callable(found):
        raise ClientUnavailable(
            f"`{spec}` is no callable but of type {type(found).__name__}",
            "It has to be `def cancel(call: Call) -> Outcome`, or the same as `async def`.",
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
            problem = f"there is no module `{name}` in {here} or among what {sys.executable} has installed"
            raise ClientUnavailable(problem, _HOW_TO_NAME) from None
        hint = f"Install what it needs for {sys.executable}."
        raise ClientUnavailable(f"`{name}` cannot be imported: {_describe(error)}", hint) from None
    except BaseException as error:
        raise ClientUnavailable(
            f"`{name}` cannot be imported: {_describe(error)}",
            "Importing it has to work by itself, and to do no more than define things.",
            _last_lines(error),
        ) from None


def _alike(attribute: str, owner: object) -> str:
    alike = difflib.get_close_matches(attribute, dir(owner), n=1)
    return f"Did you mean `{alike[0]}`?" if alike else _HOW_TO_NAME


def _declared(spec: str, module: ModuleType) -> messages.Declaration:
    """Read what the module says of itself, as a driver's declaration is read."""
    try:
        who = {"language": "python", **getattr(module, "IMPLEMENTATION", {"name": spec})}
        document = {
            "implementation": who,
            "limits": getattr(module, "LIMITS", {}),
            "concurrency": getattr(module, "CONCURRENCY", 1),
        }
        return messages.read_declaration(json.dumps(document).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ClientUnavailable(
            f"what `{module.__name__}` declares cannot be read: {error}",
            "IMPLEMENTATION and LIMITS are dicts with the members that the driver protocol gives them, "
            "CONCURRENCY is an integer.",
        ) from None


def _checked(returned: object) -> Outcome:
    """Take what was returned as the driver protocol can say it: an Outcome may hold anything."""
    if not isinstance(returned, Outcome):
        what = "None" if returned is None else f"a {type(returned).__name__}"
        return Outcome.crash(f"returned {what}: an adapter returns an Outcome")
    try:
        line = messages.write_reply(0, returned)
    except Exception as error:
        return Outcome.crash(f"returned an Outcome that JSON cannot hold: {_describe(error)}")
    return messages.read_reply(line, 0)


def _hang(call: Call) -> Outcome:
    return Outcome.hang(f"no outcome within {call.timeout + grace(call.timeout):g} s")


class _Overdue(BaseException):
    """An awaitable had not finished in time, and was cancelled."""


class _Loop:
    """One event loop for life, in a daemon thread: connections belong to the loop that made them."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._ended = self._suspect = False
        self._thread = threading.Thread(target=self._live, name="adapter-loop", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _live(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._ready.set()
            while not self._ended:
                # A task of the client's own that raises SystemExit breaks out of the loop; the others go on.
                with suppress(BaseException):
                    self._loop.run_forever()

    def run(self, awaitable: Awaitable[object], patience: float | None) -> object:
        """Give its result or raise what it raised; raises _Overdue after `patience` seconds."""
        future = asyncio.run_coroutine_threadsafe(_settled(awaitable), self._loop)
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
        """Tell whether the loop, after a call that was overdue, is not itself blocked."""
        if self._suspect:
            answered = threading.Event()
            self._loop.call_soon_threadsafe(answered.set)
            self._suspect = not answered.wait(_ALIVE_WITHIN)
        return not self._suspect

    def end(self, patience: float) -> None:
        """Cancel what it runs, and wait so many seconds for its thread."""
        self._ended = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(patience)


async def _settled(awaitable: Awaitable[object]) -> tuple[object, BaseException | None]:
    """Await, and give result and exception as values: SystemExit raised in a task would stop the loop."""
    try:
        return await awaitable, None
    except BaseException as error:
        return None, error


class _Worker:
    """A daemon thread that runs one job at a time for the thread that asks."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], Outcome] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Outcome | KeyboardInterrupt] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="adapter-call", daemon=True).start()

    def run(self, job: Callable[[], Outcome], patience: float) -> Outcome:
        """Have a job done; raises queue.Empty after `patience` seconds, and KeyboardInterrupt as it did."""
        self._jobs.put(job)
        result = self._results.get(timeout=patience)
        if isinstance(result, KeyboardInterrupt):
            raise result
        return result

    def leave(self) -> None:
        """Let the thread end, when what it does has ended."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._results.put(job())
            except KeyboardInterrupt as error:
                self._results.put(error)
