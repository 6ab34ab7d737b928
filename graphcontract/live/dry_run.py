"""A live run's plan as text: every request, why it is made, with what, and what it could change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graphcontract.live.steps import CREDENTIALS, RequestStep

if TYPE_CHECKING:
    from graphcontract.live.run import Live


def lines(run: Live) -> Iterator[str]:
    """Lines for people; nothing is sent."""
    options = run.options
    yield f"{run.root.url}: at most {options.budget} requests, {options.rate:g} a second. Nothing is sent."
    for number, step in enumerate(run.plan(), 1):
        yield f"{number:4}. {step.method} {step.shown}"
        yield f"      {_details(step)}"
    yield ""
    yield "A GET that is answered 429 is made again, at most twice, once the wait that it asks for is over."
    yield "With no second credential, the steps with one are left out. A step that shows something else than"
    yield "a good service would, ends what was to follow from it."
    if options.profile == "nightly":
        yield "Then reads in random order, until the budget of the profile is spent."


def _details(step: RequestStep) -> str:
    parts = [step.why]
    if step.credential != "main":
        parts.append(CREDENTIALS.get(step.credential, f"the token {step.credential}"))
    if step.method != "GET" or step.changes != "nothing":
        parts.append(f"could change: {step.changes}")
    if step.times > 1:
        parts.append(f"up to {step.times} times")
    return "; ".join(parts)
