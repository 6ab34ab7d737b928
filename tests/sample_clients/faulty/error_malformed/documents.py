"""Faulty clients: error.malformed."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

from graphcontract.exchange import Call, Outcome
from graphcontract.inputs.malformed import MEGABYTE
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.registry import faulty


class ParsesErrors(Conforming):
    """Base class: their own way from an error's content to its document."""

    def parse(self, answer: Answer) -> Any:
        raise NotImplementedError

    def error(self, answer: Answer) -> dict[str, object]:
        document = self.parse(answer)
        error = document.get("error") if isinstance(document, dict) else None
        return error if isinstance(error, dict) else {}


@faulty("error.malformed")
class ParsesEverythingUnguarded(ParsesErrors):
    """`response.json()` with no `except` around it."""

    def parse(self, answer: Answer) -> Any:
        return json.loads(answer.content)


@faulty("error.malformed", rare=True)
class ParsesAnyContentUnguarded(ParsesErrors):
    """Asks whether there is content, and not whether it is JSON."""

    def parse(self, answer: Answer) -> Any:
        return json.loads(answer.content) if answer.content else None


@faulty("error.malformed", rare=True)
class ParsesWhatIsTypedJsonUnguarded(ParsesErrors):
    """Believes a Content-Type of JSON."""

    def parse(self, answer: Answer) -> Any:
        return json.loads(answer.content) if answer.fields.get("content-type") == "application/json" else None


@faulty("error.malformed", rare=True)
class CatchesJsonDecodeErrorOnly(ParsesErrors):
    """`except json.JSONDecodeError`: miscoded bytes, long numbers and deep nesting raise something else."""

    def parse(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.content)
        except json.JSONDecodeError:
            return None


@faulty("error.malformed", rare=True)
class CatchesValueErrorOnly(ParsesErrors):
    """`except ValueError`: deep nesting raises RecursionError."""

    def parse(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.content)
        except ValueError:
            return None


@faulty("error.malformed", rare=True)
class DecodesTextUnguarded(ParsesErrors):
    """`response.content.decode()` stands above the `try`."""

    def parse(self, answer: Answer) -> Any:
        text = answer.content.decode()
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None


@faulty("error.malformed", rare=True)
class CrashesOnDuplicateMembers(ParsesErrors):
    """A strict parser raises its own error for a name that stands twice."""

    def parse(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.content, object_pairs_hook=self.strict)
        except (ValueError, RecursionError):
            return None

    def strict(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) < len(pairs):
            raise LookupError("a name stands twice")
        return dict(pairs)


@faulty("error.malformed", rare=True)
class CrashesOnInfinity(ParsesErrors):
    """`int()` of every number with a fraction or an exponent: infinity fails."""

    def parse(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.content, parse_float=lambda digits: int(float(digits)))
        except (ValueError, RecursionError):
            return None


@faulty("error.malformed", rare=True)
class CrashesOnOtherMediaTypes(ParsesErrors):
    """`await response.json()` of an asynchronous library raises where the media type is not JSON's."""

    def parse(self, answer: Answer) -> Any:
        if "json" not in answer.fields.get("content-type", "application/json"):
            raise TypeError("unexpected media type")
        return {"error": super(ParsesErrors, self).error(answer)}


@faulty("error.malformed", rare=True)
class CrashesWithoutContentType(ParsesErrors):
    """`headers["Content-Type"]`: KeyError where an answer has none."""

    def parse(self, answer: Answer) -> Any:
        typed = answer.fields["content-type"].startswith("application/json")
        return {"error": super(ParsesErrors, self).error(answer)} if typed else None


@faulty("error.malformed", rare=True)
class CrashesOnGzipMagicBytes(ParsesErrors):
    """Undoes a gzip that nobody declared, by its first two bytes."""

    def parse(self, answer: Answer) -> Any:
        if answer.content.startswith(b"\x1f\x8b"):
            return gzip.decompress(answer.content)
        return {"error": super(ParsesErrors, self).error(answer)}


@faulty("error.malformed", rare=True)
class CrashesAboveAMegabyte(ParsesErrors):
    """A guard against large contents raises where nobody catches."""

    def parse(self, answer: Answer) -> Any:
        if len(answer.content) > MEGABYTE:
            raise MemoryError("the content is too large")
        return {"error": super(ParsesErrors, self).error(answer)}


