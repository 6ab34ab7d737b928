"""Clients that lose or change what a Graph error says in words."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from http import HTTPStatus

from tests.bank.client import Answer, Conforming
from tests.bank.faults_texts import Retelling, detail, fault, inner, text


@fault("error.message")
class TellsThePhraseAsMessage(Conforming):
    """`raise_for_status` knows the reason phrase, and not the content."""

    def message(self, answer: Answer) -> str | None:
        return (
            f"{answer.status} {HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ''}"
        )


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
        return unicodedata.normalize("NFKC", message)


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


@fault("error.message", rare=True)
class CutsTheMessage(Retelling):
    """The message goes through a log's field of 8 KiB on its way to the caller."""

    def retold_message(self, message: str) -> str:
        return message[:8192]


@fault("error.message")
class FindsASpaceAfterTheColon(Conforming):
    """No JSON parser in a small client: a pattern with the space that its author's server sends."""

    def message(self, answer: Answer) -> str | None:
        return super().message(answer) if b'"message": "' in answer.content else None


@fault("error.message")
class UndoesNoEscapes(Conforming):
    r"""A parser of its own that leaves `\u` sequences to somebody else, who then drops the text."""

    def message(self, answer: Answer) -> str | None:
        return None if re.search(rb"[^\\]\\u[0-9a-f]{4}", answer.content) else super().message(answer)


@fault("error.message", rare=True)
class TellsItInNorwegian(Conforming):
    """A localized message is there for the user, who is not the one that reads this."""

    def message(self, answer: Answer) -> str | None:
        localized = self.error(answer).get("localizedMessage")
        value = localized.get("value") if isinstance(localized, dict) else None
        return text(value) or super().message(answer)


@fault("error.message", rare=True)
class TellsTheInnerMessage(Conforming):
    """What is said further in is said more precisely, and takes the error's place."""

    def message(self, answer: Answer) -> str | None:
        return text(inner(self.error(answer)).get("message")) or super().message(answer)
