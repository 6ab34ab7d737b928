"""Clients that lose or change what a Graph error says: its code, its message, its request id."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from tests.bank import registry
from tests.bank.client import Answer, Conforming

# Another test proves these clauses as well, by calls that wait.
fault = partial(registry.fault, shown_by=["test_valid_error_objects", "test_error_representations"])


def text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def inner(error: dict[str, object]) -> dict[str, object]:
    """The inner error of an error in either spelling, empty where there is none."""
    found = error.get("innerError") or error.get("innererror")
    return found if isinstance(found, dict) else {}


def innermost(error: dict[str, object]) -> dict[str, object]:
    while below := inner(error):
        error = below
    return error


def detail(error: dict[str, object]) -> dict[str, object]:
    """The first of the details, empty where there is none."""
    match error.get("details"):
        case [dict() as first, *_]:
            return first
    return {}


class Retelling(Conforming):
    """What the faults below have in common: a text of the error told otherwise; "" is told as nothing."""

    def retold_code(self, code: str) -> str:
        return code

    def retold_message(self, message: str) -> str:
        return message

    def retold_request_id(self, request_id: str) -> str:
        return request_id

    def code(self, answer: Answer) -> str | None:
        return self.retold_code(super().code(answer) or "") or None

    def message(self, answer: Answer) -> str | None:
        return self.retold_message(super().message(answer) or "") or None

    def request_id(self, answer: Answer) -> str | None:
        return self.retold_request_id(super().request_id(answer) or "") or None


# error.code


@fault("error.code")
class LowersTheCode(Retelling):
    """Codes are compared without regard to case, and so kept in lower case."""

    def retold_code(self, code: str) -> str:
        return code.lower()


@fault("error.code")
class MakesAMemberOfTheCode(Retelling):
    """An enumeration's members begin with a capital: `Conflict`."""

    def retold_code(self, code: str) -> str:
        return code[:1].upper() + code[1:]


@fault("error.code", rare=True)
class KnowsItsCodes(Retelling):
    """A generated enumeration has no member for a code that came later."""

    known = (
        "accessDenied conflict generalException invalidRequest itemNotFound notAllowed notSupported "
        "quotaLimitReached resourceModified serviceNotAvailable unauthenticated"
    )

    def retold_code(self, code: str) -> str:
        return code if code in self.known.split() else ""


@fault("error.code", rare=True)
class KeepsAsciiOfTheCode(Retelling):
    """A code is an identifier, and an identifier is ASCII."""

    def retold_code(self, code: str) -> str:
        return code.encode("ascii", "ignore").decode()


@fault("error.code", rare=True)
class CutsTheCodesNamespace(Retelling):
    """`Request_BadRequest` is shown without the service in front."""

    def retold_code(self, code: str) -> str:
        return code.rpartition("_")[2]


@fault("error.code", rare=True)
class HasSixteenCharactersForACode(Retelling):
    """A column of a log table sets the length of the field."""

    def retold_code(self, code: str) -> str:
        return code[:16]


@fault("error.code")
class TellsThePhraseAsCode(Conforming):
    """The reason phrase is what other services call a code."""

    def code(self, answer: Answer) -> str | None:
        return HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else super().code(answer)


@fault("error.code")
class TellsTheStatusAsCode(Conforming):
    """`code` is the number, in text."""

    def code(self, answer: Answer) -> str | None:
        return str(answer.status)


@fault("error.code", rare=True)
class TellsTheInnermostCode(Conforming):
    """The most specific code is the most useful one; the one that callers compare with is error.code."""

    def code(self, answer: Answer) -> str | None:
        return text(innermost(self.error(answer)).get("code")) or super().code(answer)


@fault("error.code", rare=True)
class TellsTheDetailsCode(Conforming):
    """The first detail says more than the error itself, and takes its place."""

    def code(self, answer: Answer) -> str | None:
        return text(detail(self.error(answer)).get("code")) or super().code(answer)


@fault("error.code")
class LeavesServerErrorsUnread(Conforming):
    """The content of a 5xx is the gateway's, so nobody reads it."""

    def code(self, answer: Answer) -> str | None:
        return super().code(answer) if answer.status < 500 else None


@fault("error.code")
class LearnsOneCodeAStatus(Conforming):
    """A cache of exception types by status, each made with the code that it was first seen with."""

    def __init__(self) -> None:
        super().__init__()
        self.learned: dict[int, str | None] = {}

    def code(self, answer: Answer) -> str | None:
        return self.learned.setdefault(answer.status, super().code(answer))


@fault("error.code", rare=True)
class HasThirtyTwoCharactersForACode(Retelling):
    """The longest code in the documentation is shorter."""

    def retold_code(self, code: str) -> str:
        return code[:32]


@fault("error.code", rare=True)
class CutsTheCodeAtTheDot(Retelling):
    """The part behind the last dot is what OData calls the simple name."""

    def retold_code(self, code: str) -> str:
        return code.rpartition(".")[2]


@fault("error.code", rare=True)
class TakesLettersForACode(Retelling):
    """A code is a name, without digits and hyphens; anything else is a text."""

    def retold_code(self, code: str) -> str:
        return "" if re.search(r"[-0-9]", code) else code


