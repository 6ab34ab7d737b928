"""The `process:` client: a driver that runs as a child process and speaks JSON lines.

Knows when a driver is started, asked, given up and replaced. What the lines say is `messages`' business,
how they travel is `channel`'s. Whatever a driver does in a call is an Outcome.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphcontract.clients import ClientUnavailable, Implementation, Limits, Start, grace, messages, shown_by
from graphcontract.clients.channel import BrokenError, Channel, SilentError
from graphcontract.exchange import Call, Outcome

_STOP_PATIENCE = 2.0
_SHOWN_LINES = 20
_PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_PROXY_NAMES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_CA_NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
_HOW_TO_START = (
    "A driver reads one JSON object a line from standard input, and answers the first with "
    '{"protocol": 1, "implementation": {"name": "…"}} on a line of standard output, flushed at once.'
)


class ProcessClient:
    """One driver process, kept for all calls and replaced after it crashed or hung; one call at a time.

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
        self._start: Start | None = None
        self._channel: Channel | None = None
        self._seq = 0
        self.implementation = Implementation(self._name)
        self.limits = Limits()
        self.concurrency = 1
        self.budget: int | None = None
        self.shows = shown_by(self.limits)

    def start(self, start: Start) -> None:
        """Start the driver and learn who it is; raises ClientUnavailable."""
        self.close()
        self._channel, declaration = self._launch(start)
        self._start = start
        self.implementation = declaration.implementation
        self.concurrency = declaration.concurrency
        self.limits = declaration.limits
        self.shows = shown_by(self.limits)

    def call(self, call: Call) -> Outcome:
        """Make one call and wait for its outcome, at most its timeout and grace once a driver runs.

        The outcome's `output` is what the driver wrote besides since the call before, 64 KiB at the most.
        """
        if self._start is None:
            raise RuntimeError("a call before start() or after close()")
        if self._channel is None:
            try:
                self._channel, _ = self._launch(self._start)
            except ClientUnavailable as error:
                return Outcome.crash(f"no fresh driver: {error}", died=True, output=error.output)
        channel = self._channel
        try:
            outcome = self._ask(channel, call)
        except BaseException:
            # Interrupted: the answer is still to come, and would be taken for the next call's.
            self._end()
            raise
        if outcome.died or outcome.kind == "hang":
            self._end()
        return replace(outcome, output=channel.take_output())

    def close(self) -> None:
        """Ask the driver to stop, and end it and whatever it started."""
        self._start = None
        self._end(messages.write_stop(), _STOP_PATIENCE)

    def _launch(self, start: Start) -> tuple[Channel, messages.Declaration]:
        channel = self._spawn(start)
        try:
            return channel, self._introduce(channel, start)
        except BaseException as error:
            channel.end()
            if isinstance(error, ClientUnavailable):
                error.output = "\n".join(channel.take_output().splitlines()[-_SHOWN_LINES:])
            raise

    def _spawn(self, start: Start) -> Channel:
        command = self._argv[0]
        try:
            return Channel(self._argv, environment(start, self._env))
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
            channel.send(messages.write_start(start), deadline)
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

    def _ask(self, channel: Channel, call: Call) -> Outcome:
        self._seq += 1
        seconds = call.timeout + grace(call.timeout)
        deadline = time.monotonic() + seconds
        try:
            channel.send(messages.write_call(self._seq, call), deadline)
            line = channel.receive(deadline)
        except SilentError as error:
            return Outcome.hang(f"the driver gave no answer within {seconds:g} s: {error}")
        except BrokenError as error:
            return Outcome.crash(f"the driver gave no answer: {error}", died=True)
        outcome = messages.read_reply(line, self._seq)
        if outcome.died:
            channel.keep(line)
        return outcome

    def _end(self, farewell: bytes = b"", patience: float = 0.0) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.end(farewell, patience)


def environment(start: Start, env: Mapping[str, str]) -> dict[str, str]:
    """Give our environment for a client: `env` on top, proxies and authorities as `start` has them.

    None of our own proxy settings is in it.
    """
    found = {name: value for name, value in os.environ.items() if name.lower() not in _PROXY_VARIABLES}
    found.update(env)
    if start.proxy is not None:
        found.update(dict.fromkeys(_PROXY_NAMES, start.proxy))
    if start.ca_file is not None:
        found.update(dict.fromkeys(_CA_NAMES, start.ca_file))
    return found
