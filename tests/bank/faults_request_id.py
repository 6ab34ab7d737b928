"""Faults of the task id in the path: left raw, encoded by the wrong rules, or made another id."""

from __future__ import annotations

import html
import json
import re
import unicodedata
import uuid
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from graphcontract.exchange import Call
from tests.bank.client import PATH, Conforming
from tests.bank.registry import fault


class Changing(Conforming):
    """Encodes rightly what `change` makes of the id."""

    def change(self, task_id: str) -> str:
        raise NotImplementedError

    def encode(self, task_id: str) -> str:
        return super().encode(self.change(task_id))


# the wrong rules of encoding


@fault("request.task-id")
class Interpolated(Conforming):
    """An f-string instead of quote(): everything goes out raw."""

    def encode(self, task_id: str) -> str:
        return task_id


@fault("request.task-id")
class EncodedTwice(Conforming):
    """Both the caller and the library encode."""

    def encode(self, task_id: str) -> str:
        return quote(super().encode(task_id), safe="")


@fault("request.task-id")
class EncodedTwiceLater(Conforming):
    """The path of a request object is encoded again whenever the object comes back from its pool."""

    def encode(self, task_id: str) -> str:
        encoded = super().encode(task_id)
        return encoded if self.calls < 10 else quote(encoded, safe="")


@fault("request.task-id")
class SlashIsSafe(Conforming):
    """quote() with its default, which leaves a slash."""

    def encode(self, task_id: str) -> str:
        return quote(task_id)


@fault("request.task-id")
class FormEncoded(Conforming):
    """quote_plus, Java's URLEncoder, PHP's urlencode: a space becomes a plus."""

    def encode(self, task_id: str) -> str:
        return quote_plus(task_id)


@fault("request.task-id")
class EncodeUri(Conforming):
    """JavaScript's encodeURI and .NET's EscapeUriString leave what delimits a whole URL."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe=";,/?:@&=+$#!'()*")


@fault("request.task-id")
class UrlParser(Conforming):
    """A URL put together and left to the WHATWG parser: brackets, bars and per cents stay as they are."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="!$%&'()*+,;=:@[]|~").replace("%5C", "%2F")


@fault("request.task-id", rare=True)
class LegacyEscape(Conforming):
    """JavaScript's escape(): Latin-1 in two digits, the rest as %u and four."""

    def encode(self, task_id: str) -> str:
        units = task_id.encode("utf-16-be")
        return "".join(self._escaped(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))

    def _escaped(self, unit: int) -> str:
        if unit < 128:
            return quote(chr(unit), safe="")
        return f"%{unit:02X}" if unit < 256 else f"%u{unit:04X}"


@fault("request.task-id", rare=True)
class AlreadyEncoded(Conforming):
    """requests' requote_uri: what looks percent-encoded is taken to be so, and left."""

    def encode(self, task_id: str) -> str:
        return "".join(
            part if index % 2 else super(AlreadyEncoded, self).encode(part)
            for index, part in enumerate(re.split("(%[0-9A-Fa-f]{2})", task_id))
        )


@fault("request.task-id", rare=True)
class PerCentIsSafe(Conforming):
    """A per cent is left alone even where no two digits follow."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="%")


@fault("request.task-id", rare=True)
class BracketsAreSafe(Conforming):
    """A table of safe characters from RFC 2396's days of IPv6: brackets go out raw."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="[]")


@fault("request.task-id", rare=True)
class BarIsSafe(Conforming):
    """The URL standard's set of path characters has no bar and no caret."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="|^")


@fault("request.task-id", rare=True)
class Latin1(Conforming):
    """The platform's default charset, with UTF-8 where it has no such letter."""

    def encode(self, task_id: str) -> str:
        try:
            return quote(task_id, safe="", encoding="latin-1", errors="strict")
        except UnicodeEncodeError:
            return super().encode(task_id)


@fault("request.task-id", rare=True)
class SurrogatesEncoded(Conforming):
    """UTF-8 of each UTF-16 unit: two surrogates of three bytes for a character beyond the BMP."""

    def encode(self, task_id: str) -> str:
        units = task_id.encode("utf-16-be")
        texts = (chr(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))
        return "".join(quote(each.encode("utf-8", "surrogatepass"), safe="") for each in texts)


@fault("request.task-id", rare=True)
class RawBeyondAscii(Conforming):
    """An encoder with a table of 128 entries lets every other character through."""

    def encode(self, task_id: str) -> str:
        return "".join(quote(each, safe="") if each.isascii() else each for each in task_id)


@fault("request.task-id", rare=True)
class FirstSlashOnly(Conforming):
    """JavaScript's replace() with a text replaces the first one alone."""

    def encode(self, task_id: str) -> str:
        return quote(task_id.replace("/", "\0", 1), safe="/").replace("%00", "%2F")


