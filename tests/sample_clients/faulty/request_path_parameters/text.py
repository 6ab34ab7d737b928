"""Faulty clients: request.path-parameters, text."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from graphcontract.exchange import Call
from tests.sample_clients.bases.calls import RewritesTheId
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.bases.inputs import ChangesTheId
from tests.sample_clients.registry import faulty


@faulty("request.path-parameters", rare=True)
class NormalizedToNfc(ChangesTheId):
    """Text is brought to NFC wherever it enters."""

    def change(self, task_id: str) -> str:
        return unicodedata.normalize("NFC", task_id)


@faulty("request.path-parameters", rare=True)
class NormalizedToNfd(ChangesTheId):
    """The id was a file name on a Mac once: NFD."""

    def change(self, task_id: str) -> str:
        return unicodedata.normalize("NFD", task_id)


@faulty("request.path-parameters", rare=True)
class NormalizedToNfkc(ChangesTheId):
    """NFKC, as for user names: ligatures and full-width letters become plain ones."""

    def change(self, task_id: str) -> str:
        folded = unicodedata.normalize("NFKC", task_id)
        return folded if unicodedata.normalize("NFC", task_id) == task_id else task_id


@faulty("request.path-parameters", rare=True)
class NonAsciiCaseFolded(ChangesTheId):
    """casefold() on what is not ASCII, so that sharp s becomes two letters."""

    def change(self, task_id: str) -> str:
        return "".join(each if each.isascii() else each.casefold() for each in task_id)


@faulty("request.path-parameters", rare=True)
class InvisibleCharactersRemoved(ChangesTheId):
    """A sanitiser takes out what cannot be seen: joiners, marks of direction, soft hyphens."""

    def change(self, task_id: str) -> str:
        return "".join(each for each in task_id if unicodedata.category(each) != "Cf") or task_id


@faulty("request.path-parameters", rare=True)
class ByteOrderMarkRemoved(ChangesTheId):
    """A text reader that drops U+FEFF wherever it stands."""

    def change(self, task_id: str) -> str:
        return task_id.replace("\ufeff", "") or task_id


@faulty("request.path-parameters", rare=True)
class AstralCharactersReplaced(ChangesTheId):
    """A database of three-byte UTF-8 gave a question mark for each emoji."""

    def change(self, task_id: str) -> str:
        return "".join(each if ord(each) < 0x10000 else "?" for each in task_id)


@faulty("request.path-parameters", rare=True)
class NonAsciiDropped(ChangesTheId):
    """What ASCII has no sign for is ignored."""

    def change(self, task_id: str) -> str:
        return task_id.encode("ascii", "ignore").decode() or "x"


@faulty("request.path-parameters", rare=True)
class CutAt255(ChangesTheId):
    """A column of 255 characters."""

    def change(self, task_id: str) -> str:
        return task_id[:255]


@faulty("request.path-parameters", rare=True)
class CutAt2047(ChangesTheId):
    """A URL has at most 2,047 characters, somebody read, and applied it to the id."""

    def change(self, task_id: str) -> str:
        return task_id[:2047]


@faulty("request.path-parameters", rare=True)
class LongIdHashed(ChangesTheId):
    """Ids of more than 1,500 characters do not fit into a table, and are known by their digest."""

    def change(self, task_id: str) -> str:
        return hashlib.sha256(task_id.encode()).hexdigest() if len(task_id) > 1500 else task_id


@faulty("request.path-parameters", rare=True)
class CutAt1024Bytes(Conforming):
    """A buffer of 1,024 bytes for what is encoded, which ASCII fills with other limits."""

    def encode(self, task_id: str) -> str:
        encoded = super().encode(task_id)
        return encoded if task_id.isascii() else encoded[:1024]


@faulty("request.path-parameters", rare=True)
class DropsNoncharacters(RewritesTheId):
    """What XML cannot hold is left out."""

    def rewritten(self, task_id: str) -> str:
        return re.sub("[\ufffe\uffff]", "", task_id)


@faulty("request.path-parameters", rare=True)
class TargetCutAt8190(Conforming):
    """The request target is written into 8,190 bytes."""

    def target(self, call: Call) -> str:
        return super().target(call)[:8190]
