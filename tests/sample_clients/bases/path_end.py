"""Base class of clients that end the path in another way."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming


class OtherEnd(Conforming):
    """The conforming client, with another end of the path in place of `cancel`."""

    end: str

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("cancel") + self.end
