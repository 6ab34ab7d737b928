"""Faulty clients: response.interim."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from itertools import chain

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.registry import faulty


class ChoosesTheFinalHead(Conforming):
    """Base class: their own idea of which head is the final one."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        raise NotImplementedError

    def read(self, connection: socket.socket) -> Answer:
        with connection.makefile("rb") as stream:
            before: list[int] = []
            while not self.is_final((answer := self.read_head(stream.readline)).status, before):
                before.append(answer.status)
            if answer.status >= 200 and answer.status not in (204, 304):
                answer.content = self.read_content(answer, stream.read, stream.readline)
            return answer


@faulty("response.interim")
class FirstHeadAsFinal(ChoosesTheFinalHead):
    """The first status line is the status."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        return True


@faulty("response.interim")
class Skips100Only(ChoosesTheFinalHead):
    """Knows 100 from Expect, and no other interim answer."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        return status != 100


@faulty("response.interim", rare=True)
class Status103AsFinal(ChoosesTheFinalHead):
    """Written before 103 was: an unregistered 1xx is an answer."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        return status not in (100, 101, 102)


@faulty("response.interim", rare=True)
class SkipsOneInterimResponse(ChoosesTheFinalHead):
    """`if status < 200` where `while` is meant."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        return bool(before) or status >= 200


@faulty("response.interim")
class InterimAsSuccess(FirstHeadAsFinal):
    """`status < 300` is success, of the first head."""

    def succeeded(self, answer: Answer) -> bool:
        return answer.status < 300


@faulty("response.interim", rare=True)
class Status103AsSuccess(Status103AsFinal):
    """103 comes with fields and is not an error, so the call was accepted."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status == 103


class ReactsToInterimHeads(Conforming):
    """Base class: something that they do at the head of an interim answer."""

    def meet(self, interim: int) -> object:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        answer = super().read_head(line)
        if answer.status < 200:
            self.meet(answer.status)
        return answer


@faulty("response.interim")
class FailsOnInterim(ReactsToInterimHeads):
    """A status below 200 is garbage to a parser that was never shown one."""

    def meet(self, interim: int) -> object:
        raise BadAnswer(f"status {interim}")


@faulty("response.interim", rare=True)
class Rejects100(ReactsToInterimHeads):
    """100 answers an Expect; this client sent none, and says so."""

    def meet(self, interim: int) -> object:
        if interim == 100:
            raise BadAnswer("a 100 that nobody asked for")
        return None


@faulty("response.interim", rare=True)
class CrashesOnUnknownInterim(ReactsToInterimHeads):
    """A log line for each of the two interim answers that its author knew."""

    def meet(self, interim: int) -> object:
        return {100: "continue", 103: "early hints"}[interim]


@faulty("response.interim", rare=True)
class ReportsTheInterimStatus(ReactsToInterimHeads):
    """The status is stored when the first head has come, and read when an error is made of the last."""

    def __init__(self) -> None:
        super().__init__()
        self.first: int | None = None

    def meet(self, interim: int) -> object:
        self.first = self.first or interim
        return None

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        try:
            return super().outcome(call, answer)
        finally:
            self.first = None

    def status(self, answer: Answer) -> int | None:
        return self.first or answer.status


@faulty("response.interim", rare=True)
class ExpectsNoFieldsInInterim(Conforming):
    """Skips an interim answer as the two lines that it always was: a status line and an empty one."""

    def read(self, connection: socket.socket) -> Answer:
        with connection.makefile("rb") as stream:
            while (first := stream.readline())[9:10] == b"1":
                stream.readline()
            lines = chain([first], iter(stream.readline, None))
            answer = self.read_head(lambda: next(lines))
            if answer.status not in (204, 304):
                answer.content = self.read_content(answer, stream.read, stream.readline)
            return answer


@faulty("response.interim", rare=True)
class MixesInterimAndFinalFields(Conforming):
    """One map of fields for all heads of an answer: hints are taken for fields of the final one."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        answer = super().read_head(line)
        self.names |= answer.fields.keys()
        if answer.status < 200:
            return answer
        names, self.names = self.names, set()
        if "link" in names:
            raise ValueError("links in a response that is not a page")
        return answer


@faulty("response.interim")
class ErrorLostAfterInterim(ReactsToInterimHeads):
    """What was parsed for the first head is kept: nothing, which is then what the error says."""

    met = False

    def meet(self, interim: int) -> object:
        self.met = True
        return None

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        try:
            return super().outcome(call, answer)
        finally:
            self.met = False

    def error(self, answer: Answer) -> dict[str, object]:
        return {} if self.met else super().error(answer)


@faulty("response.interim", rare=True)
class InterimAsRejection(ReactsToInterimHeads):
    """A response before the response is not HTTP to it, so it reports that it sent nothing."""

    met = False

    def meet(self, interim: int) -> object:
        self.met = interim == 102
        return None

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        met, self.met = self.met, False
        return Outcome.rejected("not a call that I can make") if met else super().outcome(call, answer)
