"""Faulty clients: error.request-id."""

from __future__ import annotations

import uuid

from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.error_texts import ChangesTexts, inner, innermost, text
from tests.sample_clients.bases.shown_by import TEXT_TESTS
from tests.sample_clients.registry import faulty


@faulty("error.request-id", shown_by=TEXT_TESTS)
class NoRequestId(Conforming):
    """A type of error from before anyone asked for support."""

    def request_id(self, answer: Answer) -> str | None:
        return None


@faulty("error.request-id", shown_by=TEXT_TESTS)
class ClientRequestIdInstead(Conforming):
    """client-request-id and request-id are two fields, and this is the wrong one."""

    def request_id(self, answer: Answer) -> str | None:
        return answer.fields.get("client-request-id")


@faulty("error.request-id", shown_by=TEXT_TESTS)
class InventsARequestId(Conforming):
    """An id of the client's own log, which Graph's support has never heard of."""

    def request_id(self, answer: Answer) -> str | None:
        return str(uuid.uuid4())


@faulty("error.request-id", rare=True, shown_by=TEXT_TESTS)
class ReadsInnerErrorInCamelCaseOnly(Conforming):
    """`innerError`, as the page of errors has it; half of Graph answers `innererror`."""

    def request_id(self, answer: Answer) -> str | None:
        found = self.error(answer).get("innerError")
        return text(found.get("request-id")) if isinstance(found, dict) else None


@faulty("error.request-id", shown_by=TEXT_TESTS)
class ReadsInnerErrorInLowerCaseOnly(Conforming):
    """`innererror`, as OData has it; half of Graph answers `innerError`."""

    def request_id(self, answer: Answer) -> str | None:
        found = self.error(answer).get("innererror")
        return text(found.get("request-id")) if isinstance(found, dict) else None


@faulty("error.request-id", shown_by=TEXT_TESTS)
class ReadsRequestIdInCamelCase(Conforming):
    """A naming policy of the serializer: `requestId`, which is never there."""

    def request_id(self, answer: Answer) -> str | None:
        return text(inner(self.error(answer)).get("requestId"))


@faulty("error.request-id", rare=True, shown_by=TEXT_TESTS)
class ReadsTheInnermostErrorOnly(Conforming):
    """Walks to the innermost error, which has a code and no id."""

    def request_id(self, answer: Answer) -> str | None:
        return text(innermost(self.error(answer)).get("request-id"))


@faulty("error.request-id", shown_by=TEXT_TESTS)
class ReadsTheInnerClientRequestId(Conforming):
    """The inner error has two ids, and the first that ends in `request-id` is the client's own."""

    def request_id(self, answer: Answer) -> str | None:
        return text(inner(self.error(answer)).get("client-request-id")) or super().request_id(answer)


@faulty("error.request-id", rare=True, shown_by=TEXT_TESTS)
class NoRequestIdWithoutDate(Conforming):
    """Support asks for both, so there is no id without a date."""

    def request_id(self, answer: Answer) -> str | None:
        return super().request_id(answer) if "date" in inner(self.error(answer)) else None


@faulty("error.request-id", shown_by=TEXT_TESTS)
class RequestIdForServerErrorsOnly(Conforming):
    """Only what the server did wrong goes to its support."""

    def request_id(self, answer: Answer) -> str | None:
        return super().request_id(answer) if answer.status >= 500 else None


@faulty("error.request-id", shown_by=TEXT_TESTS)
class RequestIdInBraces(ChangesTexts):
    """A GUID is printed as its platform prints one."""

    def retold_request_id(self, request_id: str) -> str:
        return f"{{{request_id}}}" if request_id else ""


@faulty("error.request-id", shown_by=TEXT_TESTS)
class ShortensTheRequestId(ChangesTexts):
    """Eight digits are enough for people who know no support."""

    def retold_request_id(self, request_id: str) -> str:
        return request_id[:8]


@faulty("error.request-id", shown_by=TEXT_TESTS)
class CachesTheFirstRequestId(Conforming):
    """The id of the first error stands in a field of the client, and in every error after it."""

    def __init__(self) -> None:
        super().__init__()
        self.first: str | None = None

    def request_id(self, answer: Answer) -> str | None:
        self.first = self.first or super().request_id(answer)
        return self.first


@faulty("error.request-id", rare=True, shown_by=TEXT_TESTS)
class LowerCasesTheRequestId(Conforming):
    """A GUID is parsed and written anew, and has lower case then."""

    def request_id(self, answer: Answer) -> str | None:
        request_id = super().request_id(answer)
        return request_id and request_id.lower()
