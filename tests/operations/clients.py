"""Faulty clients of operations with any number of parameters, each with one fault, and quirky ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from graphcontract.exchange import Call
from tests.operations import AnyOperation
from tests.sample_clients.bases.conforming import Fields

PARAMETERS, QUERY, PATH = "request.path-parameters", "request.query", "request.path"
Client = type[AnyOperation]


@dataclass(frozen=True)
class Fault:
    """A faulty client: an operation that shows it, the clause that it violates, and the kinds."""

    client: Client
    operation: str
    clause: str
    kinds: frozenset[str]


faults: list[Fault] = []
quirks: list[tuple[Client, str, frozenset[str]]] = []


def shown_by(operation: str, clause: str, *kinds: str) -> Callable[[Client], Client]:
    """Register a faulty client."""

    def register(client: Client) -> Client:
        faults.append(Fault(client, operation, clause, frozenset(kinds)))
        return client

    return register


def quirky(operation: str, *short_of: str) -> Callable[[Client], Client]:
    """Register a client that violates no MUST, with the SHOULDs that it does not meet."""

    def register(client: Client) -> Client:
        quirks.append((client, operation, frozenset(short_of)))
        return client

    return register


@shown_by("message", PARAMETERS, "swapped")
@shown_by("cell", PARAMETERS, "swapped")
class LastTwoSwapped(AnyOperation):
    """A signature in another order than the path."""

    def argument(self, call: Call, name: str) -> str:
        *_, first, second = self.names(call)
        return super().argument(call, {first: second, second: first}.get(name, name))


@shown_by("message", PARAMETERS, "swapped")
class AllRotated(AnyOperation):
    """The arguments taken from the end of a list, the last one first."""

    def argument(self, call: Call, name: str) -> str:
        names = self.names(call)
        return super().argument(call, names[names.index(name) - 1])


@shown_by("member", PARAMETERS, "repeated")
@shown_by("cell", PARAMETERS, "repeated")
class FirstOfTwoTwice(AnyOperation):
    """A line copied without changing the second name."""

    def argument(self, call: Call, name: str) -> str:
        *_, first, second = self.names(call)
        return super().argument(call, first if name == second else name)


@shown_by("member", PARAMETERS, "lost")
@shown_by("member", PATH, "missing-segment")
class LastIdLost(AnyOperation):
    """The collection instead of its member."""

    def template(self, call: Call) -> str:
        return call.path.rpartition("/")[0]


@shown_by("message", PARAMETERS, "lost")
class MiddleIdLost(AnyOperation):
    """A variable that is never put into the path."""

    def template(self, call: Call) -> str:
        return call.path.replace(f"/{{{self.names(call)[1]}}}", "")


@shown_by("cell", PARAMETERS, "lost")
@shown_by("cell", PATH, "other-segment")
class ArgumentLost(AnyOperation):
    """A function called with its first argument only."""

    def template(self, call: Call) -> str:
        return re.sub(r",\w+=\{\w+\}", "", call.path)


@shown_by("member", PARAMETERS, "merged")
class MergedWithItsNeighbour(AnyOperation):
    """A composite key in one segment."""

    def template(self, call: Call) -> str:
        first, second = self.names(call)
        return call.path.replace(f"/{{{first}}}", "").replace(f"{{{second}}}", f"{{{first}}},{{{second}}}")


@shown_by("message", PARAMETERS, "merged")
class SecondAppendedToTheFirst(AnyOperation):
    """The ids joined before they are encoded."""

    def argument(self, call: Call, name: str) -> str:
        first, second, _ = self.names(call)
        own = super().argument(call, name)
        return f"{own}/{call.arguments[second]}" if name == first else own


@shown_by("function", PARAMETERS, "unquoted")
class StringWithoutQuotes(AnyOperation):
    """A literal of a function built as for a number."""

    def template(self, call: Call) -> str:
        return call.path.replace("'", "")


@shown_by("function", PARAMETERS, "quotes")
class QuotesNotDoubled(AnyOperation):
    """Percent-encoding taken to be enough for a literal."""

    def double(self, value: str) -> str:
        return value


@shown_by("cell", PARAMETERS, "changed")
class NumberInQuotes(AnyOperation):
    """Every argument of a function written as a string."""

    def template(self, call: Call) -> str:
        return re.sub(r"=(\{\w+\})", r"='\1'", call.path)


@shown_by("member", PARAMETERS, "changed")
class QuotesDoubledInASegment(AnyOperation):
    """A literal's rule applied to every parameter."""

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        return super().value(call, name, is_literal=True)


@shown_by("message", PARAMETERS, "changed")
class NameInPlaceOfTheLastValue(AnyOperation):
    """A template of which one placeholder is misspelled, and so stays."""

    def argument(self, call: Call, name: str) -> str:
        return f"{{{name}}}" if name == self.names(call)[-1] else super().argument(call, name)


@shown_by("member", PARAMETERS, "cut", "changed", "raw", "split")
class OnlyTheFirstEncoded(AnyOperation):
    """Encoding added where a bug was reported, and not beside it."""

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        first = name == self.names(call)[0]
        return super().value(call, name, is_literal=is_literal) if first else call.arguments[name]


