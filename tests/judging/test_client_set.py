"""What is started while a run ends is ended too."""

from __future__ import annotations

import threading

import pytest

from graphcontract.clients import ClientUnavailable
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.target import Target
from graphcontract.transports.loopback import Loopback
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.verdicts import Direct


class Ended(Direct):
    ended = False

    def close(self) -> None:
        super().close()
        self.ended = True


@pytest.mark.parametrize("late", [True, False])
def test_a_copy_that_starts_while_the_run_ends_is_ended(late: bool) -> None:
    """As after Ctrl-C: else its calls would go on until their timeouts."""
    copy, starting, go = Ended(Conforming().cancel), threading.Event(), threading.Event()
    with Loopback() as transport:

        def another() -> Target:
            starting.set()
            assert go.wait(10)
            return Target(copy, transport)

        clients = ClientSet(Target(Direct(Conforming().cancel), transport), another=another)
        job = clients.background_pool().submit(lambda: "called")
        assert starting.wait(10)
        if late:
            clients.close()
            go.set()
            with pytest.raises(ClientUnavailable, match="the run is over"):
                job.result(10)
        else:
            go.set()
            assert job.result(10) == "called"
            clients.close()
    assert copy.ended
