"""Rules of class `unknown`: what could not be compared is reported, and never counts as "no drift"."""

from __future__ import annotations

from graphcontract.drift.rule import Rule

_LOOK = "Check the source: this part was not compared, so drift in it would not be seen."

UNKNOWN: tuple[Rule, ...] = (
    Rule(
        "self-contradiction",
        "unknown",
        "The source contradicts itself.",
        "Find out which statement is true, and report the mistake to the publisher of the source.",
        "The text of a page says that the success status is 204, and its sample response shows 200.",
    ),
    Rule(
        "fact-unreadable",
        "unknown",
        "A fact that the source must state cannot be read: a section is missing, or has unknown wording.",
        _LOOK,
        "A page has no permissions table, because its include is missing.",
    ),
    Rule(
        "operation-missing",
        "unknown",
        "The source was read, but the operation was not found in it.",
        _LOOK,
        "permissions.json has no entry for the path.",
    ),
    Rule(
        "nothing-compared",
        "unknown",
        "The source was read, but nothing could be compared: it states no fact of the operation that the "
        "contract, the snapshot or another source states too.",
        "Give a source that has the operation. If you watch a source until it has the operation, as the "
        "metadata of another version, waive the finding with that reason.",
        "A CSDL file of v1.0 does not have the operation, and the contract is for beta.",
    ),
    Rule(
        "source-unreadable",
        "unknown",
        "The source could not be fetched, or is not complete. The command ends with exit status 3.",
        _LOOK,
        "A CSDL file ends in the middle of an element.",
    ),
    Rule(
        "source-gone",
        "unknown",
        "A source that existed before no longer exists.",
        _LOOK,
        "The URL of the page returns 404; yesterday it returned 200.",
    ),
)
