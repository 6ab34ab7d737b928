"""Faulty clients: error.code."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.error_texts import ChangesTexts, detail, innermost, text
from tests.sample_clients.bases.field_lines import ReadsFieldLines
from tests.sample_clients.bases.shown_by import TEXT_TESTS
from tests.sample_clients.registry import faulty


@faulty("error.code", shown_by=TEXT_TESTS)
class LowerCasesTheCode(ChangesTexts):
    """Codes are compared without regard to case, and so kept in lower case."""

    def retold_code(self, code: str) -> str:
        return code.lower()


@faulty("error.code", shown_by=TEXT_TESTS)
class CapitalizesTheCode(ChangesTexts):
    """An enumeration's members begin with a capital: `Conflict`."""

    def retold_code(self, code: str) -> str:
        return code[:1].upper() + code[1:]


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class DropsUnknownCodes(ChangesTexts):
    """A generated enumeration has no member for a code that came later."""

    known = (
        "accessDenied conflict generalException invalidRequest itemNotFound notAllowed notSupported "
        "quotaLimitReached resourceModified serviceNotAvailable unauthenticated"
    )

    def retold_code(self, code: str) -> str:
        return code if code in self.known.split() else ""


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class DropsNonAsciiOfTheCode(ChangesTexts):
    """A code is an identifier, and an identifier is ASCII."""

    def retold_code(self, code: str) -> str:
        return code.encode("ascii", "ignore").decode()


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class DropsTheCodePrefix(ChangesTexts):
    """`Request_BadRequest` is shown without the service in front."""

    def retold_code(self, code: str) -> str:
        return code.rpartition("_")[2]


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class CutsTheCodeAt16(ChangesTexts):
    """A column of a log table sets the length of the field."""

    def retold_code(self, code: str) -> str:
        return code[:16]


@faulty("error.code", shown_by=TEXT_TESTS)
class ReasonPhraseAsCode(Conforming):
    """The reason phrase is what other services call a code."""

    def code(self, answer: Answer) -> str | None:
        return HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else super().code(answer)


@faulty("error.code", shown_by=TEXT_TESTS)
class StatusAsCode(Conforming):
    """`code` is the number, in text."""

    def code(self, answer: Answer) -> str | None:
        return str(answer.status)


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class InnermostCode(Conforming):
    """The most specific code is the most useful one; the one that callers compare with is error.code."""

    def code(self, answer: Answer) -> str | None:
        return text(innermost(self.error(answer)).get("code")) or super().code(answer)


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class CodeOfTheFirstDetail(Conforming):
    """The first detail says more than the error itself, and takes its place."""

    def code(self, answer: Answer) -> str | None:
        return text(detail(self.error(answer)).get("code")) or super().code(answer)


@faulty("error.code", shown_by=TEXT_TESTS)
class NeverReadsServerErrors(Conforming):
    """The content of a 5xx is the gateway's, so nobody reads it."""

    def code(self, answer: Answer) -> str | None:
        return super().code(answer) if answer.status < 500 else None


@faulty("error.code", shown_by=TEXT_TESTS)
class CachesTheCodeByStatus(Conforming):
    """A cache of exception types by status, each made with the code that it was first seen with."""

    def __init__(self) -> None:
        super().__init__()
        self.learned: dict[int, str | None] = {}

    def code(self, answer: Answer) -> str | None:
        return self.learned.setdefault(answer.status, super().code(answer))


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class CutsTheCodeAt32(ChangesTexts):
    """The longest code in the documentation is shorter."""

    def retold_code(self, code: str) -> str:
        return code[:32]


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class CutsTheCodeAtTheDot(ChangesTexts):
    """The part behind the last dot is what OData calls the simple name."""

    def retold_code(self, code: str) -> str:
        return code.rpartition(".")[2]


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class AcceptsLettersOnlyAsCode(ChangesTexts):
    """A code is a name, without digits and hyphens; anything else is a text."""

    def retold_code(self, code: str) -> str:
        return "" if re.search(r"[-0-9]", code) else code


@faulty("error.code", rare=True, shown_by=["429 to the end"])
class ThrottlingErrorWithoutCode(Conforming):
    """An exception of its own for throttling, made from the status and the wait alone."""

    def code(self, answer: Answer) -> str | None:
        return None if answer.status in (429, 503, 504) else super().code(answer)


@faulty("error.code", "error.message", shown_by=TEXT_TESTS)
class ReadsExactMediaTypeOnly(Conforming):
    """`content_type == "application/json"`, which a charset or a parameter of OData makes another text."""

    def error(self, answer: Answer) -> dict[str, object]:
        typed = answer.fields.get("content-type") == "application/json"
        return super().error(answer) if typed else {}


class SkipsContent(Conforming):
    """Base class: a content that they do not read."""

    def skips(self, answer: Answer) -> bool:
        raise NotImplementedError

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        return b"" if self.skips(answer) else super().read_content(answer, read, line)


@faulty("error.code", "error.message", shown_by=TEXT_TESTS)
class IgnoresChunkedContent(SkipsContent):
    """An error without a Content-Length is taken for one without content."""

    def skips(self, answer: Answer) -> bool:
        return "transfer-encoding" in answer.fields


@faulty("error.code", "error.message", shown_by=TEXT_TESTS)
class IgnoresContentEndedByClose(SkipsContent):
    """Content whose end is the connection's is left, lest the client wait for ever."""

    def skips(self, answer: Answer) -> bool:
        return not {"content-length", "transfer-encoding"} & answer.fields.keys()


@faulty("error.code", "error.message", shown_by=TEXT_TESTS)
class ClosesBeforeReadingTheContent(SkipsContent):
    """Closes its end when the server says that it will close, before the content is read."""

    def skips(self, answer: Answer) -> bool:
        return answer.fields.get("connection") == "close"


@faulty("error.code", "error.message", shown_by=["test_unusual_error_representations"])
class ByteOrderMarkBreaksTheParser(Conforming):
    """The content is decoded as UTF-8, and the parser finds a byte order mark where JSON begins."""

    def error(self, answer: Answer) -> dict[str, object]:
        return {} if answer.content.startswith(b"\xef\xbb\xbf") else super().error(answer)


@faulty("error.code", "error.message", shown_by=["test_unusual_error_representations"])
class ContentTypeByItsSpelling(ReadsFieldLines):
    """Looks for Content-Type in two spellings, and reads content without a type as text."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if not any(line.startswith((b"Content-Type:", b"content-type:")) for line in lines):
            answer.fields.pop("content-type", None)

    def error(self, answer: Answer) -> dict[str, object]:
        return super().error(answer) if "content-type" in answer.fields else {}


@faulty("error.code", shown_by=TEXT_TESTS, rare=True)
class CutsTheCodeAt64(ChangesTexts):
    """The column for codes has 64 characters."""

    def retold_code(self, code: str) -> str:
        return code[:64]


@faulty("error.code", shown_by=TEXT_TESTS, rare=True)
class CutsTheCodeAtTheComma(ChangesTexts):
    """What comes after the number is the name of a type, for developers."""

    def retold_code(self, code: str) -> str:
        return code.partition(",")[0]


GENERIC = ("generalException", "UnknownError", "BadRequest")


@faulty("error.code", rare=True, shown_by=TEXT_TESTS)
class InnerCodeForAGenericCode(Conforming):
    """A code that says nothing is replaced by that of the inner error."""

    def code(self, answer: Answer) -> str | None:
        code, inner = super().code(answer), self.error(answer).get("innerError")
        found = inner.get("code") if isinstance(inner, dict) else None
        return found if code in GENERIC and isinstance(found, str) else code
