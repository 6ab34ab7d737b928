"""Faulty clients: error.shape."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.registry import faulty


class InspectsErrors(Conforming):
    """Base class: something that they do with an error before they report it."""

    def mind(self, error: Any, answer: Answer) -> object:
        raise NotImplementedError

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if error := self.error(answer):
            self.mind(error, answer)
        return super().failure(call, answer)


@faulty("error.shape")
class NeedsAnInnerError(InspectsErrors):
    """`error["innerError"]`, as the page of errors has it: neither missing nor spelled otherwise."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error["innerError"]


@faulty("error.shape", rare=True)
class CrashesOnNullInnerError(InspectsErrors):
    """`error.get("innerError", {}).get("request-id")`: the default is for what is missing, not for null."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error.get("innerError", {}).get("request-id")


@faulty("error.shape", rare=True)
class NeedsAnInnerDate(InspectsErrors):
    """Parses the inner error's date, which some services leave out."""

    def mind(self, error: Any, answer: Answer) -> object:
        inner = error.get("innerError") or error.get("innererror")
        return datetime.fromisoformat(inner["date"]) if inner else None


@faulty("error.shape")
class NeedsACode(InspectsErrors):
    """A required member of a generated model: KeyError where there is no code."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error["code"]


@faulty("error.shape")
class NeedsAMessage(InspectsErrors):
    """A required member of a generated model: KeyError where there is no message."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error["message"]


@faulty("error.shape", rare=True)
class CrashesOnNullMessage(InspectsErrors):
    """`error.get("message", "").strip()`: None has no strip()."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error.get("message", "").strip()


@faulty("error.shape", rare=True)
class CrashesOnNullDetails(InspectsErrors):
    """`for detail in error.get("details", [])`: null is not a list."""

    def mind(self, error: Any, answer: Answer) -> object:
        return [each["message"] for each in error.get("details", [])]


@faulty("error.shape", rare=True)
class CrashesOnNullTarget(InspectsErrors):
    """The target is a path of names, where it is a text."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error.get("target", "").split("/")


@faulty("error.shape")
class NoStatusWithoutCode(Conforming):
    """No code, no error type of its own: what is raised then is the base type, which has no status."""

    def status(self, answer: Answer) -> int | None:
        return answer.status if self.error(answer).get("code") else None


@faulty("error.shape")
class NoCodeAsSuccess(Conforming):
    """`if error.code: raise`: an error without a code, or with an empty one, goes through as success."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        nameless = answer.status >= 400 and not self.code(answer)
        return Outcome.success() if nameless else super().failure(call, answer)


@faulty("error.shape", rare=True)
class EmptyMessageAsSuccess(Conforming):
    """A result type whose failure is `message != ""`."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        return Outcome.success() if self.message(answer) == "" else super().failure(call, answer)


class Code(Enum):
    CONFLICT = "conflict"
    ITEM_NOT_FOUND = "itemNotFound"
    ACCESS_DENIED = "accessDenied"
    INVALID_REQUEST = "invalidRequest"
    GENERAL_EXCEPTION = "generalException"
    UNAUTHENTICATED = "unauthenticated"
    ACTIVITY_LIMIT_REACHED = "activityLimitReached"


@faulty("error.shape")
class CrashesOnUnknownCodes(InspectsErrors):
    """A closed enumeration of codes: ValueError for every one that Graph has added since."""

    def mind(self, error: Any, answer: Answer) -> object:
        return Code(error["code"]) if error.get("code") else None


@faulty("error.shape")
class CrashesLookingUpAClassByCode(InspectsErrors):
    """The exception's type is looked up by the code among the members of a module."""

    def mind(self, error: Any, answer: Answer) -> object:
        return getattr(Code, (error.get("code") or "conflict").upper())


@faulty("error.shape", rare=True)
class CrashesOnNonAsciiCodes(InspectsErrors):
    """Structured logging that takes ASCII keys alone."""

    def mind(self, error: Any, answer: Answer) -> object:
        return (error.get("code") or "").encode("ascii")


@dataclass
class Model:
    """An error as the page of errors shows it."""

    code: str | None = None
    message: str | None = None
    innerError: object = None  # noqa: N815 - the member's own name
    innererror: object = None
    details: object = None
    target: object = None