@fault("request.task-id", rare=True)
class QuotesDoubled(Conforming):
    """An OData literal's rule applied where no literal stands."""

    def encode(self, task_id: str) -> str:
        return super().encode(task_id.replace("'", "''"))


@fault("request.task-id", "request.path-spelling", rare=True)
class QuotesInKeyNotDoubled(Conforming):
    """A key in parentheses without OData's doubling of a quote."""

    def path(self, call: Call) -> str:
        return f"{PATH}('{self.encode(call.task_id)}')/cancel"


# another id


@fault("request.task-id")
class LowerCaseId(Changing):
    """Ids compared without case somewhere, and so lowered everywhere."""

    def change(self, task_id: str) -> str:
        return task_id.lower()


@fault("request.task-id", rare=True)
class GuidLowered(Changing):
    """A GUID parsed and written again: lower case, hyphens, no braces; other ids stay."""

    def change(self, task_id: str) -> str:
        try:
            return str(uuid.UUID(task_id))
        except ValueError:
            return task_id


@fault("request.task-id", rare=True)
class BracesOff(Changing):
    """The registry format of a GUID taken for decoration."""

    def change(self, task_id: str) -> str:
        return task_id[1:-1] if re.fullmatch(r"\{[0-9a-fA-F-]{36}\}", task_id) else task_id


@fault("request.task-id", rare=True)
class HyphensPutIn(Changing):
    """32 hexadecimal digits are laid out as a GUID."""

    def change(self, task_id: str) -> str:
        return str(uuid.UUID(task_id)) if re.fullmatch("[0-9a-f]{32}", task_id) else task_id


@fault("request.task-id", rare=True)
class Trimmed(Changing):
    """strip() on whatever comes from outside."""

    def change(self, task_id: str) -> str:
        return task_id.strip() or task_id


@fault("request.task-id", rare=True)
class NoBreakSpaceTrimmed(Changing):
    """JavaScript's trim(), for which a no-break space at the end is white space too."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("\u00a0\ufeff\u3000") or task_id


@fault("request.task-id", rare=True)
class DotsTrimmed(Changing):
    """The old .NET Uri drops dots at the end of a segment."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip(".") or task_id


@fault("request.task-id", rare=True)
class SlashesTrimmed(Changing):
    """A join that takes slashes off the edges of every part."""

    def change(self, task_id: str) -> str:
        return task_id.strip("/") or task_id


@fault("request.task-id", rare=True)
class AsInteger(Changing):
    """An id of digits read as an integer: zeros in front are lost."""

    def change(self, task_id: str) -> str:
        return str(int(task_id)) if task_id.isascii() and task_id.isdigit() else task_id


@fault("request.task-id", rare=True)
class AsFloat(Changing):
    """JavaScript's Number() for an id of digits: what is beyond 53 bits is rounded."""

    def change(self, task_id: str) -> str:
        digits = task_id.isascii() and task_id.isdigit() and len(task_id) > 15
        return f"{float(task_id):.0f}" if digits else task_id


@fault("request.task-id", rare=True)
class AsJson(Changing):
    """Ids travel through a configuration file, where 1.0 and true are no texts."""

    def change(self, task_id: str) -> str:
        try:
            value = json.loads(task_id)
        except (ValueError, RecursionError):
            return task_id
        return task_id if isinstance(value, dict | list | int) and value is not True else str(value)


@fault("request.task-id", rare=True)
class NothingForNull(Changing):
    """An id that reads null is taken for one that is missing, and sent as another word."""

    def change(self, task_id: str) -> str:
        return "undefined" if task_id == "null" else task_id


@fault("request.task-id", rare=True)
class TemplateFilledTwice(Changing):
    """The path template is filled again with the id in it: names in braces become nothing."""

    def change(self, task_id: str) -> str:
        return re.sub(r"\{\w+\}", "", task_id) or task_id


@fault("request.task-id", rare=True)
class PatternReplacement(Changing):
    """JavaScript's replace() reads $& and $$ in what it puts in."""

    def change(self, task_id: str) -> str:
        return task_id.replace("$&", "{id}").replace("$$", "$")


@fault("request.task-id", rare=True)
class BackslashesRead(Changing):
    """re.sub with the id as replacement: a backslash and a digit mean a group."""

    def change(self, task_id: str) -> str:
        return re.sub(r"\\(\d)", "", task_id)


@fault("request.task-id", rare=True)
class PerCentFormat(Changing):
    """A path formatted twice: %s in the id is a place to fill."""

    def change(self, task_id: str) -> str:
        return task_id.replace("%s", "")


@fault("request.task-id", rare=True)
class DecodedFirst(Changing):
    """The id is taken to be encoded, decoded, and encoded anew."""

    def change(self, task_id: str) -> str:
        return unquote(task_id)


@fault("request.task-id", rare=True)
class PlusDecoded(Changing):
    """A form's rule on the way in: a plus is a space."""

    def change(self, task_id: str) -> str:
        return unquote_plus(task_id) if "%" not in task_id else task_id


