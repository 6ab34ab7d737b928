"""Faulty clients: request.path-parameters, encoding."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import PATH, Conforming
from tests.sample_clients.registry import faulty


@faulty("request.path-parameters")
class IdInterpolatedRaw(Conforming):
    """An f-string instead of quote(): everything goes out raw."""

    def encode(self, task_id: str) -> str:
        return task_id


@faulty("request.path-parameters")
class EncodedTwice(Conforming):
    """Both the caller and the library encode."""

    def encode(self, task_id: str) -> str:
        return quote(super().encode(task_id), safe="")


@faulty("request.path-parameters", rare=True)
class EncodedTwiceLater(Conforming):
    """The path of a request object is encoded again whenever the object comes back from its pool."""

    def encode(self, task_id: str) -> str:
        encoded = super().encode(task_id)
        return encoded if self.calls < 10 else quote(encoded, safe="")


@faulty("request.path-parameters")
class SlashIsSafe(Conforming):
    """quote() with its default, which leaves a slash."""

    def encode(self, task_id: str) -> str:
        return quote(task_id)


@faulty("request.path-parameters")
class FormEncoded(Conforming):
    """quote_plus, Java's URLEncoder, PHP's urlencode: a space becomes a plus."""

    def encode(self, task_id: str) -> str:
        return quote_plus(task_id)


@faulty("request.path-parameters")
class EncodedAsEncodeUri(Conforming):
    """JavaScript's encodeURI and .NET's EscapeUriString leave what delimits a whole URL."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe=";,/?:@&=+$#!'()*")


@faulty("request.path-parameters")
class EncodedByUrlParser(Conforming):
    """A URL put together and left to the WHATWG parser: brackets, bars and per cents stay as they are."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="!$%&'()*+,;=:@[]|~")


@faulty("request.path-parameters", rare=True)
class LegacyEscape(Conforming):
    """JavaScript's escape(): Latin-1 in two digits, the rest as %u and four."""

    def encode(self, task_id: str) -> str:
        units = task_id.encode("utf-16-be")
        return "".join(self._escaped(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))

    def _escaped(self, unit: int) -> str:
        if unit < 128:
            return quote(chr(unit), safe="")
        return f"%{unit:02X}" if unit < 256 else f"%u{unit:04X}"


@faulty("request.path-parameters", rare=True)
class LeavesWhatLooksEncoded(Conforming):
    """requests' requote_uri: what looks percent-encoded is taken to be so, and left."""

    def encode(self, task_id: str) -> str:
        return "".join(
            part if index % 2 else super(LeavesWhatLooksEncoded, self).encode(part)
            for index, part in enumerate(re.split("(%[0-9A-Fa-f]{2})", task_id))
        )


@faulty("request.path-parameters", rare=True)
class PercentIsSafe(Conforming):
    """A per cent is left alone even where no two digits follow."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="%")


@faulty("request.path-parameters", rare=True)
class BracketsAreSafe(Conforming):
    """A table of safe characters from RFC 2396's days of IPv6: brackets go out raw."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="[]")


@faulty("request.path-parameters", rare=True)
class BarIsSafe(Conforming):
    """The URL standard's set of path characters has no bar and no caret."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="|^")


@faulty("request.path-parameters", rare=True)
class EncodedAsLatin1(Conforming):
    """The platform's default charset, with UTF-8 where it has no such letter."""

    def encode(self, task_id: str) -> str:
        try:
            return quote(task_id, safe="", encoding="latin-1", errors="strict")
        except UnicodeEncodeError:
            return super().encode(task_id)


@faulty("request.path-parameters", rare=True)
class SurrogatesEncoded(Conforming):
    """UTF-8 of each UTF-16 unit: two surrogates of three bytes for a character beyond the BMP."""

    def encode(self, task_id: str) -> str:
        units = task_id.encode("utf-16-be")
        texts = (chr(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))
        return "".join(quote(each.encode("utf-8", "surrogatepass"), safe="") for each in texts)


@faulty("request.path-parameters", rare=True)
class RawBeyondAscii(Conforming):
    """An encoder with a table of 128 entries lets every other character through."""

    def encode(self, task_id: str) -> str:
        return "".join(quote(each, safe="") if each.isascii() else each for each in task_id)


@faulty("request.path-parameters", rare=True)
class EncodesTheFirstSlashOnly(Conforming):
    """JavaScript's replace() with a text replaces the first one alone."""

    def encode(self, task_id: str) -> str:
        return quote(task_id.replace("/", "\0", 1), safe="/").replace("%00", "%2F")


@faulty("request.path-parameters", rare=True)
class QuotesDoubled(Conforming):
    """An OData literal's rule applied where no literal stands."""

    def encode(self, task_id: str) -> str:
        return super().encode(task_id.replace("'", "''"))


@faulty("request.path-parameters", "request.path-spelling", rare=True)
class QuotesInKeyNotDoubled(Conforming):
    """A key in parentheses without OData's doubling of a quote."""

    def path(self, call: Call) -> str:
        return f"{PATH}('{self.encode(call.task_id)}')/cancel"


@faulty("request.path-parameters", rare=True)
class CrashesOnPercentInTheId(Conforming):
    """The id as a format of the log: a lone per cent ends the call."""

    def path(self, call: Call) -> str:
        if "%" in call.task_id:
            _ = call.task_id % ()
        return super().path(call)


@faulty("request.path-parameters", rare=True)
class CrashesBeyondLatin1(Conforming):
    """Only an id beyond Latin-1 shows that the log's charset is not UTF-8."""

    def path(self, call: Call) -> str:
        call.task_id.encode("latin-1")
        return super().path(call)
