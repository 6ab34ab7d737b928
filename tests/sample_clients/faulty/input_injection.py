"""Faulty clients: input.injection."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.registry import faulty

CONTROL = "[\x00-\x1f\x7f-\x9f]"


class IdUnchecked(Conforming):
    """Refuses a token for its control characters, and no id for them."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(replace(call, arguments={"id": re.sub(CONTROL, "_", call.task_id)}))


class IdLeaving(IdUnchecked):
    """Encodes the id, and leaves the characters in `raw` as they are."""

    raw = ""

    def encode(self, task_id: str) -> str:
        return "".join(each if each in self.raw else quote(each, safe="") for each in task_id)


@faulty("input.injection")
class LineEndsOfIdRaw(IdLeaving):
    """An encoder that knows delimiters and spaces, and no control characters."""

    raw = "".join(map(chr, range(32)))


class TokenUnchecked(Conforming):
    """Refuses an id for its control characters, and a token for none of those in `raw`."""

    raw = ""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(
            replace(call, token="".join(each for each in call.token if each not in self.raw))
        )


@faulty("input.injection")
class ControlsOfTokenRaw(TokenUnchecked):
    """A raw socket under f-strings: a line end of the token begins a field of its own."""

    raw = "".join(map(chr, (*range(32), *range(127, 160))))


@faulty("input.injection")
class IdInFieldRaw(IdUnchecked):
    """The path is encoded; a field for support repeats the id as it is."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("X-Task", call.task_id)]


class IdChanging(IdUnchecked):
    """Encodes rightly what `change` makes of the id."""

    def change(self, task_id: str) -> str:
        raise NotImplementedError

    def encode(self, task_id: str) -> str:
        return super().encode(self.change(task_id))


@faulty("input.injection")
class ControlsOfIdTakenOut(IdChanging):
    """A sanitiser takes control characters out, and so asks for another task."""

    def change(self, task_id: str) -> str:
        return re.sub(CONTROL, "", task_id)


@faulty("input.injection")
class ControlsOfIdAsSpaces(IdChanging):
    """A sanitiser that puts a space for each control character."""

    def change(self, task_id: str) -> str:
        return re.sub(CONTROL, " ", task_id)


@faulty("input.injection", rare=True)
class LineEndOfIdTrimmed(IdChanging):
    """The id was read with its line; what ends the line is cut off, here and nowhere else."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("\r\n")


@faulty("input.injection", rare=True)
class TabsAndLineEndsTakenOut(IdChanging):
    """The URL standard's parser takes tabs and line ends out of a URL, silently."""

    def change(self, task_id: str) -> str:
        return re.sub("[\t\r\n]", "", task_id)


@faulty("input.injection", rare=True)
class IdCutAtNul(IdChanging):
    """A C string ends at its first NUL."""

    def change(self, task_id: str) -> str:
        return task_id.split("\0")[0]


@faulty("input.injection", "request.path-parameters", rare=True)
class FirstLineOfIdOnly(IdChanging):
    """splitlines(), which takes U+0085, U+2028 and some others for line ends too."""

    def change(self, task_id: str) -> str:
        return task_id.splitlines()[0]


@faulty("input.injection", rare=True)
class DeleteOfIdRaw(IdLeaving):
    """A test for what is below the space misses U+007F."""

    raw = "\x7f"


@faulty("input.injection", rare=True)
class C1OfIdRaw(IdLeaving):
    """What is not ASCII is taken for letters and left as UTF-8."""

    raw = "".join(map(chr, range(128, 160)))


@faulty("input.injection", rare=True)
class CarriageReturnOfIdRaw(IdLeaving):
    """A check for line feeds alone."""

    raw = "\r"


@faulty("input.injection", rare=True)
class NulOfIdRaw(IdLeaving):
    """A pattern with a dollar sign and a C string behind it: NUL is let through."""

    raw = "\0"


@faulty("input.injection", rare=True)
class DeleteOfTokenRaw(TokenUnchecked):
    """isprintable() was too strict for somebody, ord(c) < 32 too lax."""

    raw = "\x7f"


@faulty("input.injection", rare=True)
class LineFeedAtEndOfToken(TokenUnchecked):
    """A pattern with a dollar sign, which matches before a line feed at the end."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(replace(call, token=call.token.removesuffix("\n")))


@faulty("input.injection", rare=True)
class NewlinesOfIdTranslated(IdUnchecked):
    """A text stream writes CR LF for each line feed, those of the id included."""

    def encode(self, task_id: str) -> str:
        return "".join("\r\n" if each == "\n" else quote(each, safe="") for each in task_id)


@faulty("input.injection", rare=True)
class NewlinesOfTokenTranslated(TokenUnchecked):
    """A text stream writes CR LF for each line feed, those of the token included."""

    raw = "\n"

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return [("Authorization", "Bearer " + call.token.replace("\n", "\r\n"))]


@faulty("input.injection", rare=True)
class TokenFolded(TokenUnchecked):
    """A library for e-mail folds a field where its value has a line end (RFC 9112, 5.2)."""

    raw = "\r\n"

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return [("Authorization", "Bearer " + re.sub("[\r\n]+", "\r\n ", call.token))]
