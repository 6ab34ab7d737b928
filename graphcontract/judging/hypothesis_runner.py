"""Draws values with Hypothesis, or chooses among listed ones, and shrinks those that show a violation.

The same seed and name draw the same values. Nothing else changes them: neither the client under test, nor
which modules are loaded, nor earlier runs.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Required, TypedDict, TypeVar, Unpack

import hypothesis
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from graphcontract.judging.hypothesis_internals import example_key, read_characters, steady_backend

# Draws for each example: a backend that is not Hypothesis's own draws the same value again and again if there
# are few, and each counts once. With one draw an example, small input classes would not be met whole.
_DRAWS = 3
# Tests run in several threads, and not every release of Hypothesis that we admit does.
_TURN = threading.RLock()
# Draws in a thread of its own, and thus from an empty stack. CPython keeps frames in chunks of 16 KiB, which
# it maps and unmaps where calls cross the end of one again and again: below the frames of pytest, the same
# draws take a third longer. It is one thread: Hypothesis collects garbage in each one that is new to it.
_THREAD = ThreadPoolExecutor(1, "draws")


T = TypeVar("T")


class _Drawn:
    """A drawn value with a short repr: Hypothesis makes one of what it shrank, and warns where it is long."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "a drawn value"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        # Hypothesis would show how the value was made, which takes longer than to shrink it, and is not read.
        printer.text(repr(self))


class Reproduced(Exception):
    """Raised by a body on a value that shows what is being shrunk."""


class StopShrinking(BaseException):
    """Raised by a body to keep the value that it saw last; Hypothesis lets it through."""


class _Enough(BaseException):
    """Ends the drawing of values."""


class Draws(TypedDict, total=False):
    """What decides which values are drawn: `seed`, `name`, and how many `examples`. The `database` has the
    values that showed a violation in earlier runs of this name, which come first.
    """

    seed: Required[int]
    name: Required[str]
    examples: Required[int]
    database: Path | None


def draw(strategy: SearchStrategy[Any], **draws: Unpack[Draws]) -> list[Any]:
    """Draw different values, all of a strategy that has fewer than `examples`. Do not call it while this
    thread shrinks: it would wait for itself.
    """
    return _THREAD.submit(_draw, strategy, draws).result()


def _draw(strategy: SearchStrategy[Any], draws: Draws) -> list[Any]:
    examples = draws["examples"]
    drawn: dict[object, Any] = {}

    def collect(value: Any) -> None:
        # Backends other than Hypothesis's own draw the same again and again where a class is small.
        drawn.setdefault(example_key(), value)
        if len(drawn) == examples:
            raise _Enough

    with suppress(_Enough):
        _run(strategy, collect, draws)
    return list(drawn.values())


def shrink(strategy: SearchStrategy[Any], body: Callable[[Any], None], **draws: Unpack[Draws]) -> None:
    """Run the body over the values that `draw` returns. From the first on that raises Reproduced, over
    smaller ones; the body remembers what it saw last, which is the smallest.
    """
    with suppress(StopShrinking, Reproduced, Flaky):
        _run(strategy, body, draws, hypothesis.Phase.shrink)


def choose(values: Sequence[T], *, seed: int, name: str, most: int) -> list[T]:
    """Choose among the values of a class that lists them: all, or the first and others by the seed."""
    by_seed = sorted(range(1, len(values)), key=lambda index: derive_seed(seed, f"{name}/{index}"))
    return [values[index] for index in (0, *sorted(by_seed[: most - 1]))]


def find_first(values: Iterable[T], body: Callable[[T], None]) -> None:
    """Run the body over values, the simplest first, up to the first on which it raises Reproduced."""
    with suppress(StopShrinking, Reproduced):
        for value in values:
            body(value)


def _run(
    strategy: SearchStrategy[Any],
    body: Callable[[Any], None],
    draws: Draws,
    *further: hypothesis.Phase,
) -> None:
    with _TURN:
        read_characters()
        backend = steady_backend()
    database = draws.get("database")
    reuse = (hypothesis.Phase.reuse,) if database is not None else ()
    steady: dict[str, Any] = {"backend": backend} if backend else {}

    @hypothesis.settings(
        max_examples=_DRAWS * draws["examples"],
        phases=(*reuse, hypothesis.Phase.generate, *further),
        database=DirectoryBasedExampleDatabase(database) if database is not None else None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
        **steady,
    )
    # Below the settings: above them, it takes their database away.
    @hypothesis.seed(derive_seed(draws["seed"], draws["name"]))
    @hypothesis.given(strategy.map(_Drawn))
    def run(drawn: _Drawn) -> None:
        body(drawn.value)

    # Functions made here share their source, from which Hypothesis would make the key, at some cost.
    run._hypothesis_internal_database_key = draws["name"].encode()  # type: ignore[attr-defined]
    with _TURN:
        run()


def simplest(strategy: SearchStrategy[Any]) -> Any:
    """The value that Hypothesis draws first: its simplest, and always the same."""
    return _draw(strategy, {"seed": 0, "name": "simplest", "examples": 1})[0]


def derive_seed(seed: int, name: str) -> int:
    """Derive a seed of its own for each name: 64 bits, the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8])
