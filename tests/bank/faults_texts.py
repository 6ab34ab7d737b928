"""Clients that lose or change what a Graph error says: its code, its message, its request id."""

from __future__ import annotations

import html
import json
import re
import unicodedata
import uuid
from http import HTTPStatus

from tests.bank.client import Answer, Conforming
from tests.bank.registry import fault


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

    def retold_code(self, code: str) -> str:
        return code if not code.startswith("unheardOf") else ""


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


# error.message


@fault("error.message")
class TellsThePhraseAsMessage(Conforming):
    """`raise_for_status` knows the reason phrase, and not the content."""

    def message(self, answer: Answer) -> str | None:
        return f"{answer.status} {HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ''}"


@fault("error.message")
class HasOneMessage(Conforming):
    """A facade that must not show its backend's words to anyone."""

    def message(self, answer: Answer) -> str | None:
        return "The task could not be canceled."


@fault("error.message")
class KeepsTheFirstMessage(Conforming):
    """The text of the exception is cached with its class."""

    def __init__(self) -> None:
        super().__init__()
        self.first: str | None = None

    def message(self, answer: Answer) -> str | None:
        self.first = self.first or super().message(answer)
        return self.first


@fault("error.message", rare=True)
class CutsTheMessage(Retelling):
    """The message goes through a log field of 8 KiB on its way to the caller."""

    def retold_message(self, message: str) -> str:
        return message[:8192]


@fault("error.message", rare=True)
class ShortensTheMessage(Retelling):
    """A terminal's line, with an ellipsis for the rest."""

    def retold_message(self, message: str) -> str:
        return message if len(message) <= 255 else f"{message[:254]}…"


@fault("error.message", rare=True)
class EscapesTheMessage(Retelling):
    """Escaped for a web page where no web page is."""

    def retold_message(self, message: str) -> str:
        return html.escape(message)


@fault("error.message", rare=True)
class UnescapesTheMessage(Retelling):
    """Undoes an escaping that nobody did."""

    def retold_message(self, message: str) -> str:
        return html.unescape(message)


@fault("error.message", rare=True)
class StripsTags(Retelling):
    """Removes tags, from a time when gateways answered in HTML."""

    def retold_message(self, message: str) -> str:
        return re.sub(r"<[^>]*>", "", message)


@fault("error.message", rare=True)
class UnescapesUnicode(Retelling):
    r"""Decodes `\u` once more than JSON did."""

    def retold_message(self, message: str) -> str:
        return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), message)


@fault("error.message", rare=True)
class KeepsAsciiOfTheMessage(Retelling):
    """A console that shows a question mark for what it has no glyph for."""

    def retold_message(self, message: str) -> str:
        return message.encode("ascii", "replace").decode()


@fault("error.message", rare=True)
class KeepsTheFirstLine(Retelling):
    """A log is a line an entry."""

    def retold_message(self, message: str) -> str:
        return message.partition("\n")[0]


@fault("error.message", rare=True)
class CollapsesSpace(Retelling):
    """`" ".join(message.split())` makes it neat, and other than it was."""

    def retold_message(self, message: str) -> str:
        return " ".join(message.split())


@fault("error.message", rare=True)
class ComposesTheMessage(Retelling):
    """Normalized to NFC, as texts are before they go into an index."""

    def retold_message(self, message: str) -> str:
        return unicodedata.normalize("NFC", message)


@fault("error.message", rare=True)
class FoldsCompatibility(Retelling):
    """NFKC takes ligatures apart."""

    def retold_message(self, message: str) -> str:
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFD", message)).replace("á", "a\u0301")


@fault("error.message", rare=True)
class DropsFormatting(Retelling):
    """Removes format characters, lest a message turn the terminal's text around."""

    def retold_message(self, message: str) -> str:
        return "".join(each for each in message if unicodedata.category(each) != "Cf")


@fault("error.message", rare=True)
class QuotesTheMessage(Retelling):
    """`repr()` in the exception's text: quotes and line feeds come out escaped."""

    def retold_message(self, message: str) -> str:
        return repr(message)


@fault("error.message", rare=True)
class MatchesTheMessage(Conforming):
    """No JSON parser in a small client: a pattern that ends at the first quotation mark."""

    def message(self, answer: Answer) -> str | None:
        found = re.search(r'"message"\s*:\s*"([^"]*)"', answer.content.decode("utf-8", "replace"))
        return found[1] if found else None


@fault("error.message", rare=True)
class TellsTheDetailsMessage(Conforming):
    """The first detail's message in the place of the error's."""

    def message(self, answer: Answer) -> str | None:
        return text(detail(self.error(answer)).get("message")) or super().message(answer)


@fault("error.message", "error.code", rare=True)
class ReadsLatin1(Conforming):
    """No charset in the Content-Type: Latin-1, as RFC 2616 had it."""

    def error(self, answer: Answer) -> dict[str, object]:
        try:
            document = json.loads(answer.content.decode("latin-1"))
        except (ValueError, RecursionError):
            return {}
        error = document.get("error") if isinstance(document, dict) else None
        return error if isinstance(error, dict) else {}


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


@fault("error.request-id", rare=True)
class UppersTheId(Retelling):
    """GUIDs in capitals, as the registry of an old platform has them."""

    def retold_request_id(self, request_id: str) -> str:
        return request_id.upper()


@fault("error.request-id")
class KeepsTheFirstId(Conforming):
    """The id of the first error stands in a field of the client, and in every error after it."""

    def __init__(self) -> None:
        super().__init__()
        self.first: str | None = None

    def request_id(self, answer: Answer) -> str | None:
        self.first = self.first or super().request_id(answer)
        return self.first
