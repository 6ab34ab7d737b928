"""What each verdict counts as, and how reports name it: one label and one name, the same in every format."""

from __future__ import annotations

from graphcontract.reporting.events import Verdict, VerdictKind

SUPPORTED: tuple[VerdictKind, ...] = ("pass", "fail", "known-failure")
"""The verdicts on an operation that was judged, so that the client supports it. Of the others,
`not-supported` says that it does not, and the rest leave it open.
"""

JUDGED: tuple[VerdictKind, ...] = (*SUPPORTED, "fixed")
"""The verdicts on a clause that was exercised."""

_LABELS: dict[VerdictKind, str] = {
    "pass": "pass",
    "known-failure": "known",
    "fixed": "fixed",
    "not-supported": "n/a",
    "not-exercised": "skipped",
    "not-run": "not run",
    "error": "ERROR",
}


_TONES = {"pass": "pass", "FAIL": "fail", "ERROR": "fail", "fixed": "fail", "warn": "warn", "known": "known"}


def label_verdict(event: Verdict) -> str:
    """Return the label of a verdict event, at most 7 characters: `FAIL` and `warn` differ in `fails_run`."""
    if event["verdict"] == "fail":
        return "FAIL" if event["fails_run"] else "warn"
    return _LABELS[event["verdict"]]


def find_tone(label: str) -> str:
    """Return how pages colour what has this label, and what their filter selects it by; `none` if it was not
    tested.
    """
    return _TONES.get(label, "none")


def name_verdict(event: Verdict) -> str:
    """Return the verdict in words, as in `not exercised`."""
    return event["verdict"].replace("-", " ")


def is_untested(event: Verdict) -> bool:
    """Whether the clause could have been tested, and was not."""
    return event["verdict"] in ("not-exercised", "not-run")
