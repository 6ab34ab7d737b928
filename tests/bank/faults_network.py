"""The faults of following redirections; what breaks is a module of its own, and importing this one registers
them all.
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from graphcontract.exchange import Call
from tests.bank import faults_broken, faults_tls
from tests.bank.client import Answer
from tests.bank.following import Following
from tests.bank.registry import fault

__all__ = ["faults_broken", "faults_tls"]
PORT = "redirect.credentials-port"


# credentials


@fault("redirect.credentials", PORT)
class TakesItsTokenAlong(Following):
    """PreserveAuthorizationOnRedirect, --location-trusted: the fields of the request go wherever it goes."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return True


@fault("redirect.credentials", PORT)
class BringsItAsACookie(Following):
    """Authorization is dropped where it should be, but the token is a cookie as well, of no domain."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        return super().carried(call, here, there, answer) + f"Cookie: access_token={call.token}\r\n"


@fault("redirect.credentials", PORT)
class BringsItInTheQuery(Following):
    """The token goes into the URL where there can be no Authorization."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        if not self.trusts(here, there):
            there = there._replace(query=f"access_token={call.token}")
        return super().hop(call, here, there, method, answer)


@fault("redirect.credentials", PORT, rare=True)
class BringsItCoded(Following):
    """Elsewhere it signs in as a user without a name, whose password is the token."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        coded = base64.b64encode(f":{call.token}".encode()).decode()
        return super().carried(call, here, there, answer) + f"X-Session: {coded}\r\n"


@fault("redirect.credentials", PORT, rare=True)
class TrustsPermanentMoves(Following):
    """308 says for good that the service is there now, and that is where its token belongs."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        return super().carried(call, here, here if answer.status == 308 else there, answer)


@fault("redirect.credentials", PORT, rare=True)
class TrustsWhatItIsToSee(Following):
    """303 is followed by another code path, that of GET, where nobody compares hosts."""

    def follows(self, answer: Answer) -> bool:
        return answer.status == 303 and "location" in answer.fields

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET"

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return True

    def exhausted(self, answer: Answer) -> Answer:
        return answer


@fault("redirect.credentials", PORT, rare=True)
class ChecksTheFirstHopAlone(Following):
    """Authorization is dropped where the first redirection leads away; the next ones are not looked at."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return self.local.hops > 1 or super().trusts(here, there)


@fault("redirect.credentials", PORT, rare=True)
class TrustsEveryHttps(Following):
    """Over TLS nobody can read the token, and so it goes wherever TLS goes."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return here.scheme == there.scheme == "https" or super().trusts(here, there)


@fault("redirect.credentials", "redirect.credentials-port", rare=True)
class TakesASlashForItsHost(Following):
    """A Location that begins with a slash is a path of the same host, were it not for that of two slashes."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        same = answer.fields["location"].startswith("/")
        return super().carried(call, here, here if same else there, answer)


@fault("redirect.credentials", "redirect.credentials-port", rare=True)
class KnowsSchemesInLowerCase(Following):
    """A Location is absolute where it begins with http:// or https://, and else a place of the same host."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        absolute = re.match("https?://|//", answer.fields["location"])
        return super().carried(call, here, there if absolute else here, answer)


@fault("redirect.credentials", rare=True)
class LooksForItsRootInFront(Following):
    """`location.startswith(root)`: the root may also be the name of a user at another host."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        own = answer.fields["location"].startswith(f"{here.scheme}://{here.netloc}")
        return super().carried(call, here, here if own else there, answer)


@fault("redirect.credentials", PORT, rare=True)
class AuthorizesWhereItIsAsked(Following):
    """Authorization is dropped on the way, and added again for whoever answers 401."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        return super().carried(call, there if answer.status == 401 else here, there, answer)

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        there_answered = super().hop(call, here, there, method, answer)
        if there_answered.status != 401:
            return there_answered
        return super().hop(call, here, there, method, there_answered)


@fault("redirect.credentials", PORT, rare=True)
class RemembersWhereItMoved(Following):
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


@fault("redirect.credentials")
class IgnoresTheScheme(Following):
    """Only the host is compared, and a plain http address of the same host is one."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        downgraded = here.scheme == "https" and there.scheme == "http" and here.hostname == there.hostname
        return downgraded or super().trusts(here, there)


@fault(PORT)
class ComparesHostsAlone(Following):
    """The design of Microsoft's SDKs: scheme and host are compared, the port is not."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return (here.scheme, here.hostname) == (there.scheme, there.hostname)