@shown_by("reference", QUERY, "changed", "raw", "unknown")
class QueryValueRaw(AnyOperation):
    """A query put together like text."""

    def pair(self, name: str, value: str) -> str:
        return f"{name}={value}"


@shown_by("reference", QUERY, "changed")
class PlusInTheQueryRaw(AnyOperation):
    """A plus is left alone, which servers read as a space."""

    def pair(self, name: str, value: str) -> str:
        return f"{name}={quote(value, safe='+')}"


@shown_by("reference", QUERY, "missing")
class QueryLeftOut(AnyOperation):
    """The path alone."""

    def query(self, call: Call) -> str:
        return ""


@shown_by("reference", QUERY, "missing", "unknown")
class QueryNameWithoutItsSign(AnyOperation):
    """`id` for `@id`."""

    def pair(self, name: str, value: str) -> str:
        return super().pair(name.lstrip("@"), value)


@shown_by("reference", QUERY, "repeated")
class QueryTwice(AnyOperation):
    """The caller and the library both add the parameter."""

    def pair(self, name: str, value: str) -> str:
        return f"{super().pair(name, value)}&{super().pair(name, value)}"


@shown_by("member", "request.body", "content")
class BodyOnDelete(AnyOperation):
    """An empty object with every request."""

    def body(self, call: Call) -> bytes:
        return b"{}"

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "application/json")]


@shown_by("none", PATH, "extra-segment")
class KeyWhereThereIsNone(AnyOperation):
    """A key that the operation does not have."""

    def template(self, call: Call) -> str:
        return call.path.replace("/me/", "/me/0/")


@shown_by("member", "input.unusable-id", "collapsed", "dot-segment")
class OnlyTheFirstIsChecked(AnyOperation):
    """The check for what cannot be a segment is made for the first id."""

    def refuses(self, call: Call, name: str, value: str) -> bool:
        return name == self.names(call)[0] and super().refuses(call, name, value)


@shown_by("member", "input.injection", "altered")
class ControlCharactersOfTheSecondDropped(AnyOperation):
    """A sanitiser for the id that users type."""

    def refuses(self, call: Call, name: str, value: str) -> bool:
        return name == self.names(call)[0] and super().refuses(call, name, value)

    def argument(self, call: Call, name: str) -> str:
        return "".join(each for each in super().argument(call, name) if each.isprintable()) or "x"


@shown_by("member", "input.opaque-id", "refused")
class SecondMustBeAGuid(AnyOperation):
    """A member's id is taken for a GUID."""

    def refuses(self, call: Call, name: str, value: str) -> bool:
        guid = re.fullmatch(r"[0-9a-fA-F-]{36}", value) is not None
        return super().refuses(call, name, value) or (name == self.names(call)[1] and not guid)


@shown_by("member", PARAMETERS, "changed")
class SecondOfTheCallBefore(AnyOperation):
    """The last id is cached by the first, which does not identify it."""

    def __init__(self) -> None:
        super().__init__()
        self.cached: str | None = None

    def argument(self, call: Call, name: str) -> str:
        own = super().argument(call, name)
        if name != self.names(call)[-1]:
            return own
        self.cached, found = own, self.cached
        return found or own


@quirky("message", "request.path-spelling")
class OneKeyInParentheses(AnyOperation):
    """OData's own form for the first key, and segments for the others."""

    def path(self, call: Call) -> str:
        first = call.arguments[self.names(call)[0]]
        key = quote(self.double(first), safe="")
        return super().path(call).replace(f"/{self.encode(first)}", f"('{key}')", 1)


@quirky("function")
@quirky("cell")
@quirky("member")
class EncodesAllButLettersAndDigits(AnyOperation):
    """Names and punctuation of the path are encoded too."""

    def path(self, call: Call) -> str:
        return re.sub(r"[^A-Za-z0-9%/]", lambda found: f"%{ord(found[0]):02X}", super().path(call))


@quirky("member")
class LowerCaseEscapes(AnyOperation):
    """%2f for %2F."""

    def encode(self, task_id: str) -> str:
        return re.sub("%..", lambda found: found[0].lower(), super().encode(task_id))


@quirky("message", "request.path-spelling")
class WithoutNamespace(AnyOperation):
    """An action by its name alone."""

    def template(self, call: Call) -> str:
        return call.path.replace("microsoft.graph.", "")


@quirky("cell")
class ArgumentsInAnotherOrder(AnyOperation):
    """Arguments have names, and no order."""

    def template(self, call: Call) -> str:
        return re.sub(r"\((.+),(.+)\)", r"(\2,\1)", call.path)


@quirky("reference")
class QueryAsAForm(AnyOperation):
    """A library's `params`: the name is encoded, and a space is a plus."""

    def pair(self, name: str, value: str) -> str:
        return f"{quote_plus(name)}={quote_plus(value)}"


@quirky("none")
@quirky("reference")
class Plain(AnyOperation):
    """Nothing unusual."""
