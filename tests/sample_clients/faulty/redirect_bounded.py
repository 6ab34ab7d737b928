"""Faulty clients: redirect.bounded."""

from __future__ import annotations

from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.following import Following
from tests.sample_clients.registry import faulty


@faulty("redirect.bounded", shown_by=["308 in a circle"])
class TooManyRedirectsAsSuccess(Following):
    """After five redirections it has done what it could, and the last answer was no error."""

    def exhausted(self, answer: Answer) -> Answer:
        return Answer(204, {}, b"")


@faulty("redirect.bounded", shown_by=["302 in a circle"])
class CrashesOnTooManyRedirects(Following):
    """TooManyRedirects of the HTTP library is none of the errors that the client translates."""

    def exhausted(self, answer: Answer) -> Answer:
        raise LookupError("exceeded 5 redirects")


@faulty("redirect.bounded", shown_by=["307 in a circle"])
class FollowsAHundredRedirects(Following):
    """A limit there is, and it is nearly one."""

    most = 100


@faulty("redirect.bounded", rare=True, shown_by=["303 in a circle"])
class NeverCounts303(Following):
    """303 is an answer, and not a redirection, to whoever counts them."""

    most = 60

    def follows(self, answer: Answer) -> bool:
        return answer.status == 303


@faulty("redirect.bounded", rare=True, shown_by=["308 without end"])
class StopsAtVisitedUrlsOnly(Following):
    """A circle is a place where it has been, and there is always another place."""

    most = 60

    def follows(self, answer: Answer) -> bool:
        known = answer.fields.get("location") in self.local.places
        self.local.places.add(answer.fields.get("location"))
        return super().follows(answer) and not known

    def exchange(self, call: Call) -> Answer:
        self.local.places = set()
        return super().exchange(call)


@faulty("redirect.bounded", rare=True, shown_by=["301 to and fro"])
class CountsRedirectsByOrigin(Following):
    """The count of redirections is the connection's, and each origin has another connection."""

    most = 60

    def follows(self, answer: Answer) -> bool:
        away = answer.fields.get("location", "").startswith("http") and self.moves(answer)
        return super().follows(answer) and away

    def moves(self, answer: Answer) -> bool:
        port = urlsplit(answer.fields["location"]).port
        moved, self.local.port = port != self.local.port, port
        return bool(moved)

    def exchange(self, call: Call) -> Answer:
        self.local.port = urlsplit(call.base_url or "").port
        return super().exchange(call)
