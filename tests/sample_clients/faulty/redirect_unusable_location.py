"""Faulty clients: redirect.unusable-location."""

from __future__ import annotations

import time
from urllib.parse import urljoin, urlsplit

from tests.sample_clients.bases.following import Following
from tests.sample_clients.registry import faulty


@faulty("redirect.unusable-location")
class RepeatsWithoutEndWhatItCannotFollow(Following):
    """A redirect without a new URL changes nothing about the request, and nobody counts these."""

    most = 100

    def stranded(self, here: str, location: str) -> str:
        return here


@faulty("redirect.unusable-location", rare=True)
class NeverCountsOtherSchemes(Following):
    """The redirects of http are counted, and what has another scheme is sent again to the same URL."""

    most = 100

    def place(self, here: str, location: str) -> str:
        self.local.other = urlsplit(location).scheme not in ("", "http", "https")
        return here if self.local.other else super().place(here, location)

    def usable(self, url: str) -> bool:
        return super().usable(url) and (self.local.other or self.local.hops <= 5)


@faulty("redirect.unusable-location")
class TakesEveryLocationForAUrl(Following):
    """A Location is a URL, and what the parser raises for others was never seen."""

    def destination(self, here: str, location: str) -> str:
        _port = urlsplit(urljoin(here, location)).port
        return super().destination(here, location)


@faulty("redirect.unusable-location")
class LooksUpTheSchemeOfALocation(Following):
    """A table has the port of each scheme that it speaks, and raises KeyError for others."""

    def usable(self, url: str) -> bool:
        port = {"http": 80, "https": 443}[urlsplit(url).scheme]
        return super().usable(url) and port > 0


@faulty("redirect.unusable-location", rare=True)
class DecodesLocationsAsUtf8(Following):
    """A header is in UTF-8, or UnicodeDecodeError is raised."""

    def destination(self, here: str, location: str) -> str:
        return super().destination(here, location.encode("latin-1").decode())


@faulty("redirect.unusable-location", rare=True)
class EncodesLocationsAsAscii(Following):
    """The head of the next request is encoded as ASCII, before the URL is looked at."""

    def destination(self, here: str, location: str) -> str:
        return super().destination(here, location.encode("ascii").decode())


@faulty("redirect.unusable-location", rare=True)
class RaisesForControlCharacters(Following):
    """A check against line ends in what is sent raises an error of its own, for any control character."""

    def place(self, here: str, location: str) -> str:
        if any(character < " " for character in location):
            raise LookupError("a control character in a URL")
        return super().place(here, location)


@faulty("redirect.unusable-location", rare=True, shown_by=["test_redirect_without_usable_location"])
class HandsOtherSchemesToAnotherProgram(Following):
    """Another program is started for a scheme that is not HTTP's, and the call waits until it ends."""

    def stranded(self, here: str, location: str) -> str:
        if location.startswith("x-"):
            time.sleep(60)
        return super().stranded(here, location)
