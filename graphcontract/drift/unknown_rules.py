"""Rules of class `unknown`, for what could not be compared: silence never passes for "no drift"."""

from __future__ import annotations

from graphcontract.drift.rule import Rule

_LOOK = "Look at the source: nothing was compared there, so nothing is known."

UNKNOWN: tuple[Rule, ...] = (
    Rule(
        "self-contradiction",
        "unknown",
        "One source says two things.",
        "Find out which is true, and report the mistake to who keeps the source.",
        "The text of a page says that success is 204, and its sample response shows 200.",
    ),
    Rule(
        "fact-unreadable",
        "unknown",
        "The source was to tell this, and it cannot be made out: a section is missing, or newly worded.",
        _LOOK,
        "A page has no table of permissions, for its include is not at hand.",
    ),
    Rule(
        "operation-missing",
        "unknown",
        "The source was read, and the operation is not where it was.",
        _LOOK,
        "permissions.json has no entry for the path.",
    ),
    Rule(
        "nothing-compared",
        "unknown",
        "The source was read, and nothing of it could be compared: it says nothing of the operation that the "
        "contract, the snapshot or another source says too.",
        "Give a source that has the operation. One that is watched until it has, as the metadata of another "
        "version is, can be waived with that reason.",
        "A CSDL file of v1.0 does not have the operation, and the contract is of beta.",
    ),
    Rule(
        "source-gone",
        "unknown",
        "A source that was there before is not any more.",
        _LOOK,
        "The address of the page answers 404, and yesterday it answered 200.",
    ),
)
