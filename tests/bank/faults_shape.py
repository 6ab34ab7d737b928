"""Clients that a legal Graph error brings down: members missing, null or new; depth, length, script."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from graphcontract.exchange import Call, Outcome
from tests.bank.client import Answer, Conforming
from tests.bank.registry import fault


class Minding(Conforming):
    """What the faults below have in common: something that they do with an error before they report it."""

    def mind(self, error: Any, answer: Answer) -> object:
        raise NotImplementedError

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if error := self.error(answer):
            self.mind(error, answer)
        return super().failure(call, answer)


# members that may be missing or null


@fault("error.shape")
class NeedsAnInnerError(Minding):
    """`error["innerError"]`, as the page of errors has it: neither missing nor spelled otherwise."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error["innerError"]


@fault("error.shape", rare=True)
class LooksIntoNull(Minding):
    """`error.get("innerError", {}).get("request-id")`: the default is for what is missing, not for null."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error.get("innerError", {}).get("request-id")


@fault("error.shape", rare=True)
class NeedsAnInnerDate(Minding):
    """Parses the inner error's date, which some services leave out."""

    def mind(self, error: Any, answer: Answer) -> object:
        inner = error.get("innerError") or error.get("innererror")
        return datetime.fromisoformat(inner["date"]) if inner else None


@fault("error.shape")
class NeedsACode(Minding):
    """A required member of a generated model: KeyError where there is no code."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error["code"]


@fault("error.shape")
class NeedsAMessage(Minding):
    """A required member of a generated model: KeyError where there is no message."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error["message"]


@fault("error.shape", rare=True)
class StripsNoMessage(Minding):
    """`error.get("message", "").strip()`: None has no strip()."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error.get("message", "").strip()


@fault("error.shape", rare=True)
class GoesThroughNoDetails(Minding):
    """`for detail in error.get("details", [])`: null is no list."""

    def mind(self, error: Any, answer: Answer) -> object:
        return [each["message"] for each in error.get("details", [])]


@fault("error.shape", rare=True)
class SplitsNoTarget(Minding):
    """The target is a path of names, where it is a text."""

    def mind(self, error: Any, answer: Answer) -> object:
        return error.get("target", "").split("/")


@fault("error.shape")
class TellsTheStatusWithACode(Conforming):
    """No code, no error type of its own: what is raised then is the base type, which has no status."""

    def status(self, answer: Answer) -> int | None:
        return answer.status if self.error(answer).get("code") else None


@fault("error.shape")
class FailsWithACode(Conforming):
    """`if error.code: raise`: an error without a code, or with an empty one, goes through as success."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        nameless = answer.status >= 400 and not self.code(answer)
        return Outcome.success() if nameless else super().failure(call, answer)


@fault("error.shape", rare=True)
class FailsWithAMessage(Conforming):
    """A result type whose failure is `message != ""`."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        return Outcome.success() if self.message(answer) == "" else super().failure(call, answer)


# codes


class Code(Enum):
    CONFLICT = "conflict"
    ITEM_NOT_FOUND = "itemNotFound"
    ACCESS_DENIED = "accessDenied"
    INVALID_REQUEST = "invalidRequest"
    GENERAL_EXCEPTION = "generalException"
    UNAUTHENTICATED = "unauthenticated"
    ACTIVITY_LIMIT_REACHED = "activityLimitReached"


@fault("error.shape")
class EnumeratesCodes(Minding):
    """A closed enumeration of codes: ValueError for every one that Graph has added since."""

    def mind(self, error: Any, answer: Answer) -> object:
        return Code(error["code"]) if error.get("code") else None


@fault("error.shape")
class NamesItsTypeByTheCode(Minding):
    """The exception's type is looked up by the code among the members of a module."""

    def mind(self, error: Any, answer: Answer) -> object:
        return getattr(Code, (error.get("code") or "conflict").upper())


@fault("error.shape", rare=True)
class LogsTheCodeInAscii(Minding):
    """Structured logging that takes ASCII keys alone."""

    def mind(self, error: Any, answer: Answer) -> object:
        return (error.get("code") or "").encode("ascii")


# members that are new


@dataclass
class Model:
    """An error as the page of errors shows it."""

    code: str | None = None
    message: str | None = None
    innerError: object = None  # noqa: N815 - the member's own name
    innererror: object = None
    details: object = None
    target: object = None


@fault("error.shape")
class TakesKnownMembersAlone(Minding):
    """`Model(**error)`: TypeError for a member that came later."""

    def mind(self, error: Any, answer: Answer) -> object:
        return Model(**error)


@fault("error.shape", rare=True)
class TakesErrorAlone(Minding):
    """`(_, error), = document.items()`: the error has no neighbours."""

    def mind(self, error: Any, answer: Answer) -> object:
        ((_name, only),) = json.loads(answer.content).items()
        return only


@fault("error.shape", rare=True)
class LooksItsTypeUp(Minding):
    """A discriminator: `@odata.type` chooses the class, from those that are known."""

    def mind(self, error: Any, answer: Answer) -> object:
        known = {None: dict, "#microsoft.graph.error": dict}
        return known[error.get("@odata.type")]


