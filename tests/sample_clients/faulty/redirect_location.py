"""Faulty clients: redirect.location."""

from __future__ import annotations

import socket
from dataclasses import replace
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Answer
from tests.sample_clients.bases.following import Following
from tests.sample_clients.registry import faulty


@faulty("redirect.location")
class SendsTheRedirectedRequestAgain(Following):
    """The redirect is handled as a retry, of the request as it was."""

    def place(self, here: str, location: str) -> str:
        return here


@faulty("redirect.location")
class DropsTheQueryOfALocation(Following):
    """A URL is put together of scheme, host and path."""

    def place(self, here: str, location: str) -> str:
        return urlunsplit(urlsplit(urljoin(here, location))._replace(query=""))


@faulty("redirect.location", rare=True)
class ResolvesAQueryAtTheParentFolder(Following):
    """URI.resolve of Java goes by RFC 2396, where a query alone replaces the last segment."""

    def place(self, here: str, location: str) -> str:
        return urljoin(here, f"./{location}" if location.startswith("?") else location)


@faulty("redirect.location", rare=True)
class ResolvesLocationsAtTheRoot(Following):
    """`root + "/" + location`, for what has no host."""

    def place(self, here: str, location: str) -> str:
        has_host = "//" in location
        return urljoin(here, location if has_host else f"/{location.lstrip('/')}")


@faulty("redirect.location", rare=True)
class TakesTheHostOfALocationOnly(Following):
    """A service moves as a whole: the path is that of the operation."""

    def place(self, here: str, location: str) -> str:
        there = urlsplit(urljoin(here, location))
        return urlunsplit(there._replace(path=urlsplit(here).path))


@faulty("redirect.location")
class EncodesLocationsAgain(Following):
    """A Location is text, and text in a URL is percent-encoded."""

    def place(self, here: str, location: str) -> str:
        return urljoin(here, quote(location, safe=":/?#[]@!$&'()*+,;="))


@faulty("redirect.location", rare=True)
class DecodesLocations(Following):
    """The path that a framework hands out is decoded, and so is that of a Location."""

    def place(self, here: str, location: str) -> str:
        there = urlsplit(urljoin(here, location))
        return urlunsplit(there._replace(path=unquote(there.path)))


@faulty("redirect.location", rare=True)
class LowerCasesLocations(Following):
    """Host names have no letter case, and the whole URL is brought into theirs."""

    def place(self, here: str, location: str) -> str:
        return urljoin(here, location.lower())


@faulty("redirect.location", rare=True)
class ReadsThePlusOfALocationAsASpace(Following):
    """The query is parsed as a form's and written anew, with %20."""

    def place(self, here: str, location: str) -> str:
        return urljoin(here, location.replace("%2B", "%20"))


@faulty("redirect.location", rare=True, shown_by=["307, with a fragment"])
class SendsTheFragmentOfALocation(Following):
    """The target is what follows the host, up to the end."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        query = there.query + (f"#{there.fragment}" if there.fragment else "")
        return super().hop(call, here, there._replace(query=query), method, answer)


@faulty("redirect.location", shown_by=["test_second_redirect_location"])
class ResolvesLocationsAtTheFirstUrl(Following):
    """The base of a relative Location is the URL of the call, which is another after one redirect."""

    def exchange(self, call: Call) -> Answer:
        self.local.first = (call.base_url or ROOT) + self.path(call)
        return super().exchange(call)

    def place(self, here: str, location: str) -> str:
        return urljoin(str(self.local.first), location)


_TO_OTHERS = ("test_followed_to_other_server",)


@faulty("redirect.location", shown_by=_TO_OTHERS)
class FollowsOnTheFirstConnection(Following):
    """A call has one connection, and the host of the Location only goes into Host."""

    def exchange(self, call: Call) -> Answer:
        self.local.root = call.base_url
        return super().exchange(call)

    def connect(self, call: Call) -> socket.socket:
        return super().connect(replace(call, base_url=self.local.root))


@faulty("redirect.location", shown_by=_TO_OTHERS)
class FollowsThePathOfALocationOnly(Following):
    """The service root is configured, so that only the path and the query of a Location count."""

    def place(self, here: str, location: str) -> str:
        there, root = urlsplit(urljoin(here, location)), urlsplit(here)
        return urlunsplit(there._replace(scheme=root.scheme, netloc=root.netloc))


@faulty("redirect.location", shown_by=_TO_OTHERS)
class TakesOnlyTheHostNameOfALocation(Following):
    """The port is that of the service root, as it is read from the configuration for each connection."""

    def place(self, here: str, location: str) -> str:
        there = urlsplit(urljoin(here, location))
        return urlunsplit(there._replace(netloc=f"{there.hostname}:{urlsplit(here).port}"))