@fault(PORT)
class KeepsCookiesByHost(Following):
    """The token is a cookie of the host, and cookies know no port (RFC 6265, 8.5)."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        own = (here.scheme, here.hostname) == (there.scheme, there.hostname)
        cookie = f"Cookie: session={call.token}\r\n" if own else ""
        return super().carried(call, here, there, answer) + cookie


@fault(PORT, rare=True)
class TrustsItsHostForGood(Following):
    """A host that has moved for good, 301 or 308, has moved to another port of its own."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        same = (here.scheme, here.hostname) == (there.scheme, there.hostname)
        own = same and answer.status in (301, 308)
        return super().carried(call, here, here if own else there, answer)


# the method


class Rewriting(Following):
    """What the faults below have in common: after some answers the method is GET."""

    def rewrites(self, answer: Answer) -> bool:
        raise NotImplementedError

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET" if self.rewrites(answer) else method


@fault("redirect.method")
class ReadsWhatWasFound(Rewriting):
    """301 and 302 are followed with GET, as browsers have it, and its 200 or 204 is success."""

    def rewrites(self, answer: Answer) -> bool:
        return answer.status in (301, 302)


@fault("redirect.method")
class ReadsWhateverMoved(Rewriting):
    """A library that has read up to 303: every redirection is followed with GET."""

    def rewrites(self, answer: Answer) -> bool:
        return True


@fault("redirect.method", rare=True)
class TakesPermanentForMoved(Rewriting):
    """308 came later, and is treated as 301 has always been."""

    def rewrites(self, answer: Answer) -> bool:
        return answer.status == 308


@fault("redirect.method", rare=True)
class TakesTemporaryForFound(Rewriting):
    """307 is HTTP/1.1's name for 302."""

    def rewrites(self, answer: Answer) -> bool:
        return answer.status == 307


@fault("redirect.method", rare=True)
class LooksBeforeItPosts(Following):
    """HEAD first, to see whether the new place is there, and that is where it ends."""

    def method_after(self, answer: Answer, method: str) -> str:
        return "HEAD" if answer.status == 301 else method


@fault("redirect.method", rare=True)
class ReadsAtARelativePlace(Rewriting):
    """A relative Location is resolved by a helper of its own, which makes requests of URLs."""

    def rewrites(self, answer: Answer) -> bool:
        return answer.fields["location"].startswith("/") and not answer.fields["location"].startswith("//")


@fault("redirect.method", rare=True)
class ReadsElsewhere(Following):
    """To another origin goes nothing that changes anything, for safety."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        return super().hop(call, here, there, method if self.trusts(here, there) else "GET", answer)


@fault("redirect.method", rare=True)
class ReadsAfterTheFirstHop(Rewriting):
    """The second hop is made of the first one's answer, which does not remember its method."""

    def rewrites(self, answer: Answer) -> bool:
        return bool(self.local.hops > 1)


# circles


@fault("redirect.bounded", shown_by=["308 in a circle"])
class ArrivesInTheEnd(Following):
    """After five redirections it has done what it could, and the last answer was no error."""

    def exhausted(self, answer: Answer) -> Answer:
        return Answer(204, {}, b"")


@fault("response.redirection", shown_by=["307 in a circle"])
class IsThereAlready(Following):
    """A Location that is the request's own URL says that there is nothing more to do."""

    def place(self, here: str, location: str) -> str:
        self.local.arrived = here == super().place(here, location)
        return super().place(here, location)

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        return Answer(204, {}, b"") if self.local.arrived else super().hop(call, here, there, method, answer)


@fault("redirect.bounded", shown_by=["302 in a circle"])
class TellsOfACircleItsOwnWay(Following):
    """TooManyRedirects of the HTTP library is none of the errors that the client translates."""

    def exhausted(self, answer: Answer) -> Answer:
        raise LookupError("exceeded 5 redirects")


@fault("redirect.bounded", shown_by=["307 in a circle"])
class FollowsAHundred(Following):
    """A limit there is, and it is nearly one."""

    most = 100


@fault("redirect.bounded", rare=True, shown_by=["303 in a circle"])
class CountsNoSeeOther(Following):
    """303 is an answer, and not a redirection, to whoever counts them."""

    most = 60

    def follows(self, answer: Answer) -> bool:
        return answer.status == 303


@fault("redirect.bounded", rare=True, shown_by=["308 without end"])
class RemembersPlaces(Following):
    """A circle is a place where it has been, and there is always another place."""

    most = 60

    def follows(self, answer: Answer) -> bool:
        known = answer.fields.get("location") in self.local.places
        self.local.places.add(answer.fields.get("location"))
        return super().follows(answer) and not known

    def exchange(self, call: Call) -> Answer:
        self.local.places = set()
        return super().exchange(call)


@fault("redirect.bounded", rare=True, shown_by=["301 to and fro"])
class CountsByOrigin(Following):
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
