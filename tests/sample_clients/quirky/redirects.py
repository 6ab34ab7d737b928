"""Quirky clients: redirects."""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import replace
from urllib.parse import SplitResult, quote

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.following_over_proxy import HOST_TESTS, FollowingOverProxy
from tests.sample_clients.registry import quirky

REDIRECT_TESTS = (
    "test_redirect",
    "test_redirect_to_other_origin",
    "test_followed_to_other_server",
    "test_second_redirect_to_other_origin",
    "test_challenge_of_other_origin",
    "test_call_after_redirect_to_other_origin",
    "test_redirect_from_https",
    "test_redirect_to_itself",
    "test_endless_redirects",
    "test_redirects_between_two_origins",
    "test_redirect_without_usable_location",
)


@quirky(shown_by=REDIRECT_TESTS)
class FollowsRedirectsAsPost(Following):
    """Follows all that may be followed as POST, and takes its token to no other origin."""


@quirky(shown_by=REDIRECT_TESTS)
class FollowsRedirectsWithoutToken(Following):
    """No redirection gets the token, not even one to the same host."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return False


@quirky(shown_by=REDIRECT_TESTS)
class UserInfoOfALocationAsCredentials(Following):
    """What a Location names before its @ becomes Basic credentials there, as in aiohttp: none are its own."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        if self.trusts(here, there) or "@" not in there.netloc:
            return super().carried(call, here, there, answer)
        user = b64encode(there.netloc.rpartition("@")[0].encode()).decode()
        return f"Authorization: Basic {user}\r\n"


@quirky(shown_by=REDIRECT_TESTS)
class FollowsWithinTheOrigin(Following):
    """Other origins are none of its business: such a redirection is a failure."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        if not self.trusts(here, there):
            raise BadAnswer("moved to another origin")
        return super().hop(call, here, there, method, answer)


@quirky(shown_by=REDIRECT_TESTS)
class Follows303AsGetAndFails(Following):
    """Follows 303 as GET, as it is asked to, and reports that nothing was canceled there."""

    def follows(self, answer: Answer) -> bool:
        return answer.status == 303 and "location" in answer.fields

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET"

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        super().hop(call, here, there, method, answer)
        raise BadAnswer("see other")

    def exhausted(self, answer: Answer) -> Answer:
        return answer


@quirky(shown_by=REDIRECT_TESTS)
class FollowsAsGetAndFails(Following):
    """A library under it follows as GET, and it knows that this has canceled nothing."""

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET"

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        super().hop(call, here, there, method, answer)
        return replace(answer, fields={})


@quirky(shown_by=REDIRECT_TESTS)
class FollowsFiftyRedirects(Following):
    """A generous limit."""

    most = 50


@quirky(shown_by=REDIRECT_TESTS)
class RefusesRedirects(Conforming):
    """The documented error for every 3xx, with no status in it."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if 300 <= answer.status < 400:
            return Outcome.failure(kind="transport", type="RedirectError", message="redirected")
        return super().outcome(call, answer)


@quirky(shown_by=("test_redirect_location", *REDIRECT_TESTS))
class SpellsLocationsInItsOwnWay(Following):
    """Percent-encodings in lower case, a letter in one of them, and no dot segments."""

    def place(self, here: str, location: str) -> str:
        return super().place(here, location).replace("%2F", "%2f").replace("?Step", "?%53tep")


@quirky(shown_by=("test_redirect_location", *REDIRECT_TESTS))
class FollowsLocationsWithAPathOnly(Following):
    """A relative Location is a failure, as in RFC 2616, and so is one with a query alone."""

    def place(self, here: str, location: str) -> str:
        if "//" not in location and not location.startswith("/"):
            raise BadAnswer("a relative Location")
        return super().place(here, location)


UNUSABLE_LOCATION_TESTS = ("test_redirect_without_usable_location", "test_redirect_to_itself")


@quirky(shown_by=UNUSABLE_LOCATION_TESTS)
class RepeatsWhatItCannotFollow(Following):
    """A request whose redirect leads nowhere is sent again, three times and with a pause, and then fails."""

    most = 3

    def stranded(self, here: str, location: str) -> str:
        time.sleep(0.005)
        return here


@quirky(shown_by=UNUSABLE_LOCATION_TESTS)
class TakesAnUnusableLocationForItsOwnUrl(Following):
    """What leads nowhere else is followed to where it is, as often as other redirects."""

    most = 50

    def stranded(self, here: str, location: str) -> str:
        return here


@quirky(shown_by=UNUSABLE_LOCATION_TESTS)
class RepairsLocations(Following):
    """Percent-encodes what a URL cannot have, and takes the part without a scheme for a path."""

    def place(self, here: str, location: str) -> str:
        encoded = quote(location.encode("latin-1"), safe="%:/?#[]@!$&'()*+,;=")
        return super().place(here, encoded)

    def stranded(self, here: str, location: str) -> str:
        return super().place(here, "/" + quote(location, safe=""))


@quirky(shown_by=UNUSABLE_LOCATION_TESTS)
class TakesAnEmptyLocationForNone(Following):
    """An empty field is a missing one, and a redirect without Location is a failure."""

    def follows(self, answer: Answer) -> bool:
        return super().follows(answer) and answer.fields["location"] != ""


@quirky(transport="proxy", shown_by=HOST_TESTS)
class ComparesAbsoluteHostNames(FollowingOverProxy):
    """Host names have no letter case, and one with a dot at its end is the same host."""

    def same_host(self, here: str, there: str) -> bool:
        return here.rstrip(".").lower() == there.rstrip(".").lower()

    def server_name(self, host: str) -> str | None:
        return host.rstrip(".")


@quirky(transport="proxy", shown_by=HOST_TESTS)
class ComparesAuthoritiesAsText(FollowingOverProxy):
    """Another spelling of the same host is another one, and gets a request without the token."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return here.netloc == there.netloc

    def server_name(self, host: str) -> str | None:
        return host.rstrip(".")


@quirky(shown_by=("test_later_redirect", *REDIRECT_TESTS))
class NeedsWholeLocations(Following):
    """Cannot resolve a relative Location, and reports that as another error than a redirect without one."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        if not answer.fields.get("location", "").startswith("http"):
            raise BadAnswer("not a whole URL")
        return super().hop(call, here, there, method, answer)
