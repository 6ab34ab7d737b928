"""Clients that read the lines of a response's head in ways that faulty clients vary."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from tests.sample_clients.bases.conforming import Answer, Conforming


class ChecksHeadLines(Conforming):
    """Base class: a look at each line of a head before it is parsed."""

    def look(self, line: str, first: bool) -> None:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        status_line = line()
        self.look(status_line.decode("latin-1"), True)

        def looked_at() -> bytes:
            read = line()
            self.look(read.decode("latin-1"), False)
            return read

        lines = chain((status_line,), iter(looked_at, None))
        return super().read_head(lambda: next(lines))


class ReadsFieldLines(Conforming):
    """Base class: they see the lines of a head as they came."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        lines: list[bytes] = []

        def kept() -> bytes:
            lines.append(line())
            return lines[-1]

        answer = super().read_head(kept)
        self.amend(answer, lines)
        return answer
