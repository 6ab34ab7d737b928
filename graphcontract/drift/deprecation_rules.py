"""Rules of deprecations: announced, inherited, contradicted, changed, passed and withdrawn."""

from __future__ import annotations

from graphcontract.drift.rule import Example, Rule

DEPRECATIONS: tuple[Rule, ...] = (
    Rule(
        "deprecation-announced",
        "lifecycle",
        "The operation is marked as deprecated, or a removal date is announced.",
        "Plan to stop using the operation.",
        Example("deprecation", None, (None, "2999-01-31", "This action is deprecated.")),
    ),
    Rule(
        "deprecation-inherited",
        "lifecycle",
        "A node above the operation on its path is marked as deprecated, and the operation inherits the "
        "mark. Such a mark may be about other operations below that node, and its date may be wrong here.",
        "Read the page of the operation. If it does not mention the deprecation, report the mistake to the "
        "publisher of the source.",
        Example(
            "deprecation.inherited", None, (None, "2001-01-31", "as of 2001-01/Preview:forms", "/library")
        ),
    ),
    Rule(
        "deprecation-contradicted",
        "lifecycle",
        "A source marks the operation as deprecated, and its page does not, or gives another removal date.",
        "Find out which of them is true. The page is usually corrected by hand, and the other generated.",
        "The code of an SDK warns that the operation will be removed, and the page says nothing about it.",
    ),
    Rule(
        "removal-date-changed",
        "lifecycle",
        "The removal date of the operation differs.",
        "Plan to stop using the operation.",
        Example(
            "deprecation",
            (None, "2999-01-31", "This action is deprecated."),
            (None, "2999-06-30", "This action is deprecated."),
        ),
    ),
    Rule(
        "removal-date-passed",
        "lifecycle",
        "The removal date of the operation has passed.",
        "Stop using the operation now.",
        Example("deprecation", None, (None, "2001-01-31", "This action is deprecated.")),
        stricter="err",
    ),
    Rule(
        "deprecation-withdrawn",
        "added",
        "The operation is no longer marked as deprecated.",
        "Not breaking. Update the contract if your clients need it.",
        Example("deprecation", (None, None, "This action is deprecated."), None),
    ),
)
