"""Faulty clients: response.large-head."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.field_lines import ReadsFieldLines
from tests.sample_clients.registry import faulty


@faulty("response.large-head")
class FieldsOf8190Bytes(ReadsFieldLines):
    """aiohttp's default: a longer field is an error of the protocol."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if any(len(line) > 8190 for line in lines):
            raise BadAnswer("a field of more than 8,190 bytes")


@faulty("response.large-head")
class SixtyFourFields(ReadsFieldLines):
    """A parser in C has a table of 64 fields."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if len(lines) > 65:
            raise BadAnswer("too many fields")


@faulty("response.large-head")
class HeadOfTwelveKilobytes(ReadsFieldLines):
    """The head is read into a buffer, and what does not fit is an exception that nothing catches."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if sum(map(len, lines)) > 12 << 10:
            raise MemoryError("the head does not fit into the buffer")


@faulty("response.large-head")
class LastFieldsDropped(ReadsFieldLines):
    """Fields beyond the fiftieth are dropped, and the content's length with them."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if len(lines) > 50:
            answer.fields = dict(list(answer.fields.items())[:50]) | {"content-length": "0"}


@faulty("response.large-head")
class SuccessWithoutAWholeHead(ReadsFieldLines):
    """A head that is too long is taken for one without an error."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if answer.status >= 400 and any(len(line) > 8192 for line in lines):
            answer.status = 200
