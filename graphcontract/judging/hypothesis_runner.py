"""Runs a function over values that Hypothesis draws: the same values for the same seed and name.

Nothing else changes them: neither the client under test, nor which modules are loaded, nor earlier runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from graphcontract.judging.hypothesis_internals import example_key, read_characters, steady_backend

# Draws for each example: a backend that is not Hypothesis's own draws the same value again and again if there
# are few, and each counts once. With one draw an example, small input classes would not be met whole.
_DRAWS = 3


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


class StopExploring(BaseException):
    """Raised by a body to end the exploration at once; Hypothesis lets it through."""


def explore(
    strategy: SearchStrategy[Any],
    body: Callable[[Any], None],
    *,
    seed: int,
    name: str,
    examples: int,
    shrink: bool = False,
    database: Path | None = None,
) -> None:
    """Run the body over `examples` values, or over all where a class has fewer. With `shrink`, an exception
    from it is shrunk, and swallowed: the body remembers what it saw last, which is the smallest.
    """
    read_characters()
    backend = steady_backend()
    phases = [hypothesis.Phase.generate]
    if database is not None:
        phases.insert(0, hypothesis.Phase.reuse)
    if shrink:
        phases.append(hypothesis.Phase.shrink)

    seen: set[object] = set()
    steady: dict[str, Any] = {"backend": backend} if backend else {}

    @hypothesis.settings(
        max_examples=_DRAWS * examples,
        phases=phases,
        database=DirectoryBasedExampleDatabase(database) if database is not None else None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
        **steady,
    )
    @hypothesis.seed(_seed(seed, name))  # Below the settings: above them, it takes their database away.
    @hypothesis.given(strategy.map(_Drawn))
    def run(drawn: _Drawn) -> None:
        if shrink:
            body(drawn.value)
            return
        # Backends other than Hypothesis's own draw the same again and again where a class is small.
        key = example_key()
        if key in seen:
            return
        if len(seen) == examples:
            raise StopExploring
        body(drawn.value)
        seen.add(key)

    # Functions made here share their source, from which Hypothesis would make the key, at some cost.
    run._hypothesis_internal_database_key = name.encode()  # type: ignore[attr-defined]
    try:
        run()
    except StopExploring:
        return
    except (Reproduced, Flaky):
        if not shrink:
            raise


def simplest(strategy: SearchStrategy[Any]) -> Any:
    """The value that Hypothesis draws first: its simplest, and always the same."""
    drawn: list[Any] = []
    explore(strategy, drawn.append, seed=0, name="simplest", examples=1)
    return drawn[0]


class Reproduced(Exception):
    """Raised by a body on a value that shows what is being shrunk."""


def _seed(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8])