@fault("error.code", rare=True, shown_by=["429 to the end"])
class ThrottlesWithoutACode(Conforming):
    """An exception of its own for throttling, made from the status and the wait alone."""

    def code(self, answer: Answer) -> str | None:
        return None if answer.status in (429, 503, 504) else super().code(answer)


# error.code and message, of errors that are sent in another way


@fault("error.code", "error.message")
class KnowsOneMediaType(Conforming):
    """`content_type == "application/json"`, which a charset or a parameter of OData makes another text."""

    def error(self, answer: Answer) -> dict[str, object]:
        typed = answer.fields.get("content-type") == "application/json"
        return super().error(answer) if typed else {}


class Skipping(Conforming):
    """What the faults below have in common: a content that they do not read."""

    def skips(self, answer: Answer) -> bool:
        raise NotImplementedError

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        return b"" if self.skips(answer) else super().read_content(answer, read, line)


@fault("error.code", "error.message")
class ReadsNoChunks(Skipping):
    """An error without a Content-Length is taken for one without content."""

    def skips(self, answer: Answer) -> bool:
        return "transfer-encoding" in answer.fields


@fault("error.code", "error.message")
class ReadsNotToTheEnd(Skipping):
    """Content whose end is the connection's is left, lest the client wait for ever."""

    def skips(self, answer: Answer) -> bool:
        return not {"content-length", "transfer-encoding"} & answer.fields.keys()


@fault("error.code", "error.message")
class LeavesWithTheConnection(Skipping):
    """Closes its end when the server says that it will close, before the content is read."""

    def skips(self, answer: Answer) -> bool:
        return answer.fields.get("connection") == "close"


# error.request-id


@fault("error.request-id")
class TellsNoRequestId(Conforming):
    """A type of error from before anyone asked for support."""

    def request_id(self, answer: Answer) -> str | None:
        return None


@fault("error.request-id")
class TellsItsOwnId(Conforming):
    """client-request-id and request-id are two fields, and this is the wrong one."""

    def request_id(self, answer: Answer) -> str | None:
        return answer.fields.get("client-request-id")


@fault("error.request-id")
class MakesAnId(Conforming):
    """An id of the client's own log, which Graph's support has never heard of."""

    def request_id(self, answer: Answer) -> str | None:
        return str(uuid.uuid4())


@fault("error.request-id", rare=True)
class SpellsInnerOneWay(Conforming):
    """`innerError`, as the page of errors has it; half of Graph answers `innererror`."""

    def request_id(self, answer: Answer) -> str | None:
        found = self.error(answer).get("innerError")
        return text(found.get("request-id")) if isinstance(found, dict) else None


@fault("error.request-id")
class SpellsInnerTheOtherWay(Conforming):
    """`innererror`, as OData has it; half of Graph answers `innerError`."""

    def request_id(self, answer: Answer) -> str | None:
        found = self.error(answer).get("innererror")
        return text(found.get("request-id")) if isinstance(found, dict) else None


@fault("error.request-id")
class AsksForACamel(Conforming):
    """A naming policy of the serializer: `requestId`, which is never there."""

    def request_id(self, answer: Answer) -> str | None:
        return text(inner(self.error(answer)).get("requestId"))


@fault("error.request-id", rare=True)
class TellsTheInnermostId(Conforming):
    """Walks to the innermost error, which has a code and no id."""

    def request_id(self, answer: Answer) -> str | None:
        return text(innermost(self.error(answer)).get("request-id"))


@fault("error.request-id")
class TellsTheInnerClientsId(Conforming):
    """The inner error has two ids, and the first that ends in `request-id` is the client's own."""

    def request_id(self, answer: Answer) -> str | None:
        return text(inner(self.error(answer)).get("client-request-id")) or super().request_id(answer)


@fault("error.request-id", rare=True)
class NeedsADateForTheId(Conforming):
    """Support asks for both, so there is no id without a date."""

    def request_id(self, answer: Answer) -> str | None:
        return super().request_id(answer) if "date" in inner(self.error(answer)) else None


@fault("error.request-id")
class TellsItForServerErrorsAlone(Conforming):
    """Only what the server did wrong goes to its support."""

    def request_id(self, answer: Answer) -> str | None:
        return super().request_id(answer) if answer.status >= 500 else None


@fault("error.request-id")
class BracesTheId(Retelling):
    """A GUID is printed as its platform prints one."""

    def retold_request_id(self, request_id: str) -> str:
        return f"{{{request_id}}}" if request_id else ""


@fault("error.request-id")
class ShortensTheId(Retelling):
    """Eight digits are enough for people who know no support."""

    def retold_request_id(self, request_id: str) -> str:
        return request_id[:8]


@fault("error.request-id")
class KeepsTheFirstId(Conforming):
    """The id of the first error stands in a field of the client, and in every error after it."""

    def __init__(self) -> None:
        super().__init__()
        self.first: str | None = None

    def request_id(self, answer: Answer) -> str | None:
        self.first = self.first or super().request_id(answer)
        return self.first
