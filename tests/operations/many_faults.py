"""Faulty clients with a fault in what many operations share: encoding, values, state, errors."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, quote_plus, unquote

from graphcontract.exchange import Call, Outcome
from tests.operations import AnyOperation
from tests.operations.many_clients import PARAMETERS, PATH, QUERY, faulty
from tests.sample_clients.bases.conforming import Answer, Fields

# In the path, or in the query that $ref of a collection requires.
WITH_VALUES = r"\{|/\$ref$"


@faulty(PARAMETERS, "raw", "cut", "split", "changed", shown_by=WITH_VALUES)
class NothingEncoded(AnyOperation):
    """Values as they are."""

    def encode(self, task_id: str) -> str:
        return task_id


@faulty(PARAMETERS, "split", shown_by=r"\{")
class SlashKept(AnyOperation):
    """The default of urllib's quote."""

    def encode(self, task_id: str) -> str:
        return quote(task_id)


@faulty(PARAMETERS, "changed", shown_by=WITH_VALUES)
class PercentKept(AnyOperation):
    """A percent sign is taken for an escape."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="%")


@faulty(PARAMETERS, "changed", shown_by=r"\{")
class SpaceAsPlus(AnyOperation):
    """A form's encoding in a path."""

    def encode(self, task_id: str) -> str:
        return quote_plus(task_id)


@faulty(PARAMETERS, "changed", shown_by=WITH_VALUES)
class Decoded(AnyOperation):
    """Values are decoded first, in case that the caller has encoded them."""

    def encode(self, task_id: str) -> str:
        return super().encode(unquote(task_id))


@faulty(PARAMETERS, "changed", shown_by=r"\{")
class LowerCased(AnyOperation):
    """Ids are taken for GUIDs, whose letter case makes no difference."""

    def argument(self, call: Call, name: str) -> str:
        return super().argument(call, name).lower()


@faulty(PARAMETERS, "changed", shown_by=r"\{")
class Trimmed(AnyOperation):
    """Space around a value is taken for a slip of the caller."""

    def argument(self, call: Call, name: str) -> str:
        value = super().argument(call, name)
        return value.strip() or value


@faulty(PARAMETERS, "changed", shown_by=r"\{")
class Normalized(AnyOperation):
    """Values in Unicode's compatibility form."""

    def argument(self, call: Call, name: str) -> str:
        return unicodedata.normalize("NFKC", super().argument(call, name))


@faulty(PARAMETERS, "changed", shown_by=r"\{")
class Latin1(AnyOperation):
    """Characters of Latin-1 in their own encoding, others in UTF-8."""

    def encode(self, task_id: str) -> str:
        try:
            return quote(task_id.encode("latin-1"), safe="")
        except UnicodeEncodeError:
            return super().encode(task_id)


@faulty(PARAMETERS, "changed", "cut", shown_by=r"\{")
class FragmentCut(AnyOperation):
    """The value of a URL's library, which takes a number sign for a fragment."""

    def encode(self, task_id: str) -> str:
        return super().encode(task_id.partition("#")[0] or task_id)


@faulty(PARAMETERS, "quotes", shown_by=r"'\{")
class QuotesNotDoubled(AnyOperation):
    """Percent-encoding taken to be enough for a literal."""

    def double(self, value: str) -> str:
        return value


@faulty(PARAMETERS, "changed", shown_by=r"\{")
class QuotesDoubledEverywhere(AnyOperation):
    """A literal's rule applied to segments."""

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        return super().value(call, name, is_literal=True)


@faulty(PARAMETERS, "unquoted", shown_by=r"'\{")
class StringUnquoted(AnyOperation):
    """A function's string as if it were a number."""

    def template(self, call: Call) -> str:
        return call.path.replace("'", "")


@faulty(PARAMETERS, "changed", shown_by=r"=\{")
class NumberQuoted(AnyOperation):
    """Every argument of a function written as a string."""

    def template(self, call: Call) -> str:
        return re.sub(r"=(\{\w+\})", r"='\1'", call.path)


@faulty(PARAMETERS, "swapped", shown_by=r"(\{[^}]*\}.*){3}")
class SwappedInThree(AnyOperation):
    """The last two of three or more parameters in another order."""

    def argument(self, call: Call, name: str) -> str:
        names = self.names(call)
        if len(names) < 3:
            return super().argument(call, name)
        first, second = names[-2:]
        return super().argument(call, {first: second, second: first}.get(name, name))


@faulty(PARAMETERS, "changed", shown_by=r"\{")
class ArgumentOfTheCallBefore(AnyOperation):
    """The first argument is cached, and used by the next call that has one."""

    def __init__(self) -> None:
        super().__init__()
        self.cached: str | None = None

    def argument(self, call: Call, name: str) -> str:
        own = super().argument(call, name)
        if name != self.names(call)[0]:
            return own
        self.cached, found = own, self.cached
        return found or own


@faulty(PATH, "other-segment", "missing-segment", "extra-segment", shown_by=r"\{")
class PathCachedById(AnyOperation):
    """Paths are cached by the first id alone."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: dict[str, str] = {}

    def path(self, call: Call) -> str:
        own = super().path(call)
        names = self.names(call)
        return self.paths.setdefault(call.arguments[names[0]], own) if names else own


@faulty("request.authorization", shown_by="")
class TokenOfTheCallBefore(AnyOperation):
    """A token is refreshed after a call, and not before."""

    def __init__(self) -> None:
        super().__init__()
        self.token: str | None = None

    def authorization(self, call: Call) -> Fields:
        self.token, found = call.token, self.token
        return [("Authorization", f"Bearer {found or call.token}")]


@faulty("request.body", "content", shown_by=" DELETE ")
class BodyOnDelete(AnyOperation):
    """An empty object with every deletion."""

    def body(self, call: Call) -> bytes:
        return b"{}" if call.method == "DELETE" else b""


@faulty(QUERY, "missing", shown_by=r"owners/\$ref|\w/\$ref")
class QueryLost(AnyOperation):
    """The one query parameter is left out."""

    def query(self, call: Call) -> str:
        return ""


@faulty(QUERY, "changed", "raw", "unknown", shown_by=r"\w/\$ref")
class QueryRaw(AnyOperation):
    """A query put together like text."""

    def pair(self, name: str, value: str) -> str:
        return f"{name}={value}"


@faulty("error.failure", "success", shown_by=" DELETE ")
class DeletedIfNotFound(AnyOperation):
    """A deletion is a success if nothing is there."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if call.method == "DELETE" and answer.status in (404, 409):
            return Outcome.success(status=204)
        return super().outcome(call, answer)


@faulty("input.unusable-id", shown_by=r"\{")
class DotSegmentsSent(AnyOperation):
    """Empty ids and dot segments are not checked."""

    def refuses(self, call: Call, name: str, value: str) -> bool:
        return any(ord(each) < 32 or 127 <= ord(each) < 160 for each in value)


@faulty("input.injection", "altered", shown_by=r"\{")
class ControlCharactersDropped(AnyOperation):
    """A sanitiser where an error belongs."""

    def refuses(self, call: Call, name: str, value: str) -> bool:
        return f"/{{{name}}}" in call.path and value in ("", ".", "..")

    def argument(self, call: Call, name: str) -> str:
        value = super().argument(call, name)
        return "".join(each for each in value if not (ord(each) < 32 or 127 <= ord(each) < 160)) or "x"
