"""A client that logs in detail if it is asked to."""

from __future__ import annotations

import threading
from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming


class Logging(Conforming):
    """Logs its requests and answers, without what is secret."""

    features = frozenset({"debug"})
    debug = False

    def __init__(self) -> None:
        super().__init__()
        self.lines = threading.local()

    def log(self, line: str) -> None:
        if self.debug:
            self.lines.logged.append(line)

    def cancel(self, call: Call) -> Outcome:
        self.lines.logged = []
        outcome = super().cancel(call)
        return replace(outcome, output="\n".join(self.lines.logged))

    def exchange(self, call: Call) -> Answer:
        self.log(self.describe(call))
        answer = super().exchange(call)
        self.log(self.describe_answer(call, answer))
        return answer

    def describe(self, call: Call) -> str:
        return f"{self.method(call)} {self.target(call)}"

    def describe_answer(self, call: Call, answer: Answer) -> str:
        return f"status {answer.status}"
