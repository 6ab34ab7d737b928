"""Faulty clients: request.path-parameters, value."""

from __future__ import annotations

import html
import json
import re
import unicodedata
import uuid
from urllib.parse import quote, unquote, unquote_plus

from graphcontract.exchange import Call
from tests.sample_clients.bases.calls import RewritesTheId
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.bases.inputs import ChangesTheId
from tests.sample_clients.registry import faulty


@faulty("request.path-parameters")
class LowerCaseId(ChangesTheId):
    """Ids compared without case somewhere, and so lowered everywhere."""

    def change(self, task_id: str) -> str:
        return task_id.lower()


@faulty("request.path-parameters", rare=True)
class GuidLowerCased(ChangesTheId):
    """A GUID parsed and written again: lower case, hyphens, no braces; other ids stay."""

    def change(self, task_id: str) -> str:
        try:
            return str(uuid.UUID(task_id))
        except ValueError:
            return task_id


@faulty("request.path-parameters", rare=True)
class BracesRemoved(ChangesTheId):
    """The registry format of a GUID taken for decoration."""

    def change(self, task_id: str) -> str:
        return task_id[1:-1] if re.fullmatch(r"\{[0-9a-fA-F-]{36}\}", task_id) else task_id


@faulty("request.path-parameters", rare=True)
class HyphensInserted(ChangesTheId):
    """32 hexadecimal digits are laid out as a GUID."""

    def change(self, task_id: str) -> str:
        return str(uuid.UUID(task_id)) if re.fullmatch("[0-9a-f]{32}", task_id) else task_id


@faulty("request.path-parameters", rare=True)
class WhitespaceTrimmed(ChangesTheId):
    """strip() on whatever comes from outside."""

    def change(self, task_id: str) -> str:
        return task_id.strip() or task_id


@faulty("request.path-parameters", rare=True)
class DotsTrimmed(ChangesTheId):
    """The old .NET Uri drops dots at the end of a segment."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip(".") or task_id


@faulty("request.path-parameters", rare=True)
class SlashesTrimmed(ChangesTheId):
    """A join that takes slashes off the edges of every part."""

    def change(self, task_id: str) -> str:
        return task_id.strip("/") or task_id


@faulty("request.path-parameters", rare=True)
class LeadingSpacesTrimmed(ChangesTheId):
    """lstrip(), after what a user typed before the id."""

    def change(self, task_id: str) -> str:
        return task_id.lstrip() or task_id


@faulty("request.path-parameters", rare=True)
class NoBreakSpacesTrimmed(ChangesTheId):
    """What a text processor leaves behind an id is taken off."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("\u00a0\ufeff\u3000") or task_id


@faulty("request.path-parameters", rare=True)
class IdeographicSpacesTrimmed(ChangesTheId):
    """An input method's wide space is taken off."""

    def change(self, task_id: str) -> str:
        return task_id.strip("\u3000") or task_id


@faulty("request.path-parameters", rare=True)
class BackslashesTrimmed(ChangesTheId):
    """What ends a folder's name on Windows is taken off."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("\\") or task_id


@faulty("request.path-parameters", rare=True)
class LastSegmentOfUrlIds(ChangesTheId):
    """An id that is a URL is taken for the task's address, and its last segment for the id."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip("/").rsplit("/", 1)[-1] if "://" in task_id else task_id


@faulty("request.path-parameters", rare=True)
class IdAsInteger(ChangesTheId):
    """An id of digits read as an integer: zeros in front are lost."""

    def change(self, task_id: str) -> str:
        return str(int(task_id)) if task_id.isascii() and task_id.isdigit() else task_id


@faulty("request.path-parameters", rare=True)
class IdAsFloat(ChangesTheId):
    """JavaScript's Number() for an id of digits: what is beyond 53 bits is rounded."""

    def change(self, task_id: str) -> str:
        digits = task_id.isascii() and task_id.isdigit() and len(task_id) > 15
        return f"{float(task_id):.0f}" if digits else task_id


@faulty("request.path-parameters", rare=True)
class IdAsJson(ChangesTheId):
    """Ids travel through a configuration file, where 1.0 and true are no texts."""

    def change(self, task_id: str) -> str:
        try:
            value = json.loads(task_id)
        except (ValueError, RecursionError):
            return task_id
        return task_id if isinstance(value, dict | list | int) and value is not True else str(value)


@faulty("request.path-parameters", rare=True)
class NullIdReplaced(ChangesTheId):
    """An id that reads null is taken for one that is missing, and sent as another word."""

    def change(self, task_id: str) -> str:
        return "undefined" if task_id == "null" else task_id


@faulty("request.path-parameters", rare=True)
class TemplateFilledTwice(ChangesTheId):
    """The path template is filled again with the id in it: names in braces become nothing."""

    def change(self, task_id: str) -> str:
        return re.sub(r"\{\w+\}", "", task_id) or task_id


@faulty("request.path-parameters", rare=True)
class PatternReplacement(ChangesTheId):
    """JavaScript's replace() reads $& and $$ in what it puts in."""

    def change(self, task_id: str) -> str:
        return task_id.replace("$&", "{id}").replace("$$", "$")


@faulty("request.path-parameters", rare=True)
class BackslashesReadAsGroups(ChangesTheId):
    """re.sub with the id as replacement: a backslash and a digit mean a group."""

    def change(self, task_id: str) -> str:
        return re.sub(r"\\(\d)", "", task_id)


