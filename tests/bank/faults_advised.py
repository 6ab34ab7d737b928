"""Faults of a client that takes advice: from an answer's fields or phrase, from what an id looks like."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from graphcontract.exchange import Call, Outcome
from tests.bank.client import ROOT, Answer, BadAnswer, Conforming
from tests.bank.faults_second_thoughts import Rewriting
from tests.bank.registry import fault

# ids that look like something else


@fault("request.task-id", rare=True)
class ReplacesByPattern(Rewriting):
    """The id is put into the path by a replacement in which `$$` stands for one."""

    def rewritten(self, task_id: str) -> str:
        return task_id.replace("$$", "$")


@fault("request.task-id", rare=True)
class ExpandsVariables(Rewriting):
    """Settings are expanded, and an id is one of them."""

    def rewritten(self, task_id: str) -> str:
        return re.sub(r"\$\{?HOME\}?|^~(?=/)", "/home/user", task_id)


@fault("request.task-id", rare=True)
class DropsNoncharacters(Rewriting):
    """What XML cannot hold is left out."""

    def rewritten(self, task_id: str) -> str:
        return re.sub("[\ufffe\uffff]", "", task_id)


@fault("request.task-id", "request.path", rare=True)
class TrimsWhatIsMostlyDots(Conforming):
    """`.. ` is trimmed after it was looked at, and is a dot segment by then."""

    def path(self, call: Call) -> str:
        path, id = super().path(call), call.task_id
        return path.replace(quote(id, safe=""), id.strip()) if re.fullmatch(r" *\.+ *", id) else path


@fault("request.path", "request.task-id", rare=True)
class LeavesDotsOut(Conforming):
    """Any number of dots is taken for a dot segment."""

    def path(self, call: Call) -> str:
        path = super().path(call)
        return path.replace(f"/{self.encode(call.task_id)}/", "/") if set(call.task_id) == {"."} else path


@fault("request.path", rare=True)
class AppendsTheActionOnce(Conforming):
    """The action is appended where the address does not end with it."""

    def path(self, call: Call) -> str:
        path = super().path(call)
        return path.removesuffix("/cancel") if call.task_id == "cancel" else path


# tokens


@fault("request.once", rare=True)
class KnowsJwtAlone(Conforming):
    """A token of five parts is none that it knows."""

    def refusal(self, call: Call) -> str | None:
        return "no JWT" if call.token.count(".") == 4 else super().refusal(call)


@fault("request.authorization", rare=True)
class TakesTokensWithTheirScheme(Conforming):
    """A token that begins with `bearer` has its scheme already."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        if call.token.lower().startswith("bearer"):
            return [("Authorization", call.token)]
        return super().authorization(call)


@fault("request.authorization", rare=True)
class PadsAsBase64Does(Conforming):
    """There is no base64 with more than two signs of equality."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {re.sub('={3,}$', '==', call.token)}")]


@fault("request.authorization")
class TellsTheTokenInHexadecimal(Conforming):
    """What is sent for tracing is the token, so written that nobody sees it."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("x-trace", call.token.encode().hex())]


# waits


@fault("retry.after", rare=True, shown_by=["a leading zero"])
class ReadsNoLeadingZero(Conforming):
    """`02` is no number in its grammar, and a backoff of its own comes instead."""

    def seconds(self, value: str) -> float:
        return 0.3 if re.fullmatch(r"0\d+", value) else super().seconds(value)


@fault("retry.after", rare=True, shown_by=["a quota as well"])
class PrefersTheQuota(Conforming):
    """When the quota is renewed counts for more than what is asked."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        renewed = answer.fields.get("ratelimit-reset")
        return float(renewed) if renewed and self.repeats(answer) else super().wait(call, answer)


@fault("retry.after-malformed", rare=True, shown_by=["an ISO date"])
class MixesDatesWithAndWithoutZone(Conforming):
    """An ISO date is read as well, and taken from a time without a zone."""

    def seconds(self, value: str) -> float:
        try:
            moment = datetime.fromisoformat(value) if "T" in value else None
        except ValueError:
            moment = None
        if moment is not None:
            return (moment - datetime.now(UTC).replace(tzinfo=None)).total_seconds()
        return super().seconds(value)


# what a 204 says besides


@fault("response.no-content", "request.once", rare=True)
class DecodesNothing(Conforming):
    """No bytes are no gzip."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and answer.fields.get("content-encoding") == "gzip":
            return Outcome.failure(kind="transport", message="not a gzip file")
        return super().outcome(call, answer)