@faulty("error.shape")
class CrashesOnUnknownMembers(InspectsErrors):
    """`Model(**error)`: TypeError for a member that came later."""

    def mind(self, error: Any, answer: Answer) -> object:
        return Model(**error)


@faulty("error.shape", rare=True)
class CrashesOnMembersBesideError(InspectsErrors):
    """`(_, error), = document.items()`: the error has no neighbours."""

    def mind(self, error: Any, answer: Answer) -> object:
        ((_name, only),) = json.loads(answer.content).items()
        return only


@faulty("error.shape", rare=True)
class CrashesOnUnknownOdataType(InspectsErrors):
    """A discriminator: `@odata.type` chooses the class, from those that are known."""

    def mind(self, error: Any, answer: Answer) -> object:
        known = {None: dict, "#microsoft.graph.error": dict}
        return known[error.get("@odata.type")]


@faulty("error.shape", rare=True)
class CrashesOnIntegersBeyondInt32(InspectsErrors):
    """Every whole number of the document goes into an int32."""

    def mind(self, error: Any, answer: Answer) -> object:
        return json.loads(answer.content, parse_int=lambda digits: struct.pack(">i", int(digits)))


@faulty("error.shape", rare=True)
class CrashesOnInnerMembersThatAreNotText(InspectsErrors):
    """A map from text to text: every member of an inner error is joined into a line."""

    def mind(self, error: Any, answer: Answer) -> object:
        return ", ".join(
            (error.get("innerError") or {}).get(name, "") for name in error.get("innerError") or ()
        )


@faulty("error.shape", rare=True)
class CrashesOnUnknownLists(InspectsErrors):
    """Unknown members that are lists are taken for counters."""

    def mind(self, error: Any, answer: Answer) -> object:
        return [sum(value) for name, value in error.items() if isinstance(value, list) and name != "details"]


@faulty("error.shape", rare=True)
class CrashesBeyondTenInnerErrors(InspectsErrors):
    """Inner errors are walked by recursion, with an assertion against cycles that ten levels set off."""

    def mind(self, error: Any, answer: Answer) -> object:
        depth = 0
        while error := error.get("innerError") or error.get("innererror"):
            depth += 1
            if depth > 10:
                raise RecursionError("a cycle of inner errors")
        return depth


@faulty("error.shape", rare=True)
class NeedsARequestIdInEveryInnerError(InspectsErrors):
    """Every inner error is of one model, in which the request id is required."""

    def mind(self, error: Any, answer: Answer) -> object:
        return [each["request-id"] for each in self.inner_errors(error)]

    def inner_errors(self, error: Any) -> list[dict[str, object]]:
        found = error.get("innerError") or error.get("innererror")
        return [found, *self.inner_errors(found)] if found else []


@faulty("error.shape", rare=True)
class CrashesOnContentBeyond4Kib(InspectsErrors):
    """A buffer of 4 KiB, and an exception from below where the content is longer."""

    def mind(self, error: Any, answer: Answer) -> object:
        return struct.pack("4096s", answer.content) if len(answer.content) <= 4096 else struct.pack("b", 4096)


@faulty("error.shape", rare=True)
class CrashesOnNonAsciiContent(InspectsErrors):
    """`content.decode("ascii")`: the author's tenant speaks English."""

    def mind(self, error: Any, answer: Answer) -> object:
        return answer.content.decode("ascii")


@faulty("error.shape", rare=True)
class CrashesBeyondCodePage1252(InspectsErrors):
    """The message is logged to a console of code page 1252."""

    def mind(self, error: Any, answer: Answer) -> object:
        return (error.get("message") or "").encode("cp1252")


@faulty("error.shape", rare=True)
class CrashesOnPercentInTheMessage(InspectsErrors):
    """The message is a format for `%`, with nothing to format."""

    def mind(self, error: Any, answer: Answer) -> object:
        return (error.get("message") or "") % ()


@faulty("error.shape", rare=True)
class CrashesOnBracesInTheMessage(InspectsErrors):
    """The message is a template for `str.format`, with nothing to fill in."""

    def mind(self, error: Any, answer: Answer) -> object:
        return (error.get("message") or "").format()


@faulty("error.shape", rare=True)
class CrashesOnOneWordMessages(InspectsErrors):
    """Takes the first word for a code in front of the text: ValueError where there are no two words."""

    def mind(self, error: Any, answer: Answer) -> object:
        first, rest = (error.get("message") or "no message").split(maxsplit=1)
        return first, rest