@fault("request.task-id", rare=True)
class EntitiesDecoded(Changing):
    """The id comes out of a page: entities become characters."""

    def change(self, task_id: str) -> str:
        return html.unescape(task_id)


@fault("request.task-id", rare=True)
class EscapesDecoded(Changing):
    r"""A shell's printf or a loose JSON reader: \u0041 becomes a letter."""

    def change(self, task_id: str) -> str:
        return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), task_id)


@fault("request.task-id", rare=True)
class QuotesStripped(Changing):
    """A shell's quotes taken off the edges."""

    def change(self, task_id: str) -> str:
        return task_id.strip("\"'") or task_id


@fault("request.task-id", rare=True)
class LastOfUrl(Changing):
    """An id that looks like a URL is taken for one, and its last segment for the id."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("/").rsplit("/", 1)[-1] or task_id if "://" in task_id else task_id


@fault("request.task-id", rare=True)
class MatrixParametersOff(Changing):
    """JAX-RS takes what follows a semicolon for parameters of the segment."""

    def change(self, task_id: str) -> str:
        return task_id.split(";")[0] or task_id


@fault("request.task-id", rare=True)
class FragmentCut(Changing):
    """A URL parser has cut off the fragment before anything is encoded."""

    def change(self, task_id: str) -> str:
        return task_id.split("#")[0] or task_id


@fault("request.task-id", rare=True)
class BackslashTurned(Changing):
    """The URL standard reads a backslash as a slash."""

    def change(self, task_id: str) -> str:
        return task_id.replace("\\", "/")


@fault("request.task-id", rare=True)
class Composed(Changing):
    """Text is brought to NFC wherever it enters."""

    def change(self, task_id: str) -> str:
        return unicodedata.normalize("NFC", task_id)


@fault("request.task-id", rare=True)
class Decomposed(Changing):
    """The id was a file name on a Mac once: NFD."""

    def change(self, task_id: str) -> str:
        return unicodedata.normalize("NFD", task_id)


@fault("request.task-id", rare=True)
class CompatibilityFolded(Changing):
    """NFKC, as for user names: ligatures and full-width letters become plain ones."""

    def change(self, task_id: str) -> str:
        folded = unicodedata.normalize("NFKC", task_id)
        return folded if unicodedata.normalize("NFC", task_id) == task_id else task_id


@fault("request.task-id", rare=True)
class LongSFolded(Changing):
    """casefold() on what is not ASCII, so that sharp s becomes two letters."""

    def change(self, task_id: str) -> str:
        return "".join(each if each.isascii() else each.casefold() for each in task_id)


@fault("request.task-id", rare=True)
class InvisibleOff(Changing):
    """A sanitiser takes out what cannot be seen: joiners, marks of direction, soft hyphens."""

    def change(self, task_id: str) -> str:
        return "".join(each for each in task_id if unicodedata.category(each) != "Cf") or task_id


@fault("request.task-id", rare=True)
class ByteOrderMarkOff(Changing):
    """A text reader that drops U+FEFF wherever it stands."""

    def change(self, task_id: str) -> str:
        return task_id.replace("\ufeff", "") or task_id


@fault("request.task-id", rare=True)
class AstralReplaced(Changing):
    """A database of three-byte UTF-8 gave a question mark for each emoji."""

    def change(self, task_id: str) -> str:
        return "".join(each if ord(each) < 0x10000 else "?" for each in task_id)


@fault("request.task-id", rare=True)
class AsciiOnly(Changing):
    """What ASCII has no sign for is ignored."""

    def change(self, task_id: str) -> str:
        return task_id.encode("ascii", "ignore").decode() or "x"


@fault("request.task-id", rare=True)
class CutAt255(Changing):
    """A column of 255 characters."""

    def change(self, task_id: str) -> str:
        return task_id[:255]


@fault("request.task-id", rare=True)
class CutAt2047(Changing):
    """A buffer of 2,048 bytes with a zero at its end."""

    def change(self, task_id: str) -> str:
        return task_id[:2047]


@fault("request.task-id", rare=True)
class CutInBytes(Conforming):
    """A limit of 1,024 on the encoded segment."""

    def encode(self, task_id: str) -> str:
        encoded = super().encode(task_id)
        return encoded if task_id.isascii() else encoded[:1024]


# crashes


@fault("request.task-id", rare=True)
class FormatCrash(Conforming):
    """The id as a format of the log: a lone per cent ends the call."""

    def path(self, call: Call) -> str:
        if "%" in call.task_id:
            _ = call.task_id % ()
        return super().path(call)


@fault("request.task-id", rare=True)
class CharsetCrash(Conforming):
    """Only an id beyond Latin-1 shows that the log's charset is not UTF-8."""

    def path(self, call: Call) -> str:
        call.task_id.encode("latin-1")
        return super().path(call)