@faulty("error.malformed", rare=True)
class CrashesOnMalformedContentType(ParsesErrors):
    """A media type is parsed by its grammar, and what does not fit raises."""

    def parse(self, answer: Answer) -> Any:
        typed = answer.fields.get("content-type", "text/plain")
        if not re.fullmatch(r"[\w.+-]+/[\w.+-]+(; *[\w.-]+=.*)?", typed):
            raise ValueError(typed)
        return {"error": super(ParsesErrors, self).error(answer)}


@faulty("error.malformed", rare=True)
class CrashesOnUnknownCharset(ParsesErrors):
    """`content.decode(charset)` of whatever the answer calls its charset: LookupError."""

    def parse(self, answer: Answer) -> Any:
        charset = answer.fields.get("content-type", "").partition("charset=")[2]
        answer.content.decode(charset or "latin-1", "replace")
        return {"error": super(ParsesErrors, self).error(answer)}


@faulty("error.malformed", rare=True)
class CrashesOnLoneSurrogates(ParsesErrors):
    """The message is encoded for a log, which half a surrogate pair cannot be."""

    def parse(self, answer: Answer) -> Any:
        error = super(ParsesErrors, self).error(answer)
        str(error.get("message")).encode()
        return {"error": error}


@faulty("error.malformed", rare=True)
class CrashesOnNulInText(ParsesErrors):
    """A text for a library in C, which refuses one with a NUL inside."""

    def parse(self, answer: Answer) -> Any:
        error = super(ParsesErrors, self).error(answer)
        if "\0" in str(error.get("message")):
            raise ValueError("embedded null character")
        return {"error": error}


class TrustsTheDocument(Conforming):
    """Base class: trust in the shape of a document that is JSON."""

    def dig(self, document: Any) -> object:
        raise NotImplementedError

    def failure(self, call: Call, answer: Answer) -> Outcome:
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            return super().failure(call, answer)
        self.dig(document)
        return super().failure(call, answer)


@faulty("error.malformed")
class CrashesOnANonObjectDocument(TrustsTheDocument):
    """`document.get("error")`, of a list, a text, null."""

    def dig(self, document: Any) -> object:
        return document.get("error")


@faulty("error.malformed")
class CrashesOnATextAsError(TrustsTheDocument):
    """`document["error"].get("code")`, of a token service's text."""

    def dig(self, document: Any) -> object:
        error = document.get("error") if isinstance(document, dict) else None
        return error.get("code") if error else None


@faulty("error.malformed", rare=True)
class CrashesWithoutErrorMember(TrustsTheDocument):
    """`document["error"]`, of another service's object."""

    def dig(self, document: Any) -> object:
        return document["error"] if isinstance(document, dict) else None


@faulty("error.malformed", rare=True)
class CrashesOnANumericCode(TrustsTheDocument):
    """`code.lower()`, of a number."""

    def dig(self, document: Any) -> object:
        error = document.get("error") if isinstance(document, dict) else None
        return error["code"].lower() if isinstance(error, dict) and error.get("code") else None


@faulty("error.malformed", rare=True)
class SearchesForErrorInAnyDocument(TrustsTheDocument):
    """`"error" in document`: of a text it is a search, of a number an error."""

    def dig(self, document: Any) -> object:
        if "error" in document:
            return document["error"]
        return None


@faulty("error.malformed")
class NoStatusWithoutJson(Conforming):
    """The parser's error is reported instead of the server's."""

    def status(self, answer: Answer) -> int | None:
        try:
            json.loads(answer.content)
        except (ValueError, RecursionError):
            return None
        return answer.status


@faulty("error.malformed")
class Status500ForUnreadableErrors(Conforming):
    """What is not a Graph error does not come from Graph, and is an internal error."""

    def status(self, answer: Answer) -> int | None:
        return answer.status if self.error(answer) else 500


@faulty("error.malformed", rare=True)
class NoStatusForHtml(Conforming):
    """HTML comes from a proxy in between: status 0, as if there had been no server."""

    def status(self, answer: Answer) -> int | None:
        return 0 if "html" in answer.fields.get("content-type", "") else answer.status


