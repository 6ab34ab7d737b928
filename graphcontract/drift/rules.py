"""The drift rules: what each means, its class, and an example that the comparison reproduces.

This module is data; `comparison` decides when a rule applies.
"""

from __future__ import annotations

from graphcontract.drift.deprecation_rules import DEPRECATIONS
from graphcontract.drift.model import Value
from graphcontract.drift.rule import Example, Rule
from graphcontract.drift.unknown_rules import UNKNOWN

_PATH: tuple[Value, ...] = ("library", "books", ("key", "bookId"), "cancel")
_CALLS = "Conforming clients break. Update the contract, and then the clients."
_READ = "Read the change, and update the contract if the change is intended."
_NOTE = "Not breaking. Update the contract if your clients need it."

RULES: tuple[Rule, ...] = (
    Rule(
        "method-changed",
        "breaking",
        "The operation uses another HTTP method.",
        _CALLS,
        Example("method", "POST", "DELETE"),
    ),
    Rule(
        "path-changed",
        "breaking",
        "A literal segment of the path differs, or the path has more or fewer segments. Names of keys and "
        "the namespace of the action are ignored; the namespace of a type cast is not.",
        _CALLS,
        Example("path", _PATH, ("library", "volumes", ("key", "id"), "cancel")),
    ),
    Rule(
        "letter-case-changed",
        "weakened",
        "A name differs only in letter case. Microsoft Graph accepts both; a client that compares may not.",
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
        "The key in the path has another type: valid ids may be rejected, or new ids may look different.",
        _CALLS,
        Example("key-type", "string", "guid"),
    ),
    Rule(
        "route-gone",
        "breaking",
        "No path leads to the operation any more, although it may still be declared.",
        _CALLS,
        Example("route", "reachable", "declared"),
    ),
    Rule(
        "route-only-declared",
        "declared",
        "The operation is declared, but no path leads to it, as in a cloud that does not offer it.",
        _NOTE,
        Example("route", "absent", "declared"),
    ),
    Rule(
        "route-appeared",
        "added",
        "A path now leads to the operation.",
        _NOTE,
        Example("route", "declared", "reachable"),
    ),
    Rule(
        "version-changed",
        "breaking",
        "The source describes another version of the API than before.",
        _CALLS,
        Example("version", "beta", "v1.0"),
    ),
    Rule(
        "version-appeared",
        "lifecycle",
        "The operation exists in another version than the contract's, usually v1.0, which is supported.",
        "Plan the migration, and write a contract for that version.",
        "The contract is for beta, and a page of v1.0 describes the operation.",
    ),
    Rule(
        "content-required",
        "breaking",
        "The operation now requires a request body.",
        _CALLS,
        Example("content", "none", "required"),
    ),
    Rule(
        "content-not-taken",
        "breaking",
        "The operation no longer accepts a request body.",
        _CALLS,
        Example("content", "required", "none"),
    ),
    Rule(
        "content-optional",
        "added",
        "The operation now accepts a request body, but does not require one.",
        _NOTE,
        Example("content", "none", "optional"),
    ),
    Rule(
        "required-input-added",
        "breaking",
        "A query parameter, header field or body parameter is now required.",
        _CALLS,
        Example("query", (), (("confirm", "required"),)),
    ),
    Rule(
        "input-removed",
        "breaking",
        "A query parameter or body parameter no longer exists.",
        _CALLS,
        Example("parameters", (("reason", "string", "optional"),), ()),
    ),
    Rule(
        "input-type-changed",
        "breaking",
        "A body parameter has another type.",
        _CALLS,
        Example("parameters", (("reason", "string", "optional"),), (("reason", "int32", "optional"),)),
    ),
    Rule(
        "input-relaxed",
        "weakened",
        "A required input is now optional, or a header field is no longer listed.",
        _READ,
        Example("fields", (("Prefer", "required"),), (("Prefer", "optional"),)),
    ),
    Rule(
        "optional-input-added",
        "added",
        "There is a new optional query parameter, header field or body parameter.",
        _NOTE,
        Example("fields", (), (("If-Match", "optional"),)),
    ),
    Rule(
        "success-status-changed",
        "breaking",
        "The success status code differs.",
        _CALLS,
        Example("success", (204, "none"), (202, "none")),
    ),
    Rule(
        "success-content-changed",
        "breaking",
        "The success response now has a body and had none, or the reverse.",
        _CALLS,
        Example("success", (200, "none"), (200, "content")),
    ),
    Rule(
        "errors-changed",
        "weakened",
        "The documented error status codes differ. Clients must handle any error, so none should break.",
        _READ,
        Example("errors", ("404", "409"), ("404", "423")),
    ),
    Rule(
        "errors-dropped",
        "weakened",
        "The source no longer documents error status codes. The errors may still occur.",
        _READ,
        Example("errors", ("404", "409"), None),
    ),
    Rule(
        "errors-documented",
        "added",
        "The source documents error status codes that the contract does not mention.",
        _NOTE,
        Example("errors", None, ("404", "409")),
    ),
    Rule(
        "permission-scheme-lost",
        "breaking",
        "A permission type (delegated or application) is no longer supported.",
        _CALLS,
        Example("permissions.application", (("Book.Manage.All",), ()), ((), ())),
    ),
    Rule(
        "permission-scheme-added",
        "added",
        "A permission type (delegated or application) is now supported.",
        _NOTE,
        Example("permissions.delegated-personal", ((), ()), (("Book.Manage",), ())),
    ),
    Rule(
        "least-permission-changed",
        "breaking",
        "The least privileged permission differs.",
        "Tokens with the old permission may be rejected. Request the new one, and update the contract.",
        Example("permissions.application", (("Book.Manage.All",), ()), (("Library.Manage.All",), ())),
    ),
    Rule(
        "least-permission-added",
        "weakened",
        "One more permission is sufficient; the old one still is.",
        _READ,
        Example(
            "permissions.application", (("Book.Manage.All",), ()), (("Book.Cancel", "Book.Manage.All"), ())
        ),
    ),
    Rule(
        "higher-permission-removed",
        "breaking",
        "A more privileged permission is no longer sufficient.",
        "Tokens that have only this permission are rejected. Update the contract.",
        Example("permissions.application", (("A.Read",), ("A.Write",)), (("A.Read",), ())),
    ),
    Rule(
        "higher-permission-added",
        "added",
        "Another, more privileged permission is now sufficient.",
        _NOTE,
        Example("permissions.application", (("A.Read",), ()), (("A.Read",), ("A.Write",))),
    ),
    Rule(
        "cloud-added",
        "lifecycle",
        "The operation is now available in another national cloud.",
        _READ,
        Example("clouds", ("global",), ("china", "global")),
    ),
    Rule(
        "cloud-removed",
        "lifecycle",
        "The operation is no longer available in a national cloud.",
        _READ,
        Example("clouds", ("china", "global"), ("global",)),
    ),
    *DEPRECATIONS,
    Rule(
        "enum-member-removed",
        "breaking",
        "A value of the status enum was removed or renamed.",
        _CALLS,
        Example("status-enum", (("open", 0), ("closed", 1)), (("open", 0),)),
    ),
    Rule(
        "enum-member-renumbered",
        "breaking",
        "A value of the status enum has another number.",
        _CALLS,
        Example("status-enum", (("open", 0), ("closed", 1)), (("open", 0), ("closed", 2))),
    ),
    Rule(
        "enum-member-added",
        "added",
        "The status enum has a new value. It is an evolvable enum: it has unknownFutureValue.",
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
        "The status enum has a new value but no unknownFutureValue: clients may treat it as closed.",
        _CALLS,
        Example("status-enum", (("open", 0),), (("open", 0), ("lost", 1))),
    ),
    Rule(
        "property-removed",
        "breaking",
        "A property of the resource was removed or renamed.",
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
        "The resource has a new property.",
        _NOTE,
        Example("properties", (("id", "string", None),), (("id", "string", None), ("title", "string", None))),
    ),
    Rule(
        "nullability-relaxed",
        "weakened",
        "A property is now nullable.",
        _READ,
        Example("properties", (("title", "string", False),), (("title", "string", True),)),
    ),
    Rule(
        "nullability-tightened",
        "added",
        "A property is no longer nullable.",
        _NOTE,
        Example("properties", (("title", "string", True),), (("title", "string", False),)),
    ),
    Rule(
        "operation-id-changed",
        "weakened",
        "The operationId of an OpenAPI description differs. HTTP requests stay the same, but generated "
        "clients name their functions by it: the names of PowerShell's commands derive from it.",
        _READ,
        Example("operation-id", "library.books.cancel", "library.books.cancelBook"),
    ),
    Rule(
        "wording-changed",
        "wording",
        "The title, the description or a sentence has another wording, or a link has another target.",
        "Read the new wording: its meaning may differ.",
        Example("wording", (("title", "book: cancel"),), (("title", "Cancel a book"),)),
    ),
    Rule(
        "statement-dropped",
        "weakened",
        "The source no longer states this fact. It does not deny it either.",
        _READ,
        Example("clouds", ("global",), None),
    ),
    Rule(
        "statement-added",
        "added",
        "The source now states a fact that it did not state before.",
        _NOTE,
        Example("clouds", None, ("global",)),
    ),
    Rule(
        "fact-denied",
        "breaking",
        "The source denies a fact that the contract or the snapshot states.",
        _CALLS,
        "The contract says that the China cloud has the operation, and the source says that it does not.",
    ),
    *UNKNOWN,
)
BY_ID = {rule.id: rule for rule in RULES}
