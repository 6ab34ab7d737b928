"""Faulty clients: calls.independent, values that are taken for those of other calls."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming, Fields
from tests.sample_clients.bases.keeping_paths import KeepsPaths
from tests.sample_clients.registry import faulty

TESTS = ("test_successive_calls",)


@faulty("calls.independent", rare=True, shown_by=TESTS)
class KeepsPathsByHashCode(KeepsPaths):
    """A map of a client's own, by `hashCode()` and without `equals()`."""

    def key(self, task_id: str) -> Hashable:
        code = 0
        for each in task_id:
            code = (31 * code + ord(each)) & 0xFFFFFFFF
        return code


@faulty("calls.independent", rare=True, shown_by=TESTS)
class KeepsPathsByArrayKey(KeepsPaths):
    """PHP's `==` in the look-up: texts that read as numbers are compared as such."""

    def key(self, task_id: str) -> Hashable:
        return float(task_id) if re.fullmatch(r"[0-9]{1,15}(\.[0-9]+)?", task_id) else task_id


@faulty("calls.independent", rare=True, shown_by=TESTS)
class KeepsPathsInAnyLetterCase(KeepsPaths):
    """`StringComparer.OrdinalIgnoreCase`, as for the names of header fields."""

    def key(self, task_id: str) -> Hashable:
        return task_id.lower()


@faulty("calls.independent", rare=True, shown_by=TESTS)
class KeepsPathsByEquivalence(KeepsPaths):
    """Swift's texts are equal if they are canonically equivalent, as keys of a dictionary too."""

    def key(self, task_id: str) -> Hashable:
        return unicodedata.normalize("NFC", task_id)


@faulty("calls.independent", rare=True, shown_by=TESTS)
class KeepsPathsByFileName(KeepsPaths):
    """What is kept has a name made for a file, in which other signs become one hyphen."""

    def key(self, task_id: str) -> Hashable:
        return re.sub(r"[^0-9A-Za-z]+", "-", task_id)


@faulty("calls.independent", rare=True, shown_by=TESTS)
class KeepsPathsByTrimmedIds(KeepsPaths):
    """A CHAR column of SQL, in which spaces at the end make no difference."""

    def key(self, task_id: str) -> Hashable:
        return task_id.rstrip()


@faulty("calls.independent", rare=True, shown_by=TESTS)
class KeepsFieldsByTheEndsOfTokens(Conforming):
    """Fields are kept by a token as logs have it: both ends, and dots between them."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], Fields] = {}

    def authorization(self, call: Call) -> Fields:
        fields = super().authorization(call)
        short = len(call.token) <= 36
        return fields if short else self.kept.setdefault((call.token[:21], call.token[-8:]), fields)
