"""Faults of what a client does with an id or a token that is odd or cannot be used."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from urllib.parse import quote

from graphcontract.exchange import Call, Outcome
from tests.bank.client import Conforming
from tests.bank.registry import fault

CONTROL = "[\x00-\x1f\x7f-\x9f]"


class DotsPass(Conforming):
    """Refuses control characters, and lets every other id pass."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id in ("", ".", "..") else super().refusal(call)


# input.opaque-id


@fault("input.opaque-id")
class GuidsOnly(Conforming):
    """uuid.UUID() as a check, and its ValueError as a refusal."""

    def refusal(self, call: Call) -> str | None:
        try:
            uuid.UUID(call.task_id)
        except ValueError:
            return super().refusal(call) or "badly formed hexadecimal UUID string"
        return super().refusal(call)


@fault("input.opaque-id")
class GuidsOnlyAsFailure(Conforming):
    """The same check, told as a failed call."""

    def cancel(self, call: Call) -> Outcome:
        if len(call.task_id) != 36:
            return Outcome.failure(kind="argument", message="a task id has 36 characters")
        return super().cancel(call)


@fault("input.opaque-id")
class GuidParameter(Conforming):
    """A parameter of type Guid: what is none ends in an error that nobody documents."""

    def path(self, call: Call) -> str:
        uuid.UUID(call.task_id)
        return super().path(call)


@fault("input.opaque-id", rare=True)
class NumbersRefused(Conforming):
    """An id of digits is taken for an index of a list that somebody passed by mistake."""

    def refusal(self, call: Call) -> str | None:
        return "an index is no id" if call.task_id.isdigit() else super().refusal(call)


@fault("input.opaque-id", rare=True)
class LiteralsRefused(Conforming):
    """A guard against ids that were never set."""

    def refusal(self, call: Call) -> str | None:
        unset = call.task_id in ("null", "undefined", "None")
        return "the id was not set" if unset else super().refusal(call)


@fault("input.opaque-id", rare=True)
class LongerThanAGuid(Conforming):
    """A limit of 38 characters, which holds a GUID in braces."""

    def refusal(self, call: Call) -> str | None:
        return "too long" if len(call.task_id) > 38 else super().refusal(call)


@fault("input.opaque-id", rare=True)
class TwoLettersRefused(Conforming):
    """Two letters are taken for the code of a language, passed by mistake."""

    def refusal(self, call: Call) -> str | None:
        language = len(call.task_id) == 2 and call.task_id.isalpha()
        return "a language is no id" if language else super().refusal(call)


@fault("input.opaque-id", rare=True)
class NumbersCrash(Conforming):
    """An id of digits becomes a number on its way through a loose reader, and a number has no length."""

    def path(self, call: Call) -> str:
        if call.task_id.isdigit():
            raise TypeError("object of type 'int' has no len()")
        return super().path(call)


# input.unusable-id


@fault("input.unusable-id")
class DotSegmentsRaw(DotsPass):
    """quote() leaves dots, and nothing looks at the id before."""


@fault("input.unusable-id")
class DotSegmentsEncoded(DotsPass):
    """Encoding the dots by hand, which means the same to whoever normalises."""

    def encode(self, task_id: str) -> str:
        return task_id.replace(".", "%2E") if set(task_id) == {"."} else super().encode(task_id)


@fault("input.unusable-id")
class DotSegmentsLowerCase(DotsPass):
    """One dot encoded, and in lower case: the URL standard still knows it."""

    def encode(self, task_id: str) -> str:
        return {"..": ".%2e", ".": "%2e"}.get(task_id) or super().encode(task_id)


@fault("input.unusable-id")
class Normalised(DotsPass):
    """A URL parser takes dot segments out before anything is sent."""

    def path(self, call: Call) -> str:
        path = super().path(call).replace("/./", "/")
        return re.sub("/[^/]+/[.][.]/", "/", path)


@fault("input.unusable-id", rare=True)
class EmptyIdSent(Conforming):
    """Dots are refused, an empty id leaves two slashes."""

    def refusal(self, call: Call) -> str | None:
        return None if not call.task_id else super().refusal(call)


@fault("input.unusable-id", rare=True)
class EmptySegmentDropped(Conforming):
    """Parts of a path are joined without those that are empty."""

    def refusal(self, call: Call) -> str | None:
        return None if not call.task_id else super().refusal(call)

    def path(self, call: Call) -> str:
        return super().path(call).replace("//", "/")


@fault("input.unusable-id", rare=True)
class OneDotPasses(Conforming):
    """The check looks for two dots alone."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id == "." else super().refusal(call)


@fault("input.unusable-id", rare=True)
class TwoDotsPass(Conforming):
    """The check looks for an empty id and a dot."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id == ".." else super().refusal(call)


@fault("input.unusable-id", rare=True)
class EmptyIdIsUndefined(Conforming):
    """A template in JavaScript, filled with what is not there."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(call) if call.task_id else None

    def encode(self, task_id: str) -> str:
        return super().encode(task_id or "undefined")


@fault("input.unusable-id")
class DotsEncodedTwice(DotsPass):
    """Dots encoded so that no parser takes them out, and so the id of another task."""

    def encode(self, task_id: str) -> str:
        return task_id.replace(".", "%252E") if set(task_id) == {"."} else super().encode(task_id)


@fault("input.unusable-id", rare=True)
class DotsAsDash(Conforming):
    """A sanitiser of file names, where dots alone are no name."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id in (".", "..") else super().refusal(call)

    def encode(self, task_id: str) -> str:
        return "-" if task_id in (".", "..") else super().encode(task_id)


