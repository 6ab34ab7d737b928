"""The rules of drift: what each means, its class and level, and an example that the comparison bears out.

Data alone; `comparing` says when a rule holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphcontract.drift.model import Value

Class = Literal["breaking", "lifecycle", "weakened", "added", "declared", "wording", "unknown"]
Level = Literal["err", "warn", "info"]

LEVELS: dict[Class, Level] = {
    "breaking": "err",
    "lifecycle": "warn",
    "weakened": "warn",
    "added": "info",
    "declared": "info",
    "wording": "info",
    "unknown": "err",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A fact before and after; `dropped` and `new` stand for silence on one side."""

    fact: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. `level` is its class's but for a few."""

    id: str
    cls: Class
    means: str
    do: str
    example: Example | str
    stricter: Level | None = None

    @property
    def level(self) -> Level:
        """How bad a finding of the rule is."""
        return self.stricter or LEVELS[self.cls]


_PATH: tuple[Value, ...] = ("library", "books", ("key", "bookId"), "cancel")
_CALLS = "Clients that were right yesterday fail. Change the contract, and every client with it."
_READ = "Read the change, and bring the contract up to date where it is meant."
_NOTE = "Nothing breaks. Take it into the contract when it matters to your clients."
_LOOK = "Look at the source: nothing was compared there, so nothing is known."

