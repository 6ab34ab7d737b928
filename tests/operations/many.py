"""Forty operations of different structure, and a run over them with a client that is a function here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.catalogue.operation import CatalogueSource, Operation, format_header, format_line
from graphcontract.clauses import list_kinds
from graphcontract.exchange import Call, Outcome
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.judging.target import Target
from graphcontract.operations.operation_run import CLAUSES
from graphcontract.operations.run import Plan, Selection, run_operations
from graphcontract.operations.shards import WHOLE, ShardNumber, hash_operations
from graphcontract.operations.tally import Lists
from graphcontract.reporting.events import Event, FindingEvent, OperationEvent, ProfileName
from graphcontract.transports.loopback import Loopback
from tests.sample_clients.verdicts import Direct

_PATHS = (
    "POST /me/revokeSignInSessions",
    "POST /users/{user-id}/revokeSignInSessions",
    "POST /users/{user-id}/events/{event-id}/microsoft.graph.cancel",
    "POST /users/{user-id}/calendars/{calendar-id}/events/{event-id}/dismissReminder",
    "DELETE /users/{user-id}/messages/{message-id}",
    "DELETE /users/{user-id}/messages/{message-id}/attachments/{attachment-id}",
    "POST /teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}/softDelete",
    "DELETE /teams/{team-id}/members/{conversationMember-id}",
    "POST /teams/{team-id}/archive",
    "DELETE /me/registrations(email='{email}')",
    "POST /workbooks/{book-id}/cell(row={row},column={column})/clear",
    "DELETE /groups/{group-id}/members/{directoryObject-id}/$ref",
    "POST /security/cases/{case-id}/microsoft.graph.security.close",
    "POST /solutions/migrations/{task-id}/cancel",
    "DELETE /drives/{drive-id}/items/{driveItem-id}",
    "POST /drives/{drive-id}/items/{driveItem-id}/versions/{driveItemVersion-id}/restoreVersion",
    "DELETE /me/drive",
    "POST /print/printers/{printer-id}/restoreFactoryDefaults",
)
_COUNT = 40
_TYPES = {"row": "int32", "column": "int32"}
_QUERY = {"DELETE /groups/{group-id}/members/$ref": {"@id": "c"}}


def _list_names() -> list[str]:
    named = [*_PATHS, *_QUERY]
    return [*named, *(f"POST /devices/{{device-id}}/task{number}" for number in range(_COUNT - len(named)))]


def _make_text(named: Sequence[str], success: str | None = "204") -> str:
    found = [format_header([CatalogueSource("c", "csdl", "a description made for tests")])]
    for number, name in enumerate(named):
        method, path = name.split(" ")
        names = [part.partition("}")[0] for part in path.split("{")[1:]]
        types = {",".join(_TYPES.get(each, "string") for each in names): "c"} if names else {}
        version = "beta" if number % 3 else "v1.0"
        query = _QUERY.get(name, {})
        stated = {success: "c"} if success else {}
        found.append(format_line(Operation(version, method, path, "c", {}, stated, types, query)))
    return "\n".join([*found, ""])


def make_catalogue(*named: str) -> Catalogue:
    """A catalogue of operations, each named by method and path."""
    return Catalogue(_make_text(named), "tests")


@cache
def load_unstated() -> Catalogue:
    """The operations again, without the status of success, as CSDL and SDKs describe them."""
    return Catalogue(_make_text(_list_names(), None), "tests")


@cache
def load_operations() -> Catalogue:
    """A catalogue of the operations."""
    return make_catalogue(*_list_names())


def write_operations(folder: Path) -> Path:
    """Write the catalogue to a file, for commands."""
    path = folder / "operations.jsonl"
    path.write_text(_make_text(_list_names()), encoding="utf-8")
    return path


@dataclass
class Ran:
    """What a run reported."""

    status: ExitStatus = ExitStatus.HARNESS
    events: list[Event] = field(default_factory=list)

    @property
    def findings(self) -> list[FindingEvent]:
        return [each for each in self.events if each["event"] == "finding"]

    @property
    def operations(self) -> dict[str, OperationEvent]:
        return {each["operation"]: each for each in self.events if each["event"] == "operation"}

    @property
    def must(self) -> list[FindingEvent]:
        return [each for each in self.findings if each["level"] == "MUST"]


@cache
def _find_ids(catalogue: Catalogue, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The operations that match; many tests run over the same ones, and a search of thousands takes time."""
    return tuple(dict.fromkeys(id for pattern in patterns for id in catalogue.find(pattern)))


def _repeat(clause: str, *ids: str) -> str:
    return " ".join(["graphcontract check client --select", clause, *(f"--operations {id}" for id in ids)])


def run_many(
    call: Callable[[Call], Outcome],
    *patterns: str,
    seed: int = 0,
    profile: ProfileName = "gate",
    clauses: Sequence[str] = CLAUSES,
    concurrency: int = 1,
    first: bool = False,
    catalogue: Catalogue | None = None,
    lists: Lists | None = None,
    shard: ShardNumber = WHOLE,
    emit: Callable[[Event], None] = lambda _event: None,
) -> Ran:
    """Run over the operations that match."""
    made, known = catalogue or load_operations(), list_kinds()
    names = {id: made.name_of(id) for id in _find_ids(made, patterns or ("all",))}
    selection = Selection(
        names, lambda id: made.contract(id, known), made.name, hash_operations(names.values())
    )
    plan = Plan(tuple(clauses), seed, profile, "must", _repeat, first, lambda _: lists or Lists(), shard)
    client = Direct(call)
    client.concurrency = concurrency
    ran = Ran()

    def keep(event: Event) -> None:
        ran.events.append(event)
        emit(event)

    with Loopback(ports=1) as transport:
        description = {"kind": "operations", "profile": profile, "transport": "loopback", "seed": seed}
        ran.status = run_operations(selection, plan, ClientSet(Target(client, transport)), description, keep)  # type: ignore[arg-type]
    return ran
