"""Faulty clients: transport.connections."""

from __future__ import annotations

import socket
import threading
from urllib.parse import SplitResult

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.kept_connection import KeptConnection, Line
from tests.sample_clients.registry import faulty


class LeavesConnections(Conforming):
    """Base class: a connection a request, and what is not closed is left until the end of the process."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[socket.socket] = []

    def __del__(self) -> None:
        for each in self.left:
            each.close()

    def leaves(self, answer: Answer | None) -> bool:
        """Whether the connection is not closed after this response, or after none."""
        raise NotImplementedError

    def exchange(self, call: Call) -> Answer:
        answer, connection = None, self.connect(call)
        try:
            connection.sendall(self.request(call))
            answer = self.read(connection)
            return answer
        finally:
            if self.leaves(answer):
                self.left.append(connection)
            else:
                connection.close()


@faulty("transport.connections", shown_by=["many errors"])
class LeavesTheConnectionOfAnError(LeavesConnections):
    """The connection is closed in the line after the one that raises."""

    def leaves(self, answer: Answer | None) -> bool:
        return answer is not None and answer.status >= 400


@faulty("transport.connections", shown_by=["many errors that close"])
class WaitsForTheOtherSideToClose(LeavesConnections):
    """A connection that the server closes is forgotten, not closed: the descriptor stays."""

    def leaves(self, answer: Answer | None) -> bool:
        return answer is not None and answer.fields.get("connection") == "close"


@faulty("transport.connections", shown_by=["many retries"])
class OpensASessionForEachRetry(LeavesConnections):
    """A retry gets a session of its own, which is not closed: the first one may be broken."""

    retrying = False

    def again(self, call: Call, attempt: int) -> Answer:
        self.retrying = True
        try:
            return super().again(call, attempt)
        finally:
            self.retrying = False

    def leaves(self, answer: Answer | None) -> bool:
        return self.retrying


@faulty("transport.connections", shown_by=["many redirects"])
class LeavesTheConnectionOfARedirect(Following, LeavesConnections):
    """A response that is only followed is not closed."""

    def leaves(self, answer: Answer | None) -> bool:
        return answer is not None and 300 <= answer.status < 400

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        return Following.hop(self, call, here, there, method, answer)


@faulty("transport.connections", shown_by=["many errors"])
class NeverReleasesUnreadContent(KeptConnection):
    """A pool whose connection comes back when the content is read, and an error whose content is not."""

    def __init__(self) -> None:
        super().__init__()
        self.unread: list[Line] = []

    def __del__(self) -> None:
        super().__del__()
        for line in self.unread:
            line.close()

    def exchange(self, call: Call) -> Answer:
        line = Line(self.connect(call))
        answer = self.over(line, call)
        if answer.content:
            self.unread.append(line)
        else:
            line.close()
        return answer


@faulty("transport.connections", shown_by=["three timeouts"])
class LeavesTheConnectionOfATimeout(LeavesConnections):
    """Only what has been read is closed."""

    def leaves(self, answer: Answer | None) -> bool:
        return answer is None


@faulty("transport.connections", shown_by=["three timeouts"])
class AbandonsTheThreadOfATimeout(Conforming):
    """The timeout bounds how long the caller waits for a thread, which goes on waiting for the response."""

    def exchange(self, call: Call) -> Answer:
        answers: list[Answer] = []
        connection = self.connect(call)

        def work() -> None:
            with connection:
                connection.settimeout(call.timeout + 5)
                connection.sendall(self.request(call))
                answers.append(self.read(connection))

        thread = threading.Thread(target=self.ignoring_errors, args=(work,), daemon=True)
        thread.start()
        thread.join(call.timeout)
        if not answers:
            raise TimeoutError("no response in time")
        return answers[0]

    def ignoring_errors(self, work: object) -> None:
        assert callable(work)
        try:
            work()
        except Exception:
            return


@faulty("transport.connections", shown_by=["three timeouts"])
class ReturnsAConnectionToThePoolAfterATimeout(LeavesConnections):
    """Puts every connection back into its pool, and takes only those out that have brought nothing."""

    def leaves(self, answer: Answer | None) -> bool:
        return answer is None and len(self.left) < 8


@faulty("transport.connections", shown_by=["many rejected tokens"])
class LeavesTheConnectionOfARejectedToken(LeavesConnections):
    """401 is raised before the block that closes."""

    def leaves(self, answer: Answer | None) -> bool:
        return answer is not None and answer.status == 401


@faulty("transport.connections", shown_by=["many malformed responses"])
class LeavesTheConnectionOfAMalformedResponse(LeavesConnections):
    """The connection is closed with its response, and this one could not be parsed."""

    def leaves(self, answer: Answer | None) -> bool:
        return answer is None