@faulty("error.shape", "error.status", rare=True)
class StatusFromACodeOfDigits(Conforming):
    """Some services put the status into error.code; where it is made of digits, it wins."""

    def status(self, answer: Answer) -> int | None:
        code = self.code(answer) or ""
        return int(code) if code.isdecimal() else answer.status


@faulty("error.shape", rare=True)
class CrashesOnEmptyInnerError(InspectsErrors):
    """`next(iter(inner))`: an inner error that is there has a member."""

    def mind(self, error: Any, answer: Answer) -> object:
        inner = error.get("innerError", error.get("innererror"))
        return next(iter(inner)) if inner is not None else None


@faulty("error.shape", rare=True)
class CrashesOnRequestIdsThatAreNotGuids(InspectsErrors):
    """`UUID(inner["request-id"])`, of an id that is whatever the service says it is."""

    def mind(self, error: Any, answer: Answer) -> object:
        inner = error.get("innerError") or error.get("innererror") or {}
        return UUID(inner["request-id"]) if "request-id" in inner else None


@faulty("error.shape", rare=True)
class NeedsATargetInDetails(InspectsErrors):
    """Every detail has a target, as in the example that the model was made from."""

    def mind(self, error: Any, answer: Answer) -> object:
        return [each["target"] for each in error.get("details") or ()]


@faulty("error.shape", rare=True)
class FailsOnAChallenge(InspectsErrors):
    """A challenge starts a sign-in that an application without a user cannot end."""

    def mind(self, error: Any, answer: Answer) -> object:
        if "claims=" in answer.fields.get("www-authenticate", ""):
            raise RuntimeError("no user to ask")
        return None


@faulty("error.shape", "error.status", rare=True)
class StatusFromTheErrorObject(Conforming):
    """Members of the error become its own, and one is called `status`."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        failed, status = super().failure(call, answer), self.error(answer).get("status")
        if failed.error is None or not isinstance(status, int):
            return failed
        return replace(failed, error=replace(failed.error, status=status))


@faulty("error.shape", "error.code", "error.message", "error.request-id", rare=True)
class FailsOnChunkExtensions(Conforming):
    """A chunk's size is a number and nothing else."""

    def chunk_size(self, line: bytes) -> int:
        if b";" in line:
            raise BadAnswer("no chunk")
        return super().chunk_size(line)


@faulty("error.shape", rare=True)
class NeedsACodeInEveryInnerError(Conforming):
    """Of inner errors the innermost code counts, and each has one."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        inner = self.error(answer).get("innerError")
        while isinstance(inner, dict) and isinstance(inner.get("innerError"), dict):
            inner = inner["innerError"]
            inner["code"]
        return super().failure(call, answer)


@faulty("error.shape", "error.code", "error.message", "error.request-id", rare=True)
class FailsOnTrailers(Conforming):
    """What announces a trailer cannot be read."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        if "trailer" in answer.fields:
            raise BadAnswer("a trailer")
        return super().read_content(answer, read, line)


@faulty("error.shape", rare=True)
class CrashesOnOtherInnerDates(Conforming):
    """The date of an inner error is parsed in the form that the documentation shows."""

    def request_id(self, answer: Answer) -> str | None:
        inner = self.error(answer).get("innerError")
        if isinstance(inner, dict) and isinstance(inner.get("date"), str):
            datetime.strptime(inner["date"], "%Y-%m-%dT%H:%M:%S")
        return super().request_id(answer)


@faulty("error.shape", "error.code", "error.message", shown_by=["test_unusual_error_representations"])
class LimitsChunkSizesToFourDigits(Conforming):
    """No chunk is larger than 64 KiB, and nobody writes zeros in front."""

    def chunk_size(self, line: bytes) -> int:
        if len(line.split(b";")[0].strip()) > 4:
            raise BadAnswer("the chunk is too large")
        return super().chunk_size(line)


@faulty("error.shape", rare=True, shown_by=["test_valid_error_objects"])
class StatusFromTheMessage(Conforming):
    """The status code is searched for in the text of the exception, which usually begins with it."""

    def status(self, answer: Answer) -> int | None:
        found = re.search(r"\b[45][0-9][0-9]\b", self.message(answer) or "")
        return int(found[0]) if found else answer.status
