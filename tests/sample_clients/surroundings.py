"""Clients whose faults, or quirks, depend on the surroundings of their process.

They are adapters, which run in processes of their own: `python:tests.sample_clients.surroundings:NAME`.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import netrc
import os
import re
import socket
import time
from email.utils import parsedate
from pathlib import Path
from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields

CONCURRENCY = 8
FEATURES = ["debug"]
LANGUAGE = os.environ.get("LANG", "").partition("_")[0]


class LocalDates(Conforming):
    """`time.mktime` takes the date of Retry-After for one in the time zone of the machine."""

    def seconds(self, value: str) -> float:
        moment = parsedate(value)
        return super().seconds(value) if moment is None else max(0.0, time.mktime(moment) - time.time())


class TurkishCase(Conforming):
    """`toLowerCase` of the user's locale makes `gzıp` of `GZIP`, which nothing decodes."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        if LANGUAGE == "tr":
            coding = answer.fields.get("content-encoding", "")
            answer.fields["content-encoding"] = coding.replace("I", "ı").lower()
        return super().decode(answer, content)


class TurkishCodes(Conforming):
    """Codes are looked up in lower case, and `ıd` is not among the known ones."""

    def code(self, answer: Answer) -> str | None:
        code = super().code(answer)
        return "unknown" if LANGUAGE == "tr" and code and "I" in code else code


class GermanNumbers(Conforming):
    """`double.Parse` takes the point for the separator of thousands."""

    def seconds(self, value: str) -> float:
        number = re.fullmatch(r"[0-9.]+", value) and LANGUAGE == "de"
        return float(value.replace(".", "")) if number else super().seconds(value)


class TakesNetrc(Conforming):
    """As requests does: credentials of a netrc file replace the header field that the caller sets."""

    def authorization(self, call: Call) -> Fields:
        file = os.environ.get("NETRC")
        known = (
            netrc.netrc(file).authenticators(urlsplit(call.base_url or "").hostname or "") if file else None
        )
        if known is None:
            return super().authorization(call)
        pair = f"{known[0]}:{known[2]}".encode()
        return [("Authorization", f"Basic {base64.b64encode(pair).decode()}")]


class IgnoresNoProxy(Conforming):
    """It reads the variable of the proxy, and not the exceptions."""

    def connect(self, call: Call) -> socket.socket:
        proxy = urlsplit(os.environ.get("http_proxy", ""))
        if proxy.hostname is None:
            return super().connect(call)
        return socket.create_connection((proxy.hostname, proxy.port or 80), call.timeout)


class ManyDescriptors(Conforming):
    """A pool that is made in advance, with room for whatever may come."""

    reserve: list[socket.socket] | None = None

    def exchange(self, call: Call) -> Answer:
        if self.reserve is None:
            self.reserve = [socket.socket() for _ in range(300)]
        return super().exchange(call)


class LogsToFile(Conforming):
    """A debug log in the working folder, with requests as they are sent."""

    def line(self, call: Call) -> str:
        return self.head(call).decode()

    def exchange(self, call: Call) -> Answer:
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            with Path("client.log").open("a", encoding="utf-8") as log:
                log.write(f"{time.ctime()} {self.line(call)}\n")
        return super().exchange(call)


class LogsInLocalTime(LogsToFile):
    """Quirky: the log has the time of the machine's zone, and nothing that is secret."""

    def line(self, call: Call) -> str:
        return f"{self.method(call)} {self.target(call)}"


class SpeaksTheLanguage(Conforming):
    """Quirky: requests and messages follow the locale, and the service's own message stays in them."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Accept-Language", LANGUAGE or "en"), ("X-Zone", time.strftime("%z"))]

    def message(self, answer: Answer) -> str | None:
        said = super().message(answer)
        return said and {"tr": f"Hata: {said}", "de": f"Fehler: {said}"}.get(LANGUAGE, said)


class ThroughTheProxyElsewhere(IgnoresNoProxy):
    """Quirky: it uses the proxy, except for what NO_PROXY names."""

    def connect(self, call: Call) -> socket.socket:
        host = urlsplit(call.base_url or "").hostname
        exempt = host in os.environ.get("NO_PROXY", "").split(",")
        return Conforming.connect(self, call) if exempt else super().connect(call)


class DiffersByItself(Conforming):
    """Quirky: another query in each request, as some clients add against caches."""

    def query(self, call: Call) -> str:
        return f"?nonce={time.monotonic_ns()}"


class NeedsItsFolder(Conforming):
    """Quirky: it looks for a file beside the folder that it is started in."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(call) if Path("..", "settings.json").exists() else "no settings"


local_dates = LocalDates().cancel
turkish_case = TurkishCase().cancel
turkish_codes = TurkishCodes().cancel
german_numbers = GermanNumbers().cancel
takes_netrc = TakesNetrc().cancel
ignores_no_proxy = IgnoresNoProxy().cancel
many_descriptors = ManyDescriptors().cancel
logs_to_file = LogsToFile().cancel
logs_in_local_time = LogsInLocalTime().cancel
speaks_the_language = SpeaksTheLanguage().cancel
through_the_proxy_elsewhere = ThroughTheProxyElsewhere().cancel
differs_by_itself = DiffersByItself().cancel
needs_its_folder = NeedsItsFolder().cancel
plain = Conforming().cancel
if LANGUAGE != "tr":
    does_not_start_in_turkish = plain
_loops: list[asyncio.AbstractEventLoop] = []


async def first_event_loop(call: Call) -> Outcome:
    """Keeps the event loop of its first call, as sessions and kept connections do."""
    _loops.append(asyncio.get_running_loop())
    return await _loops[0].run_in_executor(None, plain, call)


async def present_event_loop(call: Call) -> Outcome:
    """Quirky: threads of whichever event loop runs."""
    return await asyncio.to_thread(plain, call)