RULES: tuple[Rule, ...] = (
    Rule(
        "method-changed",
        "breaking",
        "The operation is asked for with another method.",
        _CALLS,
        Example("method", "POST", "DELETE"),
    ),
    Rule(
        "path-changed",
        "breaking",
        "A literal of the path is another one, or there are more or fewer segments. Names of keys do not "
        "count, nor does `microsoft.graph.` before a segment.",
        _CALLS,
        Example("path", _PATH, ("library", "volumes", ("key", "id"), "cancel")),
    ),
    Rule(
        "letter-case-changed",
        "weakened",
        "A name differs in letter case alone. Microsoft Graph takes either; clients that compare may not.",
        _READ,
        Example("path", _PATH, ("library", "Books", ("key", "bookId"), "cancel")),
    ),
    Rule(
        "action-changed",
        "breaking",
        "The action has another name.",
        _CALLS,
        Example("action", "cancel", "abort"),
    ),
    Rule(
        "binding-changed",
        "breaking",
        "The action is bound to another type.",
        _CALLS,
        Example("binding", "book", "volume"),
    ),
    Rule(
        "key-type-changed",
        "breaking",
        "The key of the path has another type: ids that were good are refused, or new ones look different.",
        _CALLS,
        Example("key-type", "string", "guid"),
    ),
    Rule(
        "route-gone",
        "breaking",
        "No path leads to the operation any more, though it may still be declared.",
        _CALLS,
        Example("route", "reachable", "declared"),
    ),
    Rule(
        "route-only-declared",
        "declared",
        "The operation is declared, and no path leads to it: in a cloud that does not offer it, for one.",
        _NOTE,
        Example("route", "absent", "declared"),
    ),
    Rule(
        "route-appeared",
        "added",
        "A path leads to the operation now.",
        _NOTE,
        Example("route", "declared", "reachable"),
    ),
    Rule(
        "version-changed",
        "breaking",
        "The source speaks of another version of the API than it did.",
        _CALLS,
        Example("version", "beta", "v1.0"),
    ),
    Rule(
        "version-appeared",
        "lifecycle",
        "The operation is there in another version than the contract's: v1.0 mostly, which is supported.",
        "Plan the move, and write a contract for that version.",
        "The contract is of beta, and a page of v1.0 describes the operation.",
    ),
    Rule(
        "content-required",
        "breaking",
        "A request now needs content.",
        _CALLS,
        Example("content", "none", "required"),
    ),
    Rule(
        "content-not-taken",
        "breaking",
        "A request may no longer have content.",
        _CALLS,
        Example("content", "required", "none"),
    ),
    Rule(
        "content-optional",
        "added",
        "A request may have content now, and need not.",
        _NOTE,
        Example("content", "none", "optional"),
    ),
    Rule(
        "required-input-added",
        "breaking",
        "A query parameter, header field or parameter of the body is required that was not.",
        _CALLS,
        Example("query", (), (("confirm", "required"),)),
    ),
    Rule(
        "input-removed",
        "breaking",
        "A query parameter or parameter of the body that was taken is gone.",
        _CALLS,
        Example("parameters", (("reason", "string", "optional"),), ()),
    ),
    Rule(
        "input-type-changed",
        "breaking",
        "A parameter of the body has another type.",
        _CALLS,
        Example("parameters", (("reason", "string", "optional"),), (("reason", "int32", "optional"),)),
    ),
    Rule(
        "input-relaxed",
        "weakened",
        "What was required is optional now, or a header field is asked for no more.",
        _READ,
        Example("fields", (("Prefer", "required"),), (("Prefer", "optional"),)),
    ),
    Rule(
        "optional-input-added",
        "added",
        "A query parameter, header field or parameter of the body may be given that was not there.",
        _NOTE,
        Example("fields", (), (("If-Match", "optional"),)),
    ),
    Rule(
        "success-status-changed",
        "breaking",
        "Success has another status.",
        _CALLS,
        Example("success", (204, "none"), (202, "none")),
    ),
    Rule(
        "success-content-changed",
        "breaking",
        "The answer that means success has content and had none, or the other way round.",
        _CALLS,
        Example("success", (200, "none"), (200, "content")),
    ),
    Rule(
        "errors-changed",
        "weakened",
        "Other errors are named. Clients have to bear any error, so this breaks none that is right.",
        _READ,
        Example("errors", ("404", "409"), ("404", "423")),
    ),
    Rule(
        "errors-dropped",
        "weakened",
        "Errors were named, and no longer are. That does not mean that they do not happen.",
        _READ,
        Example("errors", ("404", "409"), None),
    ),
    Rule(
        "errors-documented",
        "added",
        "The source names errors that the contract says nothing of.",
        _NOTE,
        Example("errors", None, ("404", "409")),
    ),
    Rule(
        "permission-scheme-lost",
        "breaking",
        "A kind of sign-in is not supported any more.",
        _CALLS,
        Example("permissions.application", (("Book.Manage.All",), ()), ((), ())),
    ),
    Rule(
        "permission-scheme-added",
        "added",
        "A kind of sign-in is supported that was not.",
        _NOTE,
        Example("permissions.delegated-personal", ((), ()), (("Book.Manage",), ())),
    ),
    Rule(
        "least-permission-changed",
        "breaking",
        "The least privileged permission is another one.",
        "Tokens that were enough may be refused. Ask for the new permission, and change the contract.",
        Example("permissions.application", (("Book.Manage.All",), ()), (("Library.Manage.All",), ())),
    ),
    Rule(
        "least-permission-added",
        "weakened",
        "One more permission is enough; the old one still is.",
        _READ,
        Example(
            "permissions.application", (("Book.Manage.All",), ()), (("Book.Cancel", "Book.Manage.All"), ())
        ),
    ),
    Rule(
        "higher-permission-removed",
        "breaking",
        "A more privileged permission that was enough is not any more.",
        "Tokens with that permission alone are refused. Change the contract.",
        Example("permissions.application", (("A.Read",), ("A.Write",)), (("A.Read",), ())),
    ),
    Rule(
        "higher-permission-added",
        "added",
        "One more, more privileged permission is enough.",
        _NOTE,
        Example("permissions.application", (("A.Read",), ()), (("A.Read",), ("A.Write",))),
    ),
    Rule(
        "cloud-added",
        "lifecycle",
        "A national cloud offers the operation that did not.",
        _READ,
        Example("clouds", ("global",), ("china", "global")),
    ),
    Rule(
        "cloud-removed",
        "lifecycle",
        "A national cloud no longer offers the operation.",
        _READ,
        Example("clouds", ("china", "global"), ("global",)),
    ),
    Rule(
        "deprecation-announced",
        "lifecycle",
        "The operation is called deprecated, or a day is named from which on it is gone.",
        "Plan for its end.",
        Example("deprecation", None, (None, "2999-01-31", "This action is deprecated.")),
    ),
    Rule(
        "removal-date-changed",
        "lifecycle",
        "The day on which the operation goes is another one.",
        "Plan for its end.",
        Example(
            "deprecation",
            (None, "2999-01-31", "This action is deprecated."),
            (None, "2999-06-30", "This action is deprecated."),
        ),
    ),
    Rule(
        "removal-date-passed",
        "lifecycle",
        "The day is past from which on the operation is gone.",
        "Do not rely on it for another day.",
        Example("deprecation", None, (None, "2001-01-31", "This action is deprecated.")),
        stricter="err",
    ),
    Rule(
        "deprecation-withdrawn",
        "added",
        "The operation was called deprecated, and no longer is.",
        _NOTE,
        Example("deprecation", (None, None, "This action is deprecated."), None),
    ),
    Rule(
        "enum-member-removed",
        "breaking",
        "A value of the status is gone, or spelled differently.",
        _CALLS,
        Example("status-enum", (("open", 0), ("closed", 1)), (("open", 0),)),
    ),
    Rule(
        "enum-member-renumbered",
        "breaking",
        "A value of the status has another number.",
        _CALLS,
        Example("status-enum", (("open", 0), ("closed", 1)), (("open", 0), ("closed", 2))),
    ),
    Rule(
        "enum-member-added",
        "added",
        "The status has a new value, and the enum is one that may grow: it has unknownFutureValue.",
        _NOTE,
        Example(
            "status-enum",
            (("open", 0), ("unknownFutureValue", 1)),
            (("open", 0), ("lost", 1), ("unknownFutureValue", 2)),
        ),
    ),
    Rule(
        "enum-member-added-unguarded",
        "breaking",
        "The status has a new value, and its enum no unknownFutureValue: clients took it for closed.",
        _CALLS,
        Example("status-enum", (("open", 0),), (("open", 0), ("lost", 1))),
    ),
    Rule(
        "property-removed",
        "breaking",
        "A property of the resource is gone, or has another name.",
        _CALLS,
        Example("properties", (("id", "string", None), ("title", "string", None)), (("id", "string", None),)),
    ),
    Rule(
        "property-type-changed",
        "breaking",
        "A property of the resource has another type.",
        _CALLS,
        Example("properties", (("pages", "int32", None),), (("pages", "string", None),)),
    ),
    Rule(
        "property-added",
        "added",
        "The resource has one more property.",
        _NOTE,
        Example("properties", (("id", "string", None),), (("id", "string", None), ("title", "string", None))),
    ),
    Rule(
        "nullability-relaxed",
        "weakened",
        "A property may be null that could not.",
        _READ,
        Example("properties", (("title", "string", False),), (("title", "string", True),)),
    ),
    Rule(
        "nullability-tightened",
        "added",
        "A property can no longer be null.",
        _NOTE,
        Example("properties", (("title", "string", True),), (("title", "string", False),)),
    ),
    Rule(
        "wording-changed",
        "wording",
        "Title, description, or a sentence is worded differently, or a link leads elsewhere.",
        "Read it once: a change of meaning can hide in words.",
        Example("wording", (("title", "book: cancel"),), (("title", "Cancel a book"),)),
    ),
    Rule(
        "statement-dropped",
        "weakened",
        "The source said something of this, and is silent now. That denies nothing.",
        _READ,
        Example("clouds", ("global",), None),
    ),
    Rule(
        "statement-added",
        "added",
        "The source was silent on this, and says something now.",
        _NOTE,
        Example("clouds", None, ("global",)),
    ),
    Rule(
        "fact-denied",
        "breaking",
        "The source denies what it is held against.",
        _CALLS,
        "The contract says that the cloud china has the operation, and the source says that it has not.",
    ),
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
        "source-gone",
        "unknown",
        "A source that was there before is not any more.",
        _LOOK,
        "The address of the page answers 404, and yesterday it answered 200.",
    ),
)
BY_ID = {rule.id: rule for rule in RULES}