@fault("response.no-content", rare=True)
class TakesPartingForFailure(Conforming):
    """What is deprecated is reported to fail."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) and not {"deprecation", "warning"} & set(answer.fields)


@fault("request.once", "response.no-content", rare=True)
class PollsWhatIsLocated(Conforming):
    """A Location is where the work can be watched, whatever the status."""

    named = "location"

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        if answer.status == 204 and self.named in answer.fields:
            self.look(call, urlsplit(answer.fields[self.named]).path)
        return answer

    def look(self, call: Call, path: str) -> None:
        with self.connect(call) as connection:
            _, _, rest = self.head(call).partition(b"\r\n")
            connection.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\n" + rest)
            self.read(connection)


@fault("request.once", "response.no-content", rare=True)
class PollsTheOperation(PollsWhatIsLocated):
    """Azure's long-running operations are watched, and so is this."""

    named = "operation-location"


@fault("request.once", rare=True)
class RepeatsWhateverTellsAWait(Conforming):
    """A Retry-After asks for another try, after a success as well."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) or (answer.status == 204 and "retry-after" in answer.fields)


class Remembering(Conforming):
    """What the faults below have in common: an answer is remembered for the calls after it."""

    remembers = ""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()

    def persist(self, call: Call) -> Answer:
        root = urlsplit(call.base_url or ROOT).netloc
        if root in self.known:
            raise BadAnswer("nothing listens there")
        answer = super().persist(call)
        if self.remembers in answer.fields:
            self.known.add(root)
        return answer


@fault("request.once", "response.no-content", rare=True)
class ListensToHstsOverHttp(Remembering):
    """Strict-Transport-Security counts over http too, which RFC 6797, 8.1, forbids: what follows is https."""

    remembers = "strict-transport-security"


@fault("request.once", rare=True)
class GoesToTheAlternative(Remembering):
    """The next call goes to the alternative service, which nobody has vouched for."""

    remembers = "alt-svc"


# what an error advises


class Advised(Conforming):
    """What the faults below have in common: a refusal is answered with another request."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        """The request that a refusal asks for."""
        raise NotImplementedError

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        better = self.better(call, answer)
        if better is None:
            return answer
        with self.connect(call) as connection:
            connection.sendall(better)
            return self.read(connection)

    def signed(self, call: Call, field: str) -> bytes:
        return re.sub(rb"Authorization: [^\r]*", field.encode(), self.request(call))


@fault("request.authorization", rare=True)
class AnswersABasicChallenge(Advised):
    """The token is a password where one is asked for."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        if answer.status != 401 or "basic" not in answer.fields.get("www-authenticate", "").lower():
            return None
        pair = base64.b64encode(f"token:{call.token}".encode()).decode()
        return self.signed(call, f"Authorization: Basic {pair}")


@fault("request.authorization", rare=True)
class TriesWithoutCredentials(Advised):
    """A token that is refused is left out."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        if answer.status != 401 or answer.fields.get("www-authenticate") != "Negotiate":
            return None
        return self.signed(call, "x-anonymous: 1")


@fault("request.authorization", rare=True)
class GivesTheProxyTheToken(Advised):
    """A proxy that asks for credentials gets those that there are."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        if answer.status != 407:
            return None
        field = f"Authorization: Bearer {call.token}\r\nProxy-Authorization: Bearer {call.token}"
        return self.signed(call, field)


@fault("request.method", rare=True)
class TriesWhatIsAllowed(Advised):
    """After 405 the first method of Allow is tried."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        allowed = answer.fields.get("allow", "").partition(",")[0]
        if answer.status != 405 or not allowed:
            return None
        return self.request(call).replace(b"POST", allowed.encode(), 1)


@fault("request.body", rare=True)
class GivesAnEmptyObject(Advised):
    """Where a length is required there has to be content."""

    statuses = (411,)

    def better(self, call: Call, answer: Answer) -> bytes | None:
        if answer.status not in self.statuses:
            return None
        return self.request(call).replace(b"Content-Length: 0", b"Content-Length: 2") + b"{}"


@fault("request.body", rare=True)
class GivesWhatIsAccepted(GivesAnEmptyObject):
    """415 names a media type, and gets content of it."""

    statuses = (415,)


@fault("error.failure", rare=True)
class TrustsThePhrase(Conforming):
    """The reason phrase is what a person reads, so it must be right."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        heads: list[bytes] = []

        def listening() -> bytes:
            heads.append(line())
            return heads[-1]

        answer = super().read_head(listening)
        phrase = heads[0].split(b" ", 2)[-1].strip()
        return replace(answer, fields={**answer.fields, ":phrase": phrase.decode("latin-1")})

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.fields[":phrase"] in ("OK", "No Content")


@fault("error.failure", rare=True)
class TripsOverABareChallenge(Conforming):
    """A challenge is a scheme and its parameters."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if "www-authenticate" in answer.fields:
            _scheme, _parameters = answer.fields["www-authenticate"].split(" ", 1)
        return super().failure(call, answer)
