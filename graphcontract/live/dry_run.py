"""Formats the plan of a live run: every request, its reason, its credential, and what it could change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graphcontract.live.steps import CREDENTIALS, RequestStep

if TYPE_CHECKING:
    from graphcontract.live.run import Live


def lines(run: Live) -> Iterator[str]:
    """Format the plan, a line at a time; nothing is sent."""
    options = run.options
    yield f"{run.root.url}: at most {options.budget} requests, {options.rate:g} a second. Nothing is sent."
    for number, step in enumerate(run.plan(), 1):
        yield f"{number:4}. {step.method} {step.shown}"
        yield f"      {_details(step)}"
    yield ""
    yield "A GET that gets 429 is repeated after its Retry-After, at most twice."
    yield "Without a second credential, the steps that use one are skipped."
    yield "If a step gets an unexpected response, the steps that depend on it are skipped."
    if options.profile == "nightly":
        yield "Then GETs in random order, until the budget of the profile is used up."


def _details(step: RequestStep) -> str:
    parts = [step.why]
    if step.credential != "main":
        parts.append(CREDENTIALS.get(step.credential, f"the token {step.credential}"))
    if step.method != "GET" or step.changes != "nothing":
        parts.append(f"could change: {step.changes}")
    if step.times > 1:
        parts.append(f"up to {step.times} times")
    return "; ".join(parts)
