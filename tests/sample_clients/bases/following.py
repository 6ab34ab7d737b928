"""A conforming client that follows redirections, in overridable steps."""

from __future__ import annotations

import threading
from dataclasses import replace
from urllib.parse import SplitResult, urljoin, urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Answer, BadAnswer, Conforming


class Following(Conforming):
    """Meets every clause: follows up to five redirections but no 303, with the same method, and takes the
    token to no other origin.
    """

    most = 5

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()
        """What a call keeps for itself: `hops` is the number of the redirection that is being followed."""

    def follows(self, answer: Answer) -> bool:
        return answer.status in (301, 302, 307, 308) and "location" in answer.fields

    def method_after(self, answer: Answer, method: str) -> str:
        """The method of the request that follows an answer."""
        return method

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        """Whether what was for one place may go to the other."""
        return (here.scheme, here.netloc) == (there.scheme, there.netloc)

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        """The field lines that only some places get, each with its end."""
        return f"Authorization: Bearer {call.token}\r\n" if self.trusts(here, there) else ""

    def place(self, here: str, location: str) -> str:
        """The absolute target of a Location."""
        return urljoin(here, location)

    def destination(self, here: str, location: str) -> str:
        """The URL of the request that follows a Location."""
        try:
            url = self.place(here, location)
            if self.usable(url):
                return url
        except ValueError:
            pass
        return self.stranded(here, location)

    def usable(self, url: str) -> bool:
        """Whether a request can be sent to a URL; ValueError if it cannot be read."""
        parts = urlsplit(url)
        plain = url.isascii() and url.isprintable() and " " not in url
        return plain and parts.scheme in ("http", "https") and parts.port != 0

    def stranded(self, here: str, location: str) -> str:
        """The URL of the request that follows a Location that cannot be followed."""
        raise BadAnswer("the Location cannot be followed")

    def exhausted(self, answer: Answer) -> Answer:
        """What comes of more redirections than are followed."""
        raise BadAnswer("too many redirections")

    def exchange(self, call: Call) -> Answer:
        first = (call.base_url or ROOT) + self.path(call)
        answer, url, method = super().exchange(call), first, self.method(call)
        for hops in range(1, self.most + 1):
            self.local.hops = hops
            if not self.follows(answer):
                return answer
            method, url = self.method_after(answer, method), self.destination(url, answer.fields["location"])
            answer = self.hop(call, urlsplit(first), urlsplit(url), method, answer)
        return self.exhausted(answer) if self.follows(answer) else answer

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        """Follow one redirection."""
        target = there.path + (f"?{there.query}" if there.query else "")
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: {there.netloc.rpartition('@')[2]}\r\nContent-Length: 0\r\n"
        )
        with self.connect(replace(call, base_url=f"{there.scheme}://{there.netloc}")) as connection:
            connection.sendall(f"{head}{self.carried(call, here, there, answer)}\r\n".encode())
            return self.read(connection)
