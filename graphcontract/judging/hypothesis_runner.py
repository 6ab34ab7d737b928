"""Runs a body over drawn values through Hypothesis, the same ones for the same seed whoever is under test.

Knows Hypothesis and nothing of clients, clauses or pytest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import configuration
from hypothesis.control import current_build_context
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.internal.charmap import charmap, intervals_from_codec
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import SearchStrategy

_DRAWS = 3
_BACKEND = "graphcontract"


class _SteadyProvider(HypothesisProvider):
    """Hypothesis's own draws without the literals that it mines from whatever modules are loaded."""

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS[_BACKEND] = _SteadyProvider


@cache
def _read_characters() -> None:
    """Let Hypothesis keep its table of characters in the user's cache, not in `.hypothesis` here."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "graphcontract")
    before = getattr(configuration, "__hypothesis_home_directory", None)
    configuration.set_hypothesis_home_dir(cache)
    try:
        charmap()
        intervals_from_codec("utf-8")
    finally:
        configuration.set_hypothesis_home_dir(before)


class _Drawn:
    """A drawn value with a short repr: Hypothesis makes one of what it shrank, and warns where it is long."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "a drawn value"


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
    _read_characters()
    phases = [hypothesis.Phase.generate]
    if database is not None:
        phases.insert(0, hypothesis.Phase.reuse)
    if shrink:
        phases.append(hypothesis.Phase.shrink)

    seen: set[tuple[Any, ...]] = set()

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
        backend=_BACKEND,
    )
    @hypothesis.seed(_seed(seed, name))  # Below the settings: above them, it takes their database away.
    @hypothesis.given(strategy.map(_Drawn))
    def run(drawn: _Drawn) -> None:
        if shrink:
            body(drawn.value)
            return
        # Backends other than Hypothesis's own draw the same again and again where a class is small.
        choices = tuple(current_build_context().data.choices)
        if choices in seen:
            return
        if len(seen) == examples:
            raise StopExploring
        body(drawn.value)
        seen.add(choices)

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