# input.injection


class IdUnchecked(Conforming):
    """Refuses a token for its control characters, and no id for them."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(replace(call, arguments={"id": re.sub(CONTROL, "_", call.task_id)}))


class IdChanging(IdUnchecked):
    """Encodes rightly what `change` makes of the id."""

    def change(self, task_id: str) -> str:
        raise NotImplementedError

    def encode(self, task_id: str) -> str:
        return super().encode(self.change(task_id))


class IdLeaving(IdUnchecked):
    """Encodes the id, and leaves the characters in `raw` as they are."""

    raw = ""

    def encode(self, task_id: str) -> str:
        return "".join(each if each in self.raw else quote(each, safe="") for each in task_id)


class TokenUnchecked(Conforming):
    """Refuses an id for its control characters, and a token for none of those in `raw`."""

    raw = ""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(
            replace(call, token="".join(each for each in call.token if each not in self.raw))
        )


@fault("input.injection")
class LineEndsOfIdRaw(IdLeaving):
    """An encoder that knows delimiters and spaces, and no control characters."""

    raw = "".join(map(chr, range(32)))


@fault("input.injection")
class ControlsOfTokenRaw(TokenUnchecked):
    """A raw socket under f-strings: a line end of the token begins a field of its own."""

    raw = "".join(map(chr, (*range(32), *range(127, 160))))


@fault("input.injection")
class IdInFieldRaw(IdUnchecked):
    """The path is encoded; a field for support repeats the id as it is."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("X-Task", call.task_id)]


@fault("input.injection")
class ControlsTakenOut(IdChanging):
    """A sanitiser takes control characters out, and so asks for another task."""

    def change(self, task_id: str) -> str:
        return re.sub(CONTROL, "", task_id)


@fault("input.injection")
class ControlsAsSpaces(IdChanging):
    """A sanitiser that puts a space for each control character."""

    def change(self, task_id: str) -> str:
        return re.sub(CONTROL, " ", task_id)


@fault("input.injection", rare=True)
class LineEndTrimmed(IdChanging):
    """The id was read with its line; what ends the line is cut off, here and nowhere else."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("\r\n")


@fault("input.injection", rare=True)
class TabsAndLineEndsOut(IdChanging):
    """The URL standard's parser takes tabs and line ends out of a URL, silently."""

    def change(self, task_id: str) -> str:
        return re.sub("[\t\r\n]", "", task_id)


@fault("input.injection", rare=True)
class CutAtNul(IdChanging):
    """A C string ends at its first NUL."""

    def change(self, task_id: str) -> str:
        return task_id.split("\0")[0]


@fault("input.injection", "request.task-id", rare=True)
class FirstLineOnly(IdChanging):
    """splitlines(), which takes U+0085, U+2028 and some others for line ends too."""

    def change(self, task_id: str) -> str:
        return task_id.splitlines()[0]


@fault("input.injection", rare=True)
class DeleteOfIdRaw(IdLeaving):
    """A test for what is below the space misses U+007F."""

    raw = "\x7f"


@fault("input.injection", rare=True)
class C1OfIdRaw(IdLeaving):
    """What is not ASCII is taken for letters and left as UTF-8."""

    raw = "".join(map(chr, range(128, 160)))


@fault("input.injection", rare=True)
class CarriageReturnOfIdRaw(IdLeaving):
    """A check for line feeds alone."""

    raw = "\r"


@fault("input.injection", rare=True)
class NulOfIdRaw(IdLeaving):
    """A pattern with a dollar sign and a C string behind it: NUL is let through."""

    raw = "\0"


@fault("input.injection", rare=True)
class DeleteOfTokenRaw(TokenUnchecked):
    """isprintable() was too strict for somebody, ord(c) < 32 too lax."""

    raw = "\x7f"


@fault("input.injection", rare=True)
class LineFeedAtEndOfToken(TokenUnchecked):
    """A pattern with a dollar sign, which matches before a line feed at the end."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(replace(call, token=call.token.removesuffix("\n")))


@fault("input.injection", rare=True)
class NewlinesOfIdTranslated(IdUnchecked):
    """A text stream writes CR LF for each line feed, those of the id included."""

    def encode(self, task_id: str) -> str:
        return "".join("\r\n" if each == "\n" else quote(each, safe="") for each in task_id)


@fault("input.injection", rare=True)
class NewlinesOfTokenTranslated(TokenUnchecked):
    """A text stream writes CR LF for each line feed, those of the token included."""

    raw = "\n"

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return [("Authorization", "Bearer " + call.token.replace("\n", "\r\n"))]


@fault("input.injection", rare=True)
class TokenFolded(TokenUnchecked):
    """A library for e-mail folds a field where its value has a line end (RFC 9112, 5.2)."""

    raw = "\r\n"

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return [("Authorization", "Bearer " + re.sub("[\r\n]+", "\r\n ", call.token))]
