"""Faulty clients: error.message."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from http import HTTPStatus

from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.error_texts import ChangesTexts, detail, inner, text
from tests.sample_clients.bases.shown_by import TEXT_TESTS
from tests.sample_clients.registry import faulty


@faulty("error.message", shown_by=TEXT_TESTS)
class ReasonPhraseAsMessage(Conforming):
    """`raise_for_status` knows the reason phrase, and not the content."""

    def message(self, answer: Answer) -> str | None:
        return (
            f"{answer.status} {HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ''}"
        )


@faulty("error.message", shown_by=TEXT_TESTS)
class FixedMessage(Conforming):
    """A facade that must not show its backend's words to anyone."""

    def message(self, answer: Answer) -> str | None:
        return "The task could not be canceled."


@faulty("error.message", shown_by=TEXT_TESTS)
class CachesTheFirstMessage(Conforming):
    """The text of the exception is cached with its class."""

    def __init__(self) -> None:
        super().__init__()
        self.first: str | None = None

    def message(self, answer: Answer) -> str | None:
        self.first = self.first or super().message(answer)
        return self.first


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class ShortensTheMessage(ChangesTexts):
    """A terminal's line, with an ellipsis for the rest."""

    def retold_message(self, message: str) -> str:
        return message if len(message) <= 255 else f"{message[:254]}…"


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class HtmlEscapesTheMessage(ChangesTexts):
    """Escaped for a web page where no web page is."""

    def retold_message(self, message: str) -> str:
        return html.escape(message)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class HtmlUnescapesTheMessage(ChangesTexts):
    """Undoes an escaping that nobody did."""

    def retold_message(self, message: str) -> str:
        return html.unescape(message)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class StripsTagsFromTheMessage(ChangesTexts):
    """Removes tags, from a time when gateways answered in HTML."""

    def retold_message(self, message: str) -> str:
        return re.sub(r"<[^>]*>", "", message)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class UnescapesUnicodeTwice(ChangesTexts):
    r"""Decodes `\u` once more than JSON did."""

    def retold_message(self, message: str) -> str:
        return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), message)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class ReplacesNonAsciiOfTheMessage(ChangesTexts):
    """A console that shows a question mark for what it has no glyph for."""

    def retold_message(self, message: str) -> str:
        return message.encode("ascii", "replace").decode()


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class KeepsTheFirstLineOfTheMessage(ChangesTexts):
    """A log is a line an entry."""

    def retold_message(self, message: str) -> str:
        return message.partition("\n")[0]


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class CollapsesSpaceInTheMessage(ChangesTexts):
    """`" ".join(message.split())` makes it neat, and other than it was."""

    def retold_message(self, message: str) -> str:
        return " ".join(message.split())


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class NormalizesTheMessageToNfc(ChangesTexts):
    """Normalized to NFC, as texts are before they go into an index."""

    def retold_message(self, message: str) -> str:
        return unicodedata.normalize("NFC", message)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class NormalizesTheMessageToNfkc(ChangesTexts):
    """NFKC takes ligatures apart."""

    def retold_message(self, message: str) -> str:
        return unicodedata.normalize("NFKC", message)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class DropsFormatCharacters(ChangesTexts):
    """Removes format characters, lest a message turn the terminal's text around."""

    def retold_message(self, message: str) -> str:
        return "".join(each for each in message if unicodedata.category(each) != "Cf")


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class QuotesTheMessageByRepr(ChangesTexts):
    """`repr()` in the exception's text: quotes and line feeds come out escaped."""

    def retold_message(self, message: str) -> str:
        return repr(message)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class MatchesTheMessageToTheFirstQuote(Conforming):
    """No JSON parser in a small client: a pattern that ends at the first quotation mark."""

    def message(self, answer: Answer) -> str | None:
        found = re.search(r'"message"\s*:\s*"([^"]*)"', answer.content.decode("utf-8", "replace"))
        return found[1] if found else None


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class MessageOfTheFirstDetail(Conforming):
    """The first detail's message in the place of the error's."""

    def message(self, answer: Answer) -> str | None:
        return text(detail(self.error(answer)).get("message")) or super().message(answer)


@faulty("error.message", "error.code", rare=True, shown_by=TEXT_TESTS)
class ReadsTheMessageAsLatin1(Conforming):
    """No charset in the Content-Type: Latin-1, as RFC 2616 had it."""

    def error(self, answer: Answer) -> dict[str, object]:
        try:
            document = json.loads(answer.content.decode("latin-1"))
        except (ValueError, RecursionError):
            return {}
        error = document.get("error") if isinstance(document, dict) else None
        return error if isinstance(error, dict) else {}


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class CutsTheMessageAt8Kib(ChangesTexts):
    """The message goes through a log's field of 8 KiB on its way to the caller."""

    def retold_message(self, message: str) -> str:
        return message[:8192]


@faulty("error.message", shown_by=TEXT_TESTS)
class MatchesASpaceAfterTheColonOnly(Conforming):
    """No JSON parser in a small client: a pattern with the space that its author's server sends."""

    def message(self, answer: Answer) -> str | None:
        return super().message(answer) if b'"message": "' in answer.content else None


@faulty("error.message", shown_by=TEXT_TESTS)
class DropsUnicodeEscapes(Conforming):
    r"""A parser of its own that leaves `\u` sequences to somebody else, who then drops the text."""

    def message(self, answer: Answer) -> str | None:
        return None if re.search(rb"[^\\]\\u[0-9a-f]{4}", answer.content) else super().message(answer)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class ReportsTheLocalizedMessage(Conforming):
    """A localized message is there for the user, who is not the one that reads this."""

    def message(self, answer: Answer) -> str | None:
        localized = self.error(answer).get("localizedMessage")
        value = localized.get("value") if isinstance(localized, dict) else None
        return text(value) or super().message(answer)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class MessageOfTheInnerError(Conforming):
    """What is said further in is said more precisely, and takes the error's place."""

    def message(self, answer: Answer) -> str | None:
        return text(inner(self.error(answer)).get("message")) or super().message(answer)


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class NormalizesLineEndsOfTheMessage(ChangesTexts):
    """A text stream in universal newlines mode has line feeds alone."""

    def retold_message(self, message: str) -> str:
        return message.replace("\r\n", "\n")


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class FillsTheMessageInByReplacement(ChangesTexts):
    """`"Call failed: {}".replace("{}", message)` of JavaScript, in which `$$` stands for one."""

    def retold_message(self, message: str) -> str:
        return message.replace("$$", "$")


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class ReadsEscapesOfTheMessage(ChangesTexts):
    """`printf "%b"` of a shell: a backslash and an n are a line feed."""

    def retold_message(self, message: str) -> str:
        return message.replace("\\n", "\n")


@faulty("error.message", rare=True, shown_by=TEXT_TESTS)
class FormatsTheMessageAgain(ChangesTexts):
    """A message is passed on as a format: a per cent is written twice to stand for one."""

    def retold_message(self, message: str) -> str:
        return message.replace("%%", "%")
