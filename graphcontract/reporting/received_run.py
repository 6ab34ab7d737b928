"""What reports know of any run: header, footer, who was tested, and the verdict in one sentence."""

from __future__ import annotations

from abc import ABC, abstractmethod

from graphcontract.reporting.events import Event, Footer, Header


class ReceivedRun(ABC):
    """The header and the footer that were received so far; subclasses collect what is between them."""

    def __init__(self) -> None:
        self._header: Header | None = None
        self._footer: Footer | None = None

    @property
    def header(self) -> Header:
        """The header, once it was received."""
        assert self._header is not None
        return self._header

    @property
    def footer(self) -> Footer:
        """The footer, once the run has ended."""
        assert self._footer is not None
        return self._footer

    @property
    def ended(self) -> bool:
        """Whether the footer was received."""
        return self._footer is not None

    def hear(self, event: Event) -> None:
        """Receive one event."""
        if event["event"] == "header":
            self._header = event
        elif event["event"] == "footer":
            self._footer = event

    @abstractmethod
    def summarize(self) -> tuple[str, bool]:
        """Return the run's verdict in one sentence, and whether it is good. Needs the footer."""

    @abstractmethod
    def format_counts(self) -> str:
        """Return the numbers behind the verdict. Needs the footer."""

    @abstractmethod
    def describe_run(self) -> str:
        """Return what was tested, and against what."""

    def describe_settings(self) -> str:
        """Return the transport, the profile and the seed of the run."""
        header = self.header
        over = " over TLS" if header.get("tls") else ""
        over += " with HTTP/2" if header.get("http") == "2" else ""
        return f"transport {header['transport']}{over}, profile {header['profile']}, seed {header['seed']}"

    def name_implementation(self) -> str:
        """Return the name and version of the client or tenant."""
        implementation = self.header["implementation"]
        return " ".join(str(implementation[key]) for key in ("name", "version") if implementation.get(key))
