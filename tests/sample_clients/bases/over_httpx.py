"""A conforming client on httpx."""

from __future__ import annotations

import threading
import uuid

import httpx

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Answer, BadAnswer, Conforming


class Attempts(threading.local):
    """What a thread's call has got to: calls at the same time are not what is broken here."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.attempt = 0


class OverHttpx(Conforming):
    """The conforming client over httpx. `correlation` gives the field's values for a call, `attempted` what
    of them goes out with an attempt, counted from 1.

    Under the mock transport nothing is ever connected, so nothing has to be closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.http = httpx.Client(verify=False, trust_env=False, timeout=3)
        self.of = Attempts()

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid4())]

    def attempted(self) -> list[str]:
        return self.of.ids

    def fields(self, call: Call) -> list[tuple[str, str]]:
        others = [each for each in super().fields(call) if each[0] != "client-request-id"]
        return [*others, *(("client-request-id", value) for value in self.attempted())]

    def persist(self, call: Call) -> Answer:
        self.of.ids, self.of.attempt = self.correlation(call), 0
        return super().persist(call)

    def exchange(self, call: Call) -> Answer:
        self.of.attempt += 1
        url = (call.base_url or ROOT) + self.path(call)
        try:
            response = self.http.request(
                self.method(call), url, headers=self.fields(call), timeout=call.timeout
            )
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise BadAnswer(str(error)) from error
        return Answer(response.status_code, dict(response.headers), response.content)
