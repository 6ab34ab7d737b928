"""The `process:` client: starts a driver as a child process, and replaces it after it crashed or hung.

`driver` matches replies to calls, `messages` defines the lines, and `pipes` transfers them. Whatever a driver
does in a call is an Outcome.

Threads: any thread may call. `_lock` protects which driver is in use, and is held while one starts, so that
other callers wait for that driver instead of starting more.
"""

from __future__ import annotations

import itertools
import os
import shlex
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphcontract.clients import ClientUnavailable, Implementation, Limits, Start, list_reportable, messages
from graphcontract.clients.driver import Driver
from graphcontract.clients.isolation import isolate_command
from graphcontract.clients.pipes import BrokenError, Channel, SilentError
from graphcontract.exchange import Call, Outcome

_CLOSED = Outcome.unsupported("the driver was ended because the client was closed")
_STOP_PATIENCE = 2.0  # seconds to end after `stop` (driver protocol)
_SHOWN_LINES = 20  # last lines of output in the message for a driver that did not start
_PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_PROXY_NAMES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
CA_NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
_HOW_TO_START = (
    "A driver reads one JSON object a line from standard input, and replies to the first with "
    '{"protocol": 1, "implementation": {"name": "…"}} on a line of standard output, flushed at once.'
)


class ProcessClient:
    """One driver process, used for all calls and replaced after it crashed or hung.

    Any thread may call: a driver gets as many calls at once as it declares, and the others wait. `name` is
    used in messages, and as the implementation's name until the driver declares it; `start_timeout` is in
    seconds; `env` is added to our environment, from which proxy settings are removed.
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
        self._lock = threading.Lock()  # protects the members below; held while a driver starts
        self._start: Start | None = None
        self._drivers: list[Driver] = []
        self._start_failure: Outcome | None = None
        self._seq = itertools.count(1)
        self.implementation = Implementation(self._name)
        self.limits = Limits()
        self.concurrency = 1
        self.budget: int | None = None
        self.shows = list_reportable(self.limits)

    def start(self, start: Start) -> None:
        """Start the driver and read its declaration; raises ClientUnavailable."""
        self.close()
        with self._lock:
            declaration = self._launch(start)
            self._start = start
        self.implementation = declaration.implementation
        self.concurrency = declaration.concurrency
        self.limits = declaration.limits
        self.shows = list_reportable(self.limits, declaration.features)

    def call(self, call: Call) -> Outcome:
        """Make one call and wait for its outcome, at most its timeout and grace after the call was sent.

        The outcome's `output` is what the driver wrote apart from replies while the call was in flight, or
        before it when none was: at most 64 KiB. If `close` interrupts the call, the outcome is `unsupported`.
        """
        outcome: Outcome | None = None
        if "cancel" not in self.shows:
            call = replace(call, cancelled=None)
        if "tokens" not in self.shows:
            call = replace(call, tokens=None)
        while outcome is None:
            driver = self._get_running_driver()
            if isinstance(driver, Outcome):
                return driver
            outcome = driver.call(next(self._seq), call)
        return outcome

    def renew(self) -> None:
        """End the driver; the next call starts another. Calls in flight are `unsupported`."""
        with self._lock:
            start = self._start
        self.close()
        with self._lock:
            self._start = start

    def close(self) -> None:
        """Send `stop` to the driver, then end it and every process that it started."""
        with self._lock:
            self._start = None
            drivers, self._drivers = self._drivers, []
        for driver in drivers:
            driver.end(_CLOSED, messages.write_stop(), _STOP_PATIENCE)

    def _get_running_driver(self) -> Driver | Outcome:
        """Return the driver for the next call, a new one if the last is done; a crash if none can be
        started.
        """
        before = self._start_failure
        with self._lock:
            if self._start is None:
                raise RuntimeError("a call before start() or after close()")
            if self._drivers and not self._drivers[-1].done:
                return self._drivers[-1]
            # A call that waited for the lock while another failed to start a driver does not try again: with
            # many threads, each would wait for the start timeout in turn.
            if self._start_failure is None or self._start_failure is before:
                try:
                    self._launch(self._start)
                    return self._drivers[-1]
                except ClientUnavailable as error:
                    reason = f"a new driver could not be started: {error.message}"
                    self._start_failure = Outcome.crash(reason, died=True, output=error.output)
            return self._start_failure

    def _launch(self, start: Start) -> messages.Declaration:
        """Start a driver, and add it to those that may still run. Call this with the lock held."""
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
            return Channel(build_command(start, self._argv), build_environment(start, self._env))
        except FileNotFoundError:
            raise ClientUnavailable(
                f"cannot start `{self._name}`: `{command}` was not found",
                "Install it, or give its full path. For a script, check that its interpreter exists.",
            ) from None
        except PermissionError:
            raise ClientUnavailable(
                f"cannot start `{self._name}`: no permission to execute `{command}`",
                f"Make it executable (chmod +x), or name the interpreter before it: `python {command}`.",
            ) from None
        except (OSError, ValueError) as error:
            raise ClientUnavailable(
                f"cannot start `{self._name}`: {error}", "Run the command in a shell to see why."
            ) from None

    def _introduce(self, channel: Channel, start: Start) -> messages.Declaration:
        deadline = time.monotonic() + self._start_timeout
        try:
            channel.send(messages.write_start(start))
            line = channel.receive(deadline)
            while not messages.begins_object(line):
                channel.keep_output(line)
                line = channel.receive(deadline)
        except SilentError as error:
            problem = f"did not reply to `start` within {self._start_timeout:g} s: {error}"
            raise ClientUnavailable(f"`{self._name}` {problem}", _HOW_TO_START) from None
        except BrokenError as error:
            raise ClientUnavailable(
                f"`{self._name}` did not reply to `start`: {error}", _HOW_TO_START
            ) from None
        try:
            return messages.read_declaration(line)
        except messages.MessageError as error:
            problem = f"sent an invalid reply to `start`: {error}"
            raise ClientUnavailable(f"`{self._name}` {problem}", _HOW_TO_START) from None


def build_command(start: Start, argv: Sequence[str]) -> Sequence[str]:
    """Build the command line that runs `argv` isolated and in the surroundings of `start`, if it has any."""
    command = isolate_command(argv, start.netns_socket)
    return command if start.surroundings is None else start.surroundings.wrap_command(command)


def build_environment(start: Start, env: Mapping[str, str]) -> dict[str, str]:
    """Build a client's environment: ours without proxy settings, then `env`, then surroundings, proxy and
    authority of `start`.
    """
    found = {name: value for name, value in os.environ.items() if name.lower() not in _PROXY_VARIABLES}
    found.update(env)
    if start.surroundings is not None:
        found.update(start.surroundings.env)
    if start.proxy is not None:
        found.update(dict.fromkeys(_PROXY_NAMES, start.proxy))
    if start.ca_file is not None:
        found.update(dict.fromkeys(CA_NAMES, start.ca_file))
    return found
