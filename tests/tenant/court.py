"""Whether a tenant keeps the service clauses, by plain requests: what falls short, and where it shows.

It stands apart from the verdict functions, so that neither hides what the other overlooks.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections import Counter
from collections.abc import Iterator

import httpx

from graphcontract.tenant.forged_tokens import forge_tokens
from graphcontract.tenant.overrides import Overrides
from graphcontract.tenant.responses import STRAY
from graphcontract.tenant.tasks import Status
from tests.tenant import ORIGIN, TASKS, Asking, delegated_claims, personal_claims

Sighting = tuple[str, str]
EXPECTED = {"started": 409, "permission": 403, "unknown": 404, "method": 405}


class Court:
    """One tenant with these overrides, asked everything once."""

    def __init__(self, overrides: Overrides | None = None) -> None:
        self.ask = Asking(overrides)
        directory = self.ask.tenant.directory
        self.delegated = directory.sign(delegated_claims(directory, "privileged"))
        self.lesser = {
            "reader": directory.token("reader"),
            "unprivileged": directory.token("unprivileged"),
            "delegated": directory.sign(delegated_claims(directory, "reader")),
            "personal": directory.sign(personal_claims(directory, "privileged")),
        }
        self.forged = forge_tokens(directory)

    def sightings(self) -> set[Sighting]:
        """Every clause that falls short, with a word on where."""
        found = {
            *self.cancels("first"),
            *self.cancels("second"),
            *self.cancels("delegated", self.delegated),
            *self.refusals(),
        }
        ids = Counter(answer.headers.get("request-id") for answer in self.ask.seen)
        for answer in self.ask.seen:
            found |= set(shape(answer))
            if (id := answer.headers.get("request-id")) and ids[id] > 1 and "age" not in answer.headers:
                found.add(("service.request-id", f"{answer.status_code}: repeated"))
        return found

    def cancels(self, which: str, token: str = "privileged") -> Iterator[Sighting]:
        ended = self.ask.task(f"{which}-ended", Status.COMPLETED)
        bystander, id = self.ask.task(f"{which}-bystander"), self.ask.task(which)
        answer = self.ask.cancel(id, token)
        if wait := answer.headers.get("Retry-After"):
            self.ask.clock.advance(int(wait) if wait.isdecimal() else 2)
            answer = self.ask.cancel(id, token)
        if answer.status_code != 204:
            moved = "" if answer.is_success or self.ask.status(id) == "notStarted" else ", with effect"
            yield "service.cancel", f"{which}: {answer.status_code}{moved}"
        if STRAY in answer.headers:
            yield "service.cancel", f"{which}: stray bytes"
        if answer.is_success:
            self.ask.clock.advance(30)
            shown = {self.ask.status(id), self.ask.status(id)} - {"cancelled"}
            yield from (("service.effect", f"{which}: {status}") for status in shown)
            yield from () if shown else self.listed(which, id)
        if self.ask.status(bystander) != "notStarted":
            yield "service.effect", f"{which}: bystander"
        if self.ask.status(ended) != "completed":
            yield "service.effect", f"{which}: ended"
        self.ask.cancel(id, token)

    def listed(self, which: str, id: str) -> Iterator[Sighting]:
        """The entries of a cancelled task in the list, where it can be read."""
        found, path = [], f"{TASKS}?$top=100"
        while path:
            answer = self.ask("GET", path)
            if answer.status_code != 200:
                return
            page = answer.json()
            found += [task["status"] for task in page["value"] if task["id"] == id]
            path = page.get("@odata.nextLink", "").replace(f"{ORIGIN}", "")
        if found != ["cancelled"]:
            yield "service.list", f"{which}: {' '.join(found) or 'nothing'}"

    def refusals(self) -> Iterator[Sighting]:
        yield from self.started()
        yield from self.unauthenticated()
        yield from self.without_permission()
        yield from self.no_task()
        yield from self.methods()

    def started(self) -> Iterator[Sighting]:
        for status in (Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED):
            id = self.ask.task(f"started-{status}", status)
            answer = self.ask.cancel(id)
            if answer.is_success:
                yield "service.precondition", f"{status}: {answer.status_code}"
            if (now := self.ask.status(id)) != status:
                yield "service.precondition", f"{status}: {now}"
            yield from refusal_status("started", answer)

    def unauthenticated(self) -> Iterator[Sighting]:
        for name, token in {"no-token": None, **self.forged}.items():
            yield from self.harmless("service.authentication", name, token, {401})
        id = self.ask.task("read")
        for what, path in (("read", f"{TASKS}/{id}"), ("list", TASKS)):
            self.ask("GET", path)
            for name, token in {"no-token": None, **self.forged}.items():
                answer = self.ask("GET", path, token)
                if answer.status_code != 401:
                    yield "service.authentication", f"{name} {what}: {answer.status_code}"

    def without_permission(self) -> Iterator[Sighting]:
        for name, token in self.lesser.items():
            yield from self.harmless("service.permission", name, token, set(range(300, 600)))
            yield from refusal_status("permission", self.ask.seen[-1])

    def methods(self) -> Iterator[Sighting]:
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
            expected = {*range(400, 500), 501, *([200, 204] if method == "OPTIONS" else [])}
            yield from self.harmless("service.method", method, "privileged", expected, method)
            yield from refusal_status("method", self.ask.seen[-1])

    def harmless(
        self, clause: str, name: str, token: str | None, expected: set[int], method: str = "POST"
    ) -> Iterator[Sighting]:
        """A request that must be rejected, without an effect on the task."""
        id = self.ask.task(f"{clause}-{name}")
        answer = self.ask(method, f"{TASKS}/{id}/cancel", token)
        if answer.status_code not in expected:
            yield clause, f"{name}: {answer.status_code}"
        task = self.ask.tasks.get(id)  # by no request: one for each rejection would be as many again
        if (status := task.status if task is not None else "404") != "notStarted":
            yield clause, f"{name}: {status}"

    def no_task(self) -> Iterator[Sighting]:
        for name, id in (("lower", str(uuid.uuid4())), ("upper", str(uuid.uuid4()).upper())):
            assert self.ask.status(id) == "404"
            answer = self.ask.cancel(id)
            if not answer.is_client_error:
                yield "service.unknown-task", f"{name}: {answer.status_code}"
            yield from refusal_status("unknown", answer)
        for name, id in (("word", "task"), ("number", "0"), ("long", "a" * 300), ("accent", "%C3%A9")):
            answer = self.ask.cancel(id)
            if not answer.is_client_error:
                yield "service.malformed-id", f"{name}: {answer.status_code}"


def refusal_status(kind: str, answer: httpx.Response) -> Iterator[Sighting]:
    is_rejection = answer.is_client_error or (kind in ("started", "permission") and not answer.is_success)
    if is_rejection and answer.status_code != EXPECTED[kind]:
        yield "service.refusal-status", f"{kind}: {answer.status_code}"


def shape(answer: httpx.Response) -> Iterator[Sighting]:
    """What every response must have."""
    request, status = answer.request, answer.status_code
    if status >= 400 and "request-id" in answer.headers and request.method != "HEAD":
        yield from (("service.error-shape", f"{status}: {lack}") for lack in lacking(answer))
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and token in answer.text:
        yield "service.secrets", f"{status}: content"
    for name, value in answer.headers.items():
        if token and (token in value or token in decoded(value)):
            yield "service.secrets", f"{status}: {name}"
    if status == 401 and "www-authenticate" not in answer.headers:
        yield "service.challenge", f"{'token' if token else 'no token'}"
    if "request-id" not in answer.headers:
        yield "service.request-id", f"{status}: missing"
    if "client-request-id" not in answer.headers:
        yield "service.request-id", f"{status}: not returned"
    elif answer.headers["client-request-id"] != request.headers.get("client-request-id"):
        yield "service.request-id", f"{status}: changed"
    if status == 204 and "content-type" in answer.headers:
        yield "service.media-type", answer.headers["content-type"]


def lacking(answer: httpx.Response) -> Iterator[str]:
    """What an error is in place of an error object, or what its object has not."""
    try:
        document = answer.json()
    except ValueError:
        yield answer.headers.get("content-type", "nothing")
        return
    if not isinstance(document, dict):
        yield type(document).__name__
    elif not isinstance(error := document.get("error"), dict):
        yield " ".join(document) if error is None else type(error).__name__
    else:
        yield from (f"no {name}" for name in ("code", "message") if not error.get(name))


def decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""