@faulty("request.path-parameters", rare=True)
class PercentFormatted(ChangesTheId):
    """A path formatted twice: %s in the id is a place to fill."""

    def change(self, task_id: str) -> str:
        return task_id.replace("%s", "")


@faulty("request.path-parameters", rare=True)
class DecodedFirst(ChangesTheId):
    """The id is taken to be encoded, decoded, and encoded anew."""

    def change(self, task_id: str) -> str:
        return unquote(task_id)


@faulty("request.path-parameters", rare=True)
class PlusDecoded(ChangesTheId):
    """A form's rule on the way in: a plus is a space."""

    def change(self, task_id: str) -> str:
        return unquote_plus(task_id) if "%" not in task_id else task_id


@faulty("request.path-parameters", rare=True)
class EntitiesDecoded(ChangesTheId):
    """The id comes out of a page: entities become characters."""

    def change(self, task_id: str) -> str:
        return html.unescape(task_id)


@faulty("request.path-parameters", rare=True)
class EscapesDecoded(ChangesTheId):
    r"""A shell's printf or a loose JSON reader: \u0041 becomes a letter."""

    def change(self, task_id: str) -> str:
        return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), task_id)


@faulty("request.path-parameters", rare=True)
class QuotesStripped(ChangesTheId):
    """A shell's quotes taken off the edges."""

    def change(self, task_id: str) -> str:
        return task_id.strip("\"'") or task_id


@faulty("request.path-parameters", rare=True)
class MatrixParametersRemoved(ChangesTheId):
    """JAX-RS takes what follows a semicolon for parameters of the segment."""

    def change(self, task_id: str) -> str:
        return task_id.split(";")[0] or task_id


@faulty("request.path-parameters", rare=True)
class FragmentCut(ChangesTheId):
    """A URL parser has cut off the fragment before anything is encoded."""

    def change(self, task_id: str) -> str:
        return task_id.split("#")[0] or task_id


@faulty("request.path-parameters", rare=True)
class BackslashAsSlash(ChangesTheId):
    """The URL standard reads a backslash as a slash."""

    def change(self, task_id: str) -> str:
        return task_id.replace("\\", "/")


@faulty("request.path-parameters")
class FirstIdReused(ChangesTheId):
    """A path that is made once and kept with the client."""

    first = ""

    def change(self, task_id: str) -> str:
        self.first = self.first or task_id
        return self.first


@faulty("request.path-parameters", rare=True)
class PreviousIdSentLater(ChangesTheId):
    """A request object out of a pool is sent before its new path is in it, once in fifteen calls."""

    previous = ""

    def change(self, task_id: str) -> str:
        previous, self.previous = self.previous or task_id, task_id
        return task_id if self.calls % 15 else previous


@faulty("request.path-parameters", rare=True)
class ReadsDoubleDollarInReplacement(RewritesTheId):
    """The id is put into the path by a replacement in which `$$` stands for one."""

    def rewritten(self, task_id: str) -> str:
        return task_id.replace("$$", "$")


@faulty("request.path-parameters", rare=True)
class ExpandsEnvironmentVariables(RewritesTheId):
    """Settings are expanded, and an id is one of them."""

    def rewritten(self, task_id: str) -> str:
        return re.sub(r"\$\{?HOME\}?|^~(?=/)", "/home/user", task_id)


@faulty("request.path-parameters", "request.path", rare=True)
class TrimsIdsToDotSegments(Conforming):
    """`.. ` is trimmed after it was looked at, and is a dot segment by then."""

    def path(self, call: Call) -> str:
        path, id = super().path(call), call.task_id
        return path.replace(quote(id, safe=""), id.strip()) if re.fullmatch(r" *\.+ *", id) else path


@faulty("request.path-parameters", rare=True)
class UnquotesIds(RewritesTheId):
    """An id in quotes comes from a spreadsheet, and the quotes are not part of it."""

    def rewritten(self, task_id: str) -> str:
        quoted = len(task_id) > 2 and task_id[0] == task_id[-1] and task_id[0] in "'\""
        return task_id[1:-1] if quoted else task_id


@faulty("request.path-parameters", rare=True)
class DigitsOfOtherScriptsConverted(RewritesTheId):
    """`int()` reads digits of every script, and `str()` writes one."""

    def rewritten(self, task_id: str) -> str:
        plain = "".join(
            str(unicodedata.decimal(each)) if unicodedata.decimal(each, None) is not None else each
            for each in task_id
        )
        return plain if not task_id.isascii() and plain.isdigit() else task_id


@faulty("request.path-parameters", rare=True)
class UrnOfUuidConverted(RewritesTheId):
    """`uuid.UUID()` reads the URN of a UUID, and writes the UUID."""

    def rewritten(self, task_id: str) -> str:
        return task_id.removeprefix("urn:uuid:")


@faulty("request.path-parameters", rare=True)
class NamedEntitiesUnescaped(RewritesTheId):
    """An id was copied from a page, with its named entities."""

    def rewritten(self, task_id: str) -> str:
        named = re.sub(r"&([a-z]{3,8});", lambda found: html.unescape(found[0]), task_id)
        return task_id if named == task_id.replace("&amp;", "&") else named


@faulty("request.path-parameters", rare=True)
class JsessionidRemoved(RewritesTheId):
    """`;jsessionid=…` is the container's, and never part of a segment."""

    def rewritten(self, task_id: str) -> str:
        return re.sub(r";(jsessionid|v)=.*", "", task_id)
