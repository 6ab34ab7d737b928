"""The only uses of what is not public in Hypothesis, each with a fallback for releases that changed it.

Without them inputs are drawn all the same, but which ones may differ from machine to machine.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import strategies as st

_BACKEND = "graphcontract"


@cache
def steady_backend() -> str | None:
    """Register a backend that draws the same for a seed whatever else is loaded, and return its name.

    Hypothesis's own backend mixes in literals that it mines from all loaded modules. None where this
    Hypothesis lets us register none, or runs no test with it.
    """
    # Anything can be wrong here: a missing name, another signature, another way to register.
    with suppress(Exception):
        from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

        class SteadyProvider(HypothesisProvider):
            def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
                return None

        AVAILABLE_PROVIDERS[_BACKEND] = SteadyProvider
        _run_one_example()
        return _BACKEND
    return None


def _run_one_example() -> None:
    keys: list[tuple[Any, ...]] = []

    @hypothesis.settings(
        max_examples=1,
        database=None,
        deadline=None,
        backend=_BACKEND,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(st.integers())
    def run(_: int) -> None:
        keys.append(_choices())

    run()


def example_key() -> object:
    """Return a key that is equal for two examples of a test that were drawn alike.

    Where choices cannot be read, every key is new: Hypothesis's own backend avoids repetitions by itself.
    """
    with suppress(Exception):
        return _choices()
    return object()


def _choices() -> tuple[Any, ...]:
    from hypothesis.control import current_build_context

    return tuple(current_build_context().data.choices)


@cache
def read_characters() -> None:
    """Let Hypothesis write its table of characters to the user's cache, not to `.hypothesis` here."""
    with suppress(Exception):  # as in `steady_backend`; Hypothesis then writes it here
        from hypothesis import configuration
        from hypothesis.internal.charmap import charmap, intervals_from_codec

        before = getattr(configuration, "__hypothesis_home_directory", None)
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "graphcontract")
        configuration.set_hypothesis_home_dir(cache)
        try:
            charmap()
            intervals_from_codec("utf-8")
        finally:
            configuration.set_hypothesis_home_dir(before)
