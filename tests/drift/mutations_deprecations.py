"""Deprecations in the library's OpenAPI description: own, and inherited from a path above."""

from __future__ import annotations

from collections.abc import Callable

from tests.drift.mutations import swap
from tests.drift.schemas import Mutation

_POST = "      operationId: library"
_ABOVE = "    get:\n      summary: Get a loan\n"
_NOTICE = """\
      deprecated: true
      x-ms-deprecation:
        removalDate: '2026-05-31'
        date: '2026-01-02'
        version: 2026-01/Shelf:v2
        description: Call it off by hand.
"""
_PARSED = ("2026-01-02", "2026-05-31", "Call it off by hand.")


def _post(text: str) -> tuple[str, str]:
    """Members for the operation, before its id."""
    return _POST, text + _POST


def _mark_both(own: str, above: str) -> Callable[[str], str]:
    return lambda text: swap(*_post(own))(text).replace(_ABOVE, _ABOVE + above)


DEPRECATED = (
    Mutation(
        "deprecated",
        swap(*_post("      deprecated: true\n")),
        {"deprecation": (None, None, None)},
        ("deprecation-announced",),
    ),
    Mutation(
        "deprecated with days",
        swap(
            *_post(
                "      deprecated: true\n      x-ms-deprecation:\n        removalDate: 2028-01-02\n"
                "        date: '2026-01-02'\n        description: Call it off by hand.\n"
            )
        ),
        {"deprecation": ("2026-01-02", "2028-01-02", "Call it off by hand.")},
        ("deprecation-announced",),
    ),
    Mutation(
        "removed by now",
        swap(*_post("      x-ms-deprecation:\n        removalDate: '2026-05-31'\n")),
        {"deprecation": (None, "2026-05-31", None)},
        ("removal-date-passed",),
    ),
    Mutation(
        "inherited",
        _mark_both(_NOTICE, _NOTICE),
        {"deprecation.inherited": (*_PARSED, "/library/branches/loanRequests/{loan-id}")},
        ("deprecation-inherited",),
    ),
    Mutation(
        "another deprecation above",
        _mark_both(_NOTICE, _NOTICE.replace("-31'", "-30'")),
        {"deprecation": _PARSED},
        ("removal-date-passed",),
    ),
)