@faulty("error.malformed", rare=True)
class StatusFromTheProblemDocument(Conforming):
    """The status member of a problem document, which a gateway writes for all that it relays."""

    def status(self, answer: Answer) -> int | None:
        if answer.fields.get("content-type") == "application/problem+json":
            return int(json.loads(answer.content).get("status", answer.status))
        return answer.status


@faulty("error.malformed", rare=True)
class StatusFromANumericCode(Conforming):
    """Some services put the status into error.code; where it is a number, it wins."""

    def status(self, answer: Answer) -> int | None:
        code = self.error(answer).get("code")
        return int(code) if isinstance(code, (int, float)) else answer.status


@faulty("error.malformed")
class JsonWithoutErrorAsSuccess(Conforming):
    """`if "error" in document: raise`, and the status is never looked at when JSON came."""

    def succeeded(self, answer: Answer) -> bool:
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            return super().succeeded(answer)
        return super().succeeded(answer) or (isinstance(document, dict) and "error" not in document)


@faulty("error.malformed", rare=True)
class NullErrorAsSuccess(Conforming):
    """`{"error": null}` is how JSON-RPC says that all is well."""

    def succeeded(self, answer: Answer) -> bool:
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            return super().succeeded(answer)
        nothing = isinstance(document, dict) and "error" in document and not document["error"]
        return super().succeeded(answer) or nothing


@faulty("error.malformed", rare=True)
class NoContentAsSuccess(Conforming):
    """An empty content means that there was nothing to complain of."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (answer.status >= 400 and not answer.content)


@faulty("error.malformed", rare=True)
class HtmlAsSuccess(Conforming):
    """A page in HTML is what a browser would show: somebody signed in."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.content[:16].strip().lower().startswith(b"<!doctype html")


@faulty("error.malformed", rare=True)
class InvalidTokenAsSuccess(Conforming):
    """`invalid_token` sets off a new sign-in, after which nobody remembers the call."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or b'"invalid_token"' in answer.content


@faulty("error.malformed", rare=True)
class OversizedContentAsSuccess(Conforming):
    """A limit on what is read; beyond it the error is dropped, and no error is success."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or len(answer.content) > 1_000_000


@faulty("error.malformed", rare=True)
class ConvertsNumericCodesToInt(Conforming):
    """A code that is a number is made a whole one, and shown."""

    def code(self, answer: Answer) -> str | None:
        code = self.error(answer).get("code")
        return (
            str(int(code)) if isinstance(code, float) and not isinstance(code, bool) else super().code(answer)
        )


@faulty("error.malformed", rare=True)
class CrashesOnInnerErrorsThatAreNotObjects(Conforming):
    """`inner.get("request-id")`, of a text."""

    def request_id(self, answer: Answer) -> str | None:
        inner: Any = self.error(answer).get("innerError")
        if inner is not None:
            inner.get("request-id")
        return super().request_id(answer)


@faulty("error.malformed", rare=True)
class CrashesOnDetailsThatAreNotAList(Conforming):
    """A loop over the details, of which each has a code."""

    def code(self, answer: Answer) -> str | None:
        details: Any = self.error(answer).get("details")
        for detail in details or []:
            detail.get("code")
        return super().code(answer)


@faulty("error.malformed", rare=True)
class CrashesOnARequestIdThatIsANumber(Conforming):
    """The id is put into capitals for the support's form."""

    def request_id(self, answer: Answer) -> str | None:
        inner: Any = self.error(answer).get("innerError")
        if isinstance(inner, dict) and inner.get("request-id") is not None:
            inner["request-id"].upper()
        return super().request_id(answer)


@faulty("error.malformed", rare=True, shown_by=["test_malformed_errors"])
class NeedsAValueInAMessageThatIsAnObject(Conforming):
    """OData 3 had an object with a language and a value in place of the message."""

    def message(self, answer: Answer) -> str | None:
        message = self.error(answer).get("message")
        return str(message["value"]) if isinstance(message, dict) else super().message(answer)


@faulty("error.malformed", rare=True, shown_by=["test_malformed_errors"])
class TakesTheFirstErrorOfAList(Conforming):
    """Some services send a list of errors, in which there is one at least."""

    def error(self, answer: Answer) -> dict[str, object]:
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            return {}
        if isinstance(document, dict):
            document = document.get("error")
        first = document[0] if isinstance(document, list) else document
        return first if isinstance(first, dict) else {}
