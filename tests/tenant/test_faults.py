"""Every fault breaks its clause where it says so, and no other; every variant breaks none at MUST."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from graphcontract.contract.loader import load
from graphcontract.errors import UserError
from graphcontract.tenant.overrides import Entry
from graphcontract.tenant.registry import faults, find_overrides, variants
from graphcontract.tenant.tasks import Status
from tests.tenant import NOON, TASKS, Asking
from tests.tenant.court import Court
from tests.tenant.shown import FORGED_TOKENS, SHOWS

UNKNOWN = "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0"


def test_without_a_fault_nothing_falls_short() -> None:
    observer = Court()
    assert observer.sightings() == set()
    assert tuple(observer.forged) == FORGED_TOKENS


@pytest.mark.parametrize("entry", faults(), ids=lambda entry: entry.name)
def test_a_fault_breaks_its_clause_and_no_other(entry: Entry) -> None:
    assert Court(entry.overrides).sightings() == {(entry.breaks, where) for where in SHOWS[entry.name]}


@pytest.mark.parametrize("entry", variants(), ids=lambda entry: entry.name)
def test_a_variant_breaks_no_must(entry: Entry) -> None:
    assert {clause for clause, _ in Court(entry.overrides).sightings()} == entry.short_of
    assert all(
        load("sharepointmigrationtask-cancel", None).clauses[id].level != "MUST" for id in entry.short_of
    )


def test_every_clause_has_a_fault() -> None:
    broken = Counter(entry.breaks for entry in faults())
    assert broken.keys() == {
        *("service.cancel", "service.effect", "service.list"),
        *("service.precondition", "service.authentication"),
        *("service.permission", "service.unknown-task", "service.malformed-id", "service.method"),
        *("service.error-shape", "service.secrets", "service.challenge", "service.request-id"),
        "service.media-type",
    }
    assert broken.total() >= 35
    assert len(variants()) >= 8


def test_entries_say_what_they_do() -> None:
    entries = (*faults(), *variants())
    for entry in entries:
        assert entry.sentence.endswith("."), entry.name
        assert entry.name == entry.name.lower()
    assert len({entry.name for entry in entries}) == len(entries)


def test_an_unknown_name_is_a_users_mistake() -> None:
    with pytest.raises(UserError, match=r"Did you mean no-effect\?"):
        find_overrides("no-efect")
    assert find_overrides(None) == {}


def cancel(asking: Asking, id: str = "", **more: object) -> tuple[int, dict[str, str], str]:
    answer = asking.cancel(id or asking.task("a"), **more)  # type: ignore[arg-type]
    return answer.status_code, dict(answer.headers), answer.text


def unknown(asking: Asking) -> str:
    return asking.cancel(UNKNOWN).text


def status(code: int, **more: object) -> Callable[[Asking], bool]:
    return lambda asking: cancel(asking, **more)[0] == code  # type: ignore[arg-type]


def first_wait(asking: Asking) -> tuple[int, str]:
    code, headers, _ = cancel(asking)
    return code, headers.get("retry-after", "")


def effect_follows(asking: Asking) -> bool:
    id = asking.task("a")
    before = cancel(asking, id)[0], asking.status(id)
    asking.clock.advance(1)
    return before == (204, "notStarted") and asking.status(id) == "cancelled"


def status_follows(asking: Asking) -> bool:
    id = asking.task("a")
    before = cancel(asking, id)[0], asking.status(id)
    asking.clock.advance(1)
    return before == (204, "unknownFutureValue") and asking.status(id) == "cancelled"


def others_end(asking: Asking) -> bool:
    other = asking.task("b", Status.IN_PROGRESS)
    return (cancel(asking)[0], asking.status(other)) == (204, "completed")


def reads_alternate(asking: Asking) -> bool:
    id = asking.task("a")
    cancel(asking, id)
    return {asking.status(id), asking.status(id)} == {"cancelled", "notStarted"}


def list_follows(asking: Asking) -> bool:
    id = asking.task("a")
    cancel(asking, id)
    before = asking.status(id), listed(asking)
    asking.clock.advance(10)
    return before == ("cancelled", ["notStarted"]) and listed(asking) == ["cancelled"]


def listed(asking: Asking) -> list[str]:
    return [task["status"] for task in asking("GET", TASKS).json().get("value", ())]


def few_on_a_page(asking: Asking) -> bool:
    for name in "abcdef":
        asking.task(name)
    return len(listed(asking)) == 5


def ended_is_not_listed(asking: Asking) -> bool:
    asking.task("a", Status.FAILED)
    return not listed(asking)


def cached(asking: Asking) -> bool:
    paths = [f"{TASKS}/{asking.task('a')}"] * 3
    reads = [asking("GET", path) for path in paths]
    return len({each.headers["request-id"] for each in reads}) == 2 and "age" in reads[-1].headers


def dated_wait(asking: Asking) -> bool:
    code, wait = first_wait(asking)
    return code == 429 and parsedate_to_datetime(wait) == NOON + timedelta(seconds=2)


def repeated(asking: Asking) -> bool:
    id = asking.task("a")
    return [cancel(asking, id)[0] for _ in range(2)] == [204, 204]


def other_method(asking: Asking) -> tuple[int, bool]:
    answer = asking("PUT", f"{TASKS}/{asking.task('a')}/cancel")
    return answer.status_code, "allow" in answer.headers


def options(asking: Asking) -> bool:
    answer = asking("OPTIONS", f"{TASKS}/{asking.task('a')}/cancel")
    return (answer.status_code, answer.headers.get("allow")) == (204, "POST")


def no_length(asking: Asking) -> bool:
    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    return (cancel(asking, content=nothing())[0], cancel(asking)[0]) == (411, 204)


ODD: dict[str, Callable[[Asking], bool]] = {
    "inner-error-in-lower-case": lambda asking: '"innererror"' in unknown(asking),
    "no-inner-error": lambda asking: "inner" not in unknown(asking),
    "more-error-members": lambda asking: '"details"' in unknown(asking),
    "other-codes": lambda asking: '"ResourceNotFound"' in unknown(asking),
    "messages-in-other-languages": lambda asking: "Η εργασία" in unknown(asking),
    "chunked-errors": lambda asking: "content-length" not in cancel(asking, UNKNOWN)[1],
    "front-door-speaks-html": lambda asking: cancel(asking, "0")[2].startswith("<html>"),
    "no-allow": lambda asking: other_method(asking) == (405, False),
    "other-methods-are-not-found": lambda asking: other_method(asking)[0] == 404,
    "other-methods-are-not-implemented": lambda asking: other_method(asking)[0] == 501,
    "malformed-is-not-found": status(404, id="0"),
    "unknown-is-a-bad-request": status(400, id=UNKNOWN),
    "started-is-unprocessable": lambda asking: cancel(asking, asking.task("a", Status.FAILED))[0] == 422,
    "fails-on-started": lambda asking: cancel(asking, asking.task("a", Status.FAILED))[0] == 500,
    "forbidden-is-sent-to-sign-in": status(302, token="reader"),
    "forbidden-is-not-found": status(404, token="reader"),
    "repeat-is-cancelled-again": repeated,
    "bare-challenge": lambda asking: cancel(asking, token=None)[1]["www-authenticate"] == "Bearer",
    "effect-after-a-moment": effect_follows,
    "others-end-meanwhile": others_end,
    "old-reads-meanwhile": reads_alternate,
    "throttled-at-first": lambda asking: first_wait(asking) == (429, "1"),
    "throttled-until-a-date": dated_wait,
    "unavailable-at-first": lambda asking: first_wait(asking) == (503, "1"),
    "list-follows-later": list_follows,
    "list-in-small-pages": few_on_a_page,
    "list-is-forbidden": lambda asking: asking("GET", TASKS).status_code == 403,
    "list-has-new-tasks": ended_is_not_listed,
    "insists-on-a-length": no_length,
    "options-are-listed": options,
    "reads-from-a-cache": cached,
    "request-id-in-capitals": lambda asking: cancel(asking)[1]["request-id"].isupper(),
    "more-fields": lambda asking: "strict-transport-security" in cancel(asking)[1],
    "closes-each-connection": lambda asking: cancel(asking)[1].get("connection") == "close",
    "no-content-has-a-length": lambda asking: cancel(asking)[1].get("content-length") == "0",
    "more-task-members": lambda asking: "labels" in asking("GET", f"{TASKS}/{asking.task('a')}").text,
    "status-unknown-meanwhile": status_follows,
}


@pytest.mark.parametrize("entry", variants(), ids=lambda entry: entry.name)
def test_a_variant_is_odd_as_it_says(entry: Entry) -> None:
    assert ODD[entry.name](Asking(entry.overrides))
    assert not ODD[entry.name](Asking())
