"""The templates of the HTML pages. Text is escaped, and what cannot be printed is marked."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from graphcontract.reporting.evidence import Evidence, EvidenceExchange
from graphcontract.reporting.evidence_text import can_be_served, describe_input, escape_unprintable
from graphcontract.reporting.wire_log import WireLine, describe_outcome, list_lines

_CLASSES = {">": "to", "<": "from", "!": "mark", "=": "outcome", "": "time"}
_URL = re.compile(r"https?://[^\s;,]+")


def render(template: str, **shown: object) -> Iterator[str]:
    """Yield a page in pieces."""
    return _environment().get_template(template).generate(**shown)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("graphcontract.reporting", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": mark_controls,
        "prose": mark_code,
        "plain": escape_unprintable,
        "links": link_urls,
        "wire": _list_wire,
        "css": lambda line: _CLASSES[line.mark],
        "input": lambda call: mark_controls(describe_input(call)),
        "date": lambda text: f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC",
        "thousands": lambda number: f"{number:,}",
    }
    environment.tests["served"] = _is_served
    environment.globals |= {"style": _Inline.read("page.css"), "script": _Inline.read("page.js")}
    return environment


@dataclass(frozen=True, slots=True)
class _Inline:
    """A style sheet or script of ours, and its hash for the page's policy, which allows no other."""

    text: Markup
    hash: str

    @classmethod
    def read(cls, name: str) -> _Inline:
        text = files("graphcontract.reporting").joinpath("html", name).read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return cls(Markup(text), f"sha256-{digest}")  # noqa: S704  # a file of this package


def _is_served(evidence: Evidence) -> bool:
    return bool(evidence["curl"]) and can_be_served(evidence["repeat"])


def mark_controls(text: str) -> Markup:
    """Escape a text; what cannot be printed appears as an escape sequence, and is marked as one."""
    if text.isprintable():
        return Markup.escape(text)
    return Markup("").join(
        Markup.escape("".join(run))
        if printable
        else Markup('<span class="control">{}</span>').format(escape_unprintable("".join(run)))
        for printable, run in groupby(text, lambda each: each.isprintable() or each == "\t")
    )


def mark_code(text: str) -> Markup:
    """Escape a sentence of a contract, in which code stands between backticks."""
    prose, *rest = text.split("`")
    if len(rest) % 2:
        return mark_controls(text)
    parts = [
        Markup("<code>{}</code>{}").format(*map(mark_controls, pair))
        for pair in zip(rest[::2], rest[1::2], strict=True)
    ]
    return Markup("").join([mark_controls(prose), *parts])


def link_urls(text: str) -> Markup:
    """Escape a text, with a link for each URL in it."""
    parts: list[Markup] = []
    start = 0
    for found in _URL.finditer(text):
        link = Markup('<a rel="noreferrer" href="{0}">{1}</a>').format(found[0], mark_controls(found[0]))
        parts += [mark_controls(text[start : found.start()]), link]
        start = found.end()
    return Markup("").join([*parts, mark_controls(text[start:])])


def _list_wire(exchange: EvidenceExchange) -> Iterator[WireLine]:
    yield from list_lines(exchange)
    yield describe_outcome(exchange)
