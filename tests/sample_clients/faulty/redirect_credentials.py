"""Faulty clients: redirect.credentials."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from urllib.parse import SplitResult

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.following_over_proxy import HOST_TESTS, FollowingOverProxy
from tests.sample_clients.registry import faulty


@faulty("redirect.credentials", "redirect.credentials-port")
class SendsTheTokenEverywhere(Following):
    """PreserveAuthorizationOnRedirect, --location-trusted: the fields of the request go wherever it goes."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return True


@faulty("redirect.credentials", "redirect.credentials-port")
class TokenAsCookieEverywhere(Following):
    """Authorization is dropped where it should be, but the token is a cookie as well, of no domain."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        return super().carried(call, here, there, answer) + f"Cookie: access_token={call.token}\r\n"


@faulty("redirect.credentials", "redirect.credentials-port")
class TokenInQueryElsewhere(Following):
    """The token goes into the URL where there can be no Authorization."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        if not self.trusts(here, there):
            there = there._replace(query=f"access_token={call.token}")
        return super().hop(call, here, there, method, answer)


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class TokenAsBasicPasswordElsewhere(Following):
    """Elsewhere it signs in as a user without a name, whose password is the token."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        coded = base64.b64encode(f":{call.token}".encode()).decode()
        return super().carried(call, here, there, answer) + f"X-Session: {coded}\r\n"


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class TrustsPermanentRedirects(Following):
    """308 says for good that the service is there now, and that is where its token belongs."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        return super().carried(call, here, here if answer.status == 308 else there, answer)


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class TrustsSeeOther(Following):
    """303 is followed by another code path, that of GET, where nobody compares hosts."""

    def follows(self, answer: Answer) -> bool:
        return answer.status == 303 and "location" in answer.fields

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET"

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return True

    def exhausted(self, answer: Answer) -> Answer:
        return answer


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class ChecksTheFirstHopOnly(Following):
    """Authorization is dropped where the first redirection leads away; the next ones are not looked at."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return self.local.hops > 1 or super().trusts(here, there)


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class TrustsEveryHttpsOrigin(Following):
    """Over TLS nobody can read the token, and so it goes wherever TLS goes."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return here.scheme == there.scheme == "https" or super().trusts(here, there)


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class TrustsSchemeRelativeUrls(Following):
    """A Location that begins with a slash is a path of the same host, were it not for that of two slashes."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        same = answer.fields["location"].startswith("/")
        return super().carried(call, here, here if same else there, answer)


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class TrustsUrlsWithUpperCaseScheme(Following):
    """A Location is absolute where it begins with http:// or https://, and else a place of the same host."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        absolute = re.match("https?://|//", answer.fields["location"])
        return super().carried(call, here, there if absolute else here, answer)


@faulty("redirect.credentials", rare=True)
class TrustsUrlsThatBeginWithTheRoot(Following):
    """`location.startswith(root)`: the root may also be the name of a user at another host."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        own = answer.fields["location"].startswith(f"{here.scheme}://{here.netloc}")
        return super().carried(call, here, here if own else there, answer)


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class SendsTheTokenOnChallenge(Following):
    """Authorization is dropped on the way, and added again for whoever answers 401."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        return super().carried(call, there if answer.status == 401 else here, there, answer)

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        there_answered = super().hop(call, here, there, method, answer)
        if there_answered.status != 401:
            return there_answered
        return super().hop(call, here, there, method, there_answered)


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class RemembersARedirectElsewhere(Following):
    """A permanent redirection is for good: the next call goes straight to the new place, token and all."""

    retries = 0

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[str | None, str] = {}

    def exchange(self, call: Call) -> Answer:
        return super().exchange(replace(call, base_url=self.moved.get(call.base_url, call.base_url)))

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        if answer.status in (301, 308):
            self.moved[call.base_url] = f"{there.scheme}://{there.netloc}/beta"
        return super().hop(call, here, there, method, answer)


