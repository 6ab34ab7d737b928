"""Faults of the task id itself: encoded by the rules, and another id than the one that was given."""

from __future__ import annotations

import hashlib
import html
import json
import re
import unicodedata
import uuid
from urllib.parse import unquote, unquote_plus

from tests.bank.client import Conforming
from tests.bank.registry import fault


class Changing(Conforming):
    """Encodes rightly what `change` makes of the id."""

    def change(self, task_id: str) -> str:
        raise NotImplementedError

    def encode(self, task_id: str) -> str:
        return super().encode(self.change(task_id))


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
class LeadingSpacesTrimmed(Changing):
    """lstrip(), after what a user typed before the id."""

    def change(self, task_id: str) -> str:
        return task_id.lstrip() or task_id


@fault("request.task-id", rare=True)
class NoBreakSpacesTrimmed(Changing):
    """What a text processor leaves behind an id is taken off."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("\u00a0\ufeff\u3000") or task_id


@fault("request.task-id", rare=True)
class IdeographicSpacesTrimmed(Changing):
    """An input method's wide space is taken off."""

    def change(self, task_id: str) -> str:
        return task_id.strip("\u3000") or task_id


@fault("request.task-id", rare=True)
class BackslashesTrimmed(Changing):
    """What ends a folder's name on Windows is taken off."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("\\") or task_id


@fault("request.task-id", rare=True)
class LastOfUrl(Changing):
    """An id that is a URL is taken for the task's address, and its last segment for the id."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("/").rsplit("/", 1)[-1] if "://" in task_id else task_id


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
    """A URL has 2,047 characters at the most, somebody read, and applied it to the id."""

    def change(self, task_id: str) -> str:
        return task_id[:2047]


@fault("request.task-id", rare=True)
class LongIdHashed(Changing):
    """Ids of more than 1,500 characters do not fit into a table, and are known by their digest."""

    def change(self, task_id: str) -> str:
        return hashlib.sha256(task_id.encode()).hexdigest() if len(task_id) > 1500 else task_id


@fault("request.task-id", rare=True)
class CutInBytes(Conforming):
    """A buffer of 1,024 bytes for what is encoded, which ASCII fills with other limits."""

    def encode(self, task_id: str) -> str:
        encoded = super().encode(task_id)
        return encoded if task_id.isascii() else encoded[:1024]


@fault("request.task-id")
class FirstIdKept(Changing):
    """A path that is made once and kept with the client."""

    first = ""

    def change(self, task_id: str) -> str:
        self.first = self.first or task_id
        return self.first


@fault("request.task-id", rare=True)
class PreviousIdLater(Changing):
    """A request object out of a pool is sent before its new path is in it, once in fifteen calls."""

    previous = ""

    def change(self, task_id: str) -> str:
        previous, self.previous = self.previous or task_id, task_id
        return task_id if self.calls % 15 else previous
