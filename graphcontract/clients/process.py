"""The `process:` client: a driver that runs as a child process and speaks JSON lines.

Knows when a driver is started and replaced. Who waits for which answer is `driver`'s business, what the lines
say is `messages`', how they travel is `channel`'s. Whatever a driver does in a call is an Outcome.
"""

from __future__ import annotations

import itertools
import os
import shlex
import threading
import time
from collections.abc import Mapping, Sequence

from graphcontract.clients import ClientUnavailable, Implementation, Limits, Start, messages, shown_by
from graphcontract.clients.driver import Driver
from graphcontract.clients.isolation import isolated
from graphcontract.clients.pipes import BrokenError, Channel, SilentError
from graphcontract.exchange import Call, Outcome

_CLOSED = Outcome.unsupported("the driver was ended because the client was closed")
_STOP_PATIENCE = 2.0
_SHOWN_LINES = 20
_PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_PROXY_NAMES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
CA_NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
_HOW_TO_START = (
    "A driver reads one JSON object a line from standard input, and answers the first with "
    '{"protocol": 1, "implementation": {"name": "…"}} on a line of standard output, flushed at once.'
)


class ProcessClient:
    """One driver process, kept for all calls and replaced after it crashed or hung.

    Any threads may call: a driver is sent as many calls at once as it declares, and the others wait.
    `name` is what messages call it, and what it is known by until it says who it is; `start_timeout` is in
    seconds; `env` is added to our environment, from which proxy settings are left out.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        name: str | None = None,
        start_timeout: float = 60.0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        if not argv:
            raise ValueError("a driver needs a command")
        self._argv = tuple(argv)
        self._name = name or shlex.join(argv)
        self._start_timeout = start_timeout
        self._env = dict(env or {})
        self._lock = threading.Lock()  # for what follows, and held while a driver starts
        self._start: Start | None = None
        self._drivers: list[Driver] = []
        self._unstarted: Outcome | None = None
        self._seq = itertools.count(1)
        self.implementation = Implementation(self._name)
        self.limits = Limits()
        self.concurrency = 1
        self.budget: int | None = None
        self.shows = shown_by(self.limits)

    def start(self, start: Start) -> None:
        """Start the driver and learn who it is; raises ClientUnavailable."""
        self.close()
        with self._lock:
            declaration = self._launch(start)
            self._start = start
        self.implementation = declaration.implementation
        self.concurrency = declaration.concurrency
        self.limits = declaration.limits
        self.shows = shown_by(self.limits)

    def call(self, call: Call) -> Outcome:
        """Make one call and wait for its outcome, at most its timeout and grace once a driver has room.

        The outcome's `output` is what the driver wrote besides while the call was in flight, or before it
        when none was: 64 KiB at the most. Where `close` comes in between, the outcome is `unsupported`.
        """
        outcome: Outcome | None = None
        while outcome is None:
            driver = self._living_driver()
            if isinstance(driver, Outcome):
                return driver
            outcome = driver.ask(next(self._seq), call)
        return outcome

    def renew(self) -> None:
        """End the driver; the next call starts another. Calls in flight are `unsupported`."""
        with self._lock:
            start = self._start
        self.close()
        with self._lock:
            self._start = start

    def close(self) -> None:
        """Ask the driver to stop, and end it and whatever it started."""
        with self._lock:
            self._start = None
            drivers, self._drivers = self._drivers, []
        for driver in drivers:
            driver.end(_CLOSED, messages.write_stop(), _STOP_PATIENCE)

    def _living_driver(self) -> Driver | Outcome:
        """Give the driver that takes calls, a fresh one where the last is done; a crash where none starts."""
        before = self._unstarted
        with self._lock:
            if self._start is None:
                raise RuntimeError("a call before start() or after close()")
            if self._drivers and not self._drivers[-1].done:
                return self._drivers[-1]
            # A call that waited here while another failed to start a driver does not try once more.
            if self._unstarted is None or self._unstarted is before:
                try:
                    self._launch(self._start)
                    return self._drivers[-1]
                except ClientUnavailable as error:
                    reason = f"no fresh driver: {error}"
                    self._unstarted = Outcome.crash(reason, died=True, output=error.output)
            return self._unstarted

    def _launch(self, start: Start) -> messages.Declaration:
        """Start a driver, the last of those that may still run; the lock is held."""
        channel, declaration = self._open(start)
        self._drivers = [driver for driver in self._drivers if not driver.ended]
        self._drivers.append(Driver(channel, declaration.concurrency))
        return declaration

    def _open(self, start: Start) -> tuple[Channel, messages.Declaration]:
        channel = self._spawn(start)
        try:
            return channel, self._introduce(channel, start)
        except BaseException as error:
            channel.end()
            if isinstance(error, ClientUnavailable):
                error.output = "\n".join(channel.output_since(0).splitlines()[-_SHOWN_LINES:])
            raise

    def _spawn(self, start: Start) -> Channel:
        command = self._argv[0]
        try:
            return Channel(isolated(self._argv, start.doorway), environment(start, self._env))
        except FileNotFoundError:
            raise ClientUnavailable(
                f"cannot start `{self._name}`: `{command}` was not found",
                "Install it, or give its full path; a script may also name an interpreter that is not there.",
            ) from None
        except PermissionError:
            raise ClientUnavailable(
                f"cannot start `{self._name}`: `{command}` may not be executed",
                f"Make it executable (chmod +x), or name the interpreter before it: `python {command}`.",
            ) from None
        except (OSError, ValueError) as error:
            raise ClientUnavailable(
                f"cannot start `{self._name}`: {error}", "Try the command by hand."
            ) from None

    def _introduce(self, channel: Channel, start: Start) -> messages.Declaration:
        deadline = time.monotonic() + self._start_timeout
        try:
            channel.send(messages.write_start(start))
            line = channel.receive(deadline)
            while not messages.begins_object(line):
                channel.keep(line)
                line = channel.receive(deadline)
        except SilentError as error:
            problem = f"did not answer `start` within {self._start_timeout:g} s: {error}"
            raise ClientUnavailable(f"`{self._name}` {problem}", _HOW_TO_START) from None
        except BrokenError as error:
            raise ClientUnavailable(
                f"`{self._name}` did not answer `start`: {error}", _HOW_TO_START
            ) from None
        try:
            return messages.read_declaration(line)
        except messages.MessageError as error:
            problem = f"answered `start` with what is no declaration: {error}"
            raise ClientUnavailable(f"`{self._name}` {problem}", _HOW_TO_START) from None


def environment(start: Start, env: Mapping[str, str]) -> dict[str, str]:
    """Give our environment for a client: `env` on top, proxies and authorities as `start` has them.

    None of our own proxy settings is in it.
    """
    found = {name: value for name, value in os.environ.items() if name.lower() not in _PROXY_VARIABLES}
    found.update(env)
    if start.proxy is not None:
        found.update(dict.fromkeys(_PROXY_NAMES, start.proxy))
    if start.ca_file is not None:
        found.update(dict.fromkeys(CA_NAMES, start.ca_file))
    return found
