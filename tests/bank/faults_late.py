"""Faults that show late: behind a redirection, after a timeout, at the second token of one user."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from graphcontract.exchange import Call, Outcome
from tests.bank.client import ROOT, Answer, BadAnswer, Conforming
from tests.bank.following import Following
from tests.bank.registry import fault


@fault("calls.independent", rare=True)
class KeepsFieldsByUser(Conforming):
    """Fields are kept by whom the token is for, so that a renewed one is never sent."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, list[tuple[str, str]]] = {}

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        user = call.token.rpartition(".")[0] or call.token
        return self.kept.setdefault(user, super().authorization(call))


@fault("error.shape", "error.status", rare=True)
class TakesTheStatusFromTheContent(Conforming):
    """Members of the error become its own, and one is called `status`."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        told, status = super().failure(call, answer), self.error(answer).get("status")
        if told.error is None or not isinstance(status, int):
            return told
        return replace(told, error=replace(told.error, status=status))


@fault("error.shape", "error.code", "error.message", "error.request-id", rare=True)
class ReadsBareChunkSizes(Conforming):
    """A chunk's size is a number and nothing else."""

    def chunk_size(self, line: bytes) -> int:
        if b";" in line:
            raise BadAnswer("no chunk")
        return super().chunk_size(line)


@fault("error.shape", rare=True)
class LooksForACodeAtEachLevel(Conforming):
    """Of inner errors the innermost code counts, and each has one."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        inner = self.error(answer).get("innerError")
        while isinstance(inner, dict) and isinstance(inner.get("innerError"), dict):
            inner = inner["innerError"]
            inner["code"]
        return super().failure(call, answer)


@fault("error.status", rare=True)
class TellsTheStatusOfTheRedirection(Following):
    """What came first is what is told."""

    def exchange(self, call: Call) -> Answer:
        self.local.first = None
        return super().exchange(call)

    def follows(self, answer: Answer) -> bool:
        if self.local.first is None:
            self.local.first = answer.status
        return super().follows(answer)

    def status(self, answer: Answer) -> int | None:
        return self.local.first or answer.status


@fault("retry.bounded", rare=True, shown_by=["lasting 504"])
class CountsNo504(Conforming):
    """A gateway that is slow is no failure of a try."""

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        for _ in range(20):
            if answer.status != 504:
                break
            answer = self.exchange(call)
        return answer


class FollowsAnyPlace(Following):
    """What the faults below have in common: a Location is followed for what it is, with the token."""

    statuses: tuple[int, ...] = ()

    def follows(self, answer: Answer) -> bool:
        return "location" in answer.fields and answer.status in self.statuses

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return True


PLACED = ["202 with a place elsewhere", "201 with a place elsewhere", "300 with a place elsewhere"]


@fault("redirect.credentials", "secrets.token", rare=True, shown_by=PLACED)
class LooksWhereItWasAccepted(FollowsAnyPlace):
    """The Location of a 201 or 202 is where its state can be read."""

    statuses = (201, 202)


@fault("redirect.credentials", "secrets.token", rare=True, shown_by=PLACED)
class TakesTheFirstChoice(FollowsAnyPlace):
    """300 is a redirection as others are."""

    statuses = (300, 305)


@fault("redirect.credentials", rare=True, shown_by=["307 by way of here"])
class FindsItsHostAnywhere(Following):
    """A target is trusted that has the root's host in it, wherever."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return here.netloc in there.geturl()


@fault("request.query", rare=True)
class RemembersATemporaryMove(Following):
    """Where a call was sent last is where the same one goes next."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[tuple[str | None, str], str] = {}

    def query(self, call: Call) -> str:
        return self.moved.get((call.base_url, call.task_id), "")

    def exchange(self, call: Call) -> Answer:
        self.local.call = call
        return super().exchange(call)

    def follows(self, answer: Answer) -> bool:
        follows, call = super().follows(answer), self.local.call
        step = urlsplit(answer.fields.get("location", "")).query
        if follows and step and answer.status in (302, 307):
            self.moved[call.base_url, call.task_id] = f"?{step}"
        return follows


@fault("retry.refused", "retry.conflict", rare=True, shown_by=["400 that closes", "409 that closes"])
class RepeatsWhatCloses(Conforming):
    """A connection that is closed was stale, so the request is made again."""

    def repeats(self, answer: Answer) -> bool:
        closes = answer.fields.get("connection") == "close" and answer.status in (400, 409)
        return closes or super().repeats(answer)

    def seconds(self, value: str) -> float:
        return super().seconds(value) if value else 0.0


@fault("retry.refused", rare=True, shown_by=["400 called too many"])
class RepeatsByItsCode(Conforming):
    """The code says that there were too many, whatever the status."""

    def repeats(self, answer: Answer) -> bool:
        code = str(self.error(answer).get("code"))
        return super().repeats(answer) or re.search("toomany", code, re.IGNORECASE) is not None

    def seconds(self, value: str) -> float:
        return super().seconds(value) if value else 0.0


@fault("transport.certificate", rare=True, shown_by=["self-signed", "untrusted"])
class TakesWhoVouchesForItself(Conforming):
    """An appliance's certificate is its own authority."""

    def connect(self, call: Call) -> socket.socket:
        try:
            return super().connect(call)
        except ssl.SSLCertVerificationError as error:
            if error.verify_code != 18:  # self-signed
                raise
        parts = urlsplit(call.base_url or ROOT)
        plain = socket.create_connection((parts.hostname or "", parts.port or 443), timeout=call.timeout)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(plain)


@fault("transport.timeout", rare=True, shown_by=["stalled for half a second"])
class CountsWholeSeconds(Conforming):
    """The timeout is cut to whole seconds, and none means none."""

    def connect(self, call: Call) -> socket.socket:
        return super().connect(replace(call, timeout=int(call.timeout) or 60.0))


@fault("request.once", rare=True, shown_by=["after a stalled one"])
class EndsWithATimeout(Conforming):
    """A timeout closes the client, and the call after it finds it closed."""

    closed = False

    def persist(self, call: Call) -> Answer:
        if self.closed:
            self.closed = False
            raise BadAnswer("the client is closed")
        try:
            return super().persist(call)
        except TimeoutError:
            self.closed = True
            raise


@fault("error.shape", "error.code", "error.message", "error.request-id", rare=True)
class WantsNoTrailer(Conforming):
    """What announces a trailer cannot be read."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        if "trailer" in answer.fields:
            raise BadAnswer("a trailer")
        return super().read_content(answer, read, line)
