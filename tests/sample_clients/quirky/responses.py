"""Quirky clients: what they report of a response."""

from __future__ import annotations

import json
import time
import uuid
import zlib
from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming, Fields
from tests.sample_clients.bases.field_lines import ReadsFieldLines
from tests.sample_clients.registry import quirky

TEXT_TESTS = ("test_valid_error_objects", "test_error_representations", "test_malformed_errors")


@quirky(varies_in=["test_success_response", "test_other_success"])
class OtherSuccessAsFailure(Conforming):
    """204 is what was promised, and nothing else is success."""

    def succeeded(self, answer: Answer) -> bool:
        return answer.status == 204


@quirky(varies_in=["test_success_response", "test_other_success"])
class SuccessWithoutStatus(Conforming):
    """A method that returns nothing: not even the status is reported."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        return Outcome.success() if self.succeeded(answer) else self.failure(call, answer)


@quirky(varies_in=TEXT_TESTS)
class WrapsTheMessage(Conforming):
    """The service's message within a sentence of the client's own."""

    def message(self, answer: Answer) -> str | None:
        message = super().message(answer)
        return f"cancel failed ({answer.status}): {message}; see the log" if message is not None else None


@quirky(varies_in=TEXT_TESTS)
class NumericCodesAsText(Conforming):
    """A code that is a number is reported as a string, as other codes are."""

    def code(self, answer: Answer) -> str | None:
        code = self.error(answer).get("code")
        return str(code) if isinstance(code, int | float) else super().code(answer)


@quirky(varies_in=[*TEXT_TESTS, "test_error_without_content"])
class StatusAsMissingMessage(Conforming):
    """Where the service has no message, the client has one of its own."""

    def message(self, answer: Answer) -> str | None:
        return super().message(answer) or f"HTTP {answer.status}"


@quirky(varies_in=["test_every_error_is_failure", "test_error_without_content"])
class ErrorTypeByStatus(Conforming):
    """An error type a status, and nothing in place of a code that the service did not send."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        outcome = super().failure(call, answer)
        assert outcome.error is not None
        name = {401: "Unauthorized", 404: "NotFound", 409: "Conflict"}.get(answer.status, "Service")
        return replace(outcome, error=replace(outcome.error, type=f"Graph{name}Error"))


@quirky(varies_in=TEXT_TESTS)
class AddsACallIdToMessages(Conforming):
    """A message names its call, and the id of the header field is reported."""

    def message(self, answer: Answer) -> str | None:
        message = super().message(answer)
        return f"{uuid.uuid4()}: {message}" if message is not None else None

    def request_id(self, answer: Answer) -> str | None:
        return answer.fields.get("request-id")


@quirky(varies_in=TEXT_TESTS)
class InnerRequestIdOnly(Conforming):
    """The id in the content of the error is reported, and nothing if the content has no id."""

    def request_id(self, answer: Answer) -> str | None:
        id = super().request_id(answer)
        return id if f'"{id}"'.encode() in answer.content else None


@quirky(shown_by=["test_retryable_error", "test_persistent_throttling"])
class RetriesUntilItsTimeout(Conforming):
    """As long as it is throttled it tries again, and then tells that its time was up, and no status."""

    def persist(self, call: Call) -> Answer:
        until = time.monotonic() + call.timeout
        answer = self.exchange(call)
        while (wait := self.wait(call, answer)) is not None:
            left = until - time.monotonic()
            time.sleep(max(0.0, min(left, max(wait, 0.5))))
            if time.monotonic() >= until:
                raise TimeoutError("still throttled when the time was up")
            answer = self.exchange(replace(call, timeout=max(0.001, until - time.monotonic())))
        return answer


@quirky("input.opaque-id", varies_in=["test_request", "test_control_characters"])
class AcceptsGuidsOnly(Conforming):
    """Ids are GUIDs to it, and all others are refused before anything is sent."""

    def refusal(self, call: Call) -> str | None:
        try:
            uuid.UUID(call.task_id)
        except ValueError:
            return "no GUID"
        return super().refusal(call)


@quirky()
class CapsTheHead(ReadsFieldLines):
    """Accepts 100 fields and a head of 16 KiB, the least of common stacks."""

    def amend(self, answer: Answer, lines: list[bytes]) -> None:
        if len(lines) > 101 or sum(map(len, lines)) > 16 << 10:
            raise BadAnswer("the head is too large")


@quirky(varies_in=["test_error_representations", "test_encoded_error"])
class RequestsDeflate(Conforming):
    """Requests deflate and gzip in capitals, decodes both, and accepts deflate without zlib's wrapper."""

    def fields(self, call: Call) -> Fields:
        others = [each for each in super().fields(call) if each[0] != "Accept-Encoding"]
        return [*others, ("Accept-Encoding", "DEFLATE, GZIP;q=0.5, br;q=0")]

    def decode(self, answer: Answer, content: bytes) -> bytes:
        if answer.fields.get("content-encoding", "").lower() != "deflate":
            return super().decode(answer, content)
        try:
            return zlib.decompress(content)
        except zlib.error:
            return zlib.decompress(content, -15)


@quirky(shown_by=["test_valid_error_objects", "test_malformed_errors"])
class ReportsTheResultOfAnEnvelope(Conforming):
    """Reads the envelope of another service for the text of an error, whose status decides all the same."""

    def message(self, answer: Answer) -> str | None:
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            return None
        result = document.get("result") if isinstance(document, dict) else None
        return result if isinstance(result, str) else super().message(answer)