@faulty("redirect.credentials")
class TrustsPlainHttpOfTheSameHost(Following):
    """Only the host is compared, and a plain http address of the same host is one."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        downgraded = here.scheme == "https" and there.scheme == "http" and here.hostname == there.hostname
        return downgraded or super().trusts(here, there)


class FollowsEveryLocation(Following):
    """Base class: a Location is followed for what it is, with the token."""

    statuses: tuple[int, ...] = ()

    def follows(self, answer: Answer) -> bool:
        return "location" in answer.fields and answer.status in self.statuses

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return True


LOCATION_TESTS = ["202 with a place elsewhere", "201 with a place elsewhere", "300 with a place elsewhere"]


@faulty("redirect.credentials", "secrets.token", rare=True, shown_by=LOCATION_TESTS)
class FollowsLocationOf201And202(FollowsEveryLocation):
    """The Location of a 201 or 202 is where its state can be read."""

    statuses = (201, 202)


@faulty("redirect.credentials", "secrets.token", rare=True, shown_by=LOCATION_TESTS)
class Follows300And305(FollowsEveryLocation):
    """300 is a redirection as others are."""

    statuses = (300, 305)


@faulty("redirect.credentials", rare=True, shown_by=["307 by way of here"])
class TrustsUrlsThatContainTheHost(Following):
    """A target is trusted that has the root's host in it, wherever."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return here.netloc in there.geturl()


@faulty("redirect.credentials", "redirect.credentials-port", rare=True)
class ComparesWithThePreviousHop(Following):
    """The token goes where the host is that of the request before: also to the second one elsewhere."""

    def exchange(self, call: Call) -> Answer:
        self.local.before = None
        return super().exchange(call)

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        before, self.local.before = self.local.before or here, there
        return (before.scheme, before.netloc) == (there.scheme, there.netloc)


@faulty("redirect.credentials", transport="proxy", shown_by=HOST_TESTS)
class TrustsHostsThatEndAlike(FollowingOverProxy):
    """`host.endswith("graph.microsoft.com")` holds for names with anything before it."""

    def same_host(self, here: str, there: str) -> bool:
        return there.endswith(here)


@faulty("redirect.credentials", transport="proxy", shown_by=HOST_TESTS)
class TrustsHostsThatBeginAlike(FollowingOverProxy):
    """`url.startswith("https://graph.microsoft.com")` holds without the slash for longer names."""

    def same_host(self, here: str, there: str) -> bool:
        return there.startswith(here)


@faulty("redirect.credentials", transport="proxy", shown_by=HOST_TESTS)
class TrustsTheSameDomain(FollowingOverProxy):
    """What has the same registrable domain is of the same site, as for cookies."""

    def same_host(self, here: str, there: str) -> bool:
        return here.split(".")[-2:] == there.split(".")[-2:]


@faulty("redirect.credentials", transport="proxy", rare=True, shown_by=HOST_TESTS)
class TrustsSubdomains(FollowingOverProxy):
    """A subdomain belongs to the host above it, as with the Domain of a cookie."""

    def same_host(self, here: str, there: str) -> bool:
        return there == here or there.endswith(f".{here}")


@faulty("redirect.credentials", "redirect.credentials-port")
class TrustsUrlsThatBeginWithTheRootsHost(Following):
    """`location.startswith("http://127.0.0.1")`: so does http://127.0.0.10, which is another host."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return there.geturl().startswith(f"{here.scheme}://{here.hostname}")


@faulty("redirect.credentials", "redirect.credentials-port", shown_by=["test_throttling_of_other_origin"])
class SendsTheTokenInARetryElsewhere(Following):
    """The handler of redirects removes the token, and that of retries, which is below, adds it again."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        self.local.retries = False
        made = super().hop(call, here, there, method, answer)
        wait = self.wait(call, made)
        if wait is None or wait > 1:
            return made
        self.pause(call, wait)
        self.local.retries = True
        return super().hop(call, here, there, method, answer)

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return self.local.retries or super().trusts(here, there)