@fault("error.shape", rare=True)
class HoldsIntegersOfFourBytes(Minding):
    """Every whole number of the document goes into an int32."""

    def mind(self, error: Any, answer: Answer) -> object:
        return json.loads(answer.content, parse_int=lambda digits: struct.pack(">i", int(digits)))


@fault("error.shape", rare=True)
class ExpectsTexts(Minding):
    """A map from text to text: every member of an inner error is joined into a line."""

    def mind(self, error: Any, answer: Answer) -> object:
        return ", ".join(
            (error.get("innerError") or {}).get(name, "") for name in error.get("innerError") or ()
        )


@fault("error.shape", rare=True)
class SumsAttempts(Minding):
    """Members that it has not been told of are taken for counters where they are lists."""

    def mind(self, error: Any, answer: Answer) -> object:
        return [sum(value) for name, value in error.items() if isinstance(value, list) and name != "details"]


# depth, length, script


@fault("error.shape", rare=True)
class WalksTenDeep(Minding):
    """Inner errors are walked by recursion, with an assertion against cycles that ten levels set off."""

    def mind(self, error: Any, answer: Answer) -> object:
        depth = 0
        while error := error.get("innerError") or error.get("innererror"):
            depth += 1
            if depth > 10:
                raise RecursionError("a cycle of inner errors")
        return depth


@fault("error.shape", rare=True)
class ExpectsAnIdInEach(Minding):
    """Every inner error is of one model, in which the request id is required."""

    def mind(self, error: Any, answer: Answer) -> object:
        return [each["request-id"] for each in self.inner_errors(error)]

    def inner_errors(self, error: Any) -> list[dict[str, object]]:
        found = error.get("innerError") or error.get("innererror")
        return [found, *self.inner_errors(found)] if found else []


@fault("error.shape", rare=True)
class HasABufferForTheMessage(Minding):
    """A buffer of 4 KiB, and an exception from below where the content is longer."""

    def mind(self, error: Any, answer: Answer) -> object:
        return struct.pack("4096s", answer.content) if len(answer.content) <= 4096 else struct.pack("b", 4096)


@fault("error.shape", rare=True)
class DecodesAscii(Minding):
    """`content.decode("ascii")`: the author's tenant speaks English."""

    def mind(self, error: Any, answer: Answer) -> object:
        return answer.content.decode("ascii")


@fault("error.shape", rare=True)
class PrintsToAnOldConsole(Minding):
    """The message is logged to a console of code page 1252."""

    def mind(self, error: Any, answer: Answer) -> object:
        return (error.get("message") or "").encode("cp1252")


@fault("error.shape", rare=True)
class FormatsByPercent(Minding):
    """The message is a format for `%`, with nothing to format."""

    def mind(self, error: Any, answer: Answer) -> object:
        return (error.get("message") or "") % ()


@fault("error.shape", rare=True)
class FormatsByBraces(Minding):
    """The message is a template for `str.format`, with nothing to fill in."""

    def mind(self, error: Any, answer: Answer) -> object:
        return (error.get("message") or "").format()


@fault("error.shape", rare=True)
class UnpacksTheMessage(Minding):
    """Takes the first word for a code in front of the text: ValueError where there are no two words."""

    def mind(self, error: Any, answer: Answer) -> object:
        first, rest = (error.get("message") or "no message").split(maxsplit=1)
        return first, rest


@fault("error.shape", "error.status", rare=True)
class TakesTheCodeForTheStatus(Conforming):
    """Some services put the status into error.code; where it is made of digits, it wins."""

    def status(self, answer: Answer) -> int | None:
        code = self.code(answer) or ""
        return int(code) if code.isdecimal() else answer.status


@fault("error.shape", rare=True)
class TakesTheFirstOfNothing(Minding):
    """`next(iter(inner))`: an inner error that is there has a member."""

    def mind(self, error: Any, answer: Answer) -> object:
        inner = error.get("innerError", error.get("innererror"))
        return next(iter(inner)) if inner is not None else None


@fault("error.shape", rare=True)
class ReadsTheIdAsAGuid(Minding):
    """`UUID(inner["request-id"])`, of an id that is whatever the service says it is."""

    def mind(self, error: Any, answer: Answer) -> object:
        inner = error.get("innerError") or error.get("innererror") or {}
        return UUID(inner["request-id"]) if "request-id" in inner else None


@fault("error.shape", rare=True)
class NeedsATargetInDetails(Minding):
    """Every detail has a target, as in the example that the model was made from."""

    def mind(self, error: Any, answer: Answer) -> object:
        return [each["target"] for each in error.get("details") or ()]


@fault("error.shape", rare=True)
class AnswersNoChallenge(Minding):
    """A challenge starts a sign-in that an application without a user cannot end."""

    def mind(self, error: Any, answer: Answer) -> object:
        if "claims=" in answer.fields.get("www-authenticate", ""):
            raise RuntimeError("no user to ask")
        return None
