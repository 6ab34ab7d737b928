"""Faulty clients: input.unusable-id."""

from __future__ import annotations

import re

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.registry import faulty


class DotsPass(Conforming):
    """Refuses control characters, and lets every other id pass."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id in ("", ".", "..") else super().refusal(call)


@faulty("input.unusable-id")
class DotSegmentsRaw(DotsPass):
    """quote() leaves dots, and nothing looks at the id before."""


@faulty("input.unusable-id")
class DotSegmentsEncoded(DotsPass):
    """Encoding the dots by hand, which means the same to whoever normalises."""

    def encode(self, task_id: str) -> str:
        return task_id.replace(".", "%2E") if set(task_id) == {"."} else super().encode(task_id)


@faulty("input.unusable-id")
class DotSegmentsLowerCase(DotsPass):
    """One dot encoded, and in lower case: the URL standard still knows it."""

    def encode(self, task_id: str) -> str:
        return {"..": ".%2e", ".": "%2e"}.get(task_id) or super().encode(task_id)


@faulty("input.unusable-id")
class DotSegmentsNormalized(DotsPass):
    """A URL parser takes dot segments out before anything is sent."""

    def path(self, call: Call) -> str:
        path = super().path(call).replace("/./", "/")
        return re.sub("/[^/]+/[.][.]/", "/", path)


@faulty("input.unusable-id", rare=True)
class EmptyIdSent(Conforming):
    """Dots are refused, an empty id leaves two slashes."""

    def refusal(self, call: Call) -> str | None:
        return None if not call.task_id else super().refusal(call)


@faulty("input.unusable-id", rare=True)
class EmptySegmentDropped(Conforming):
    """Parts of a path are joined without those that are empty."""

    def refusal(self, call: Call) -> str | None:
        return None if not call.task_id else super().refusal(call)

    def path(self, call: Call) -> str:
        return super().path(call).replace("//", "/")


@faulty("input.unusable-id", rare=True)
class OneDotPasses(Conforming):
    """The check looks for two dots alone."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id == "." else super().refusal(call)


@faulty("input.unusable-id", rare=True)
class TwoDotsPass(Conforming):
    """The check looks for an empty id and a dot."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id == ".." else super().refusal(call)


@faulty("input.unusable-id", rare=True)
class EmptyIdIsUndefined(Conforming):
    """A template in JavaScript, filled with what is not there."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(call) if call.task_id else None

    def encode(self, task_id: str) -> str:
        return super().encode(task_id or "undefined")


@faulty("input.unusable-id")
class DotsEncodedTwice(DotsPass):
    """Dots encoded so that no parser takes them out, and so the id of another task."""

    def encode(self, task_id: str) -> str:
        return task_id.replace(".", "%252E") if set(task_id) == {"."} else super().encode(task_id)


@faulty("input.unusable-id", rare=True)
class DotsAsDash(Conforming):
    """A sanitiser of file names, where dots alone are no name."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id in (".", "..") else super().refusal(call)

    def encode(self, task_id: str) -> str:
        return "-" if task_id in (".", "..") else super().encode(task_id)
