"""A task of our own: what its file must say, when none is made, and what of it is never cancelled."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.loader import document
from graphcontract.contract.model import DEFAULT_CONTRACT
from graphcontract.errors import UserError
from graphcontract.live.create_file import CreationError, make_placeholder_values, read_create_file
from graphcontract.live.recovery import resume
from graphcontract.live.safety.journal import JournalError, read_journal
from graphcontract.live.sender import Sender
from graphcontract.live.urls import Targets
from graphcontract.tenant import Running, Status
from tests.clauses import CONTRACT
from tests.live import COLLECTION, environment, journal_text, judge, requests, tasks, waiting

TARGETS = Targets.of(CONTRACT)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SITE = "#microsoft.graph.sharePointSiteMigrationTaskParameters"


def dated(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parameters(**members: Any) -> dict[str, Any]:
    given = {
        "@odata.type": SITE,
        "sourceSiteUrl": "https://contoso.sharepoint.example/sites/IT",
        "targetSiteUrl": "https://fabrikam.sharepoint.example/sites/IT",
        "targetOrganizationHost": "https://fabrikam-my.sharepoint.example",
        "preferredStartDateTime": dated(NOW + timedelta(days=8)),
    }
    return {name: value for name, value in (given | members).items() if value is not None}


def written(folder: Path, document: object) -> Path:
    path = folder / "task.json"
    path.write_text(json.dumps(document))
    return path


def for_tenant(tenant: Running, folder: Path, site: str = "one", **members: Any) -> Path:
    """A file that the tenant takes: its clock may be ahead."""
    start = dated(tenant.clock.now() + timedelta(days=8))
    source = f"https://contoso.sharepoint.example/sites/{site}"
    given = {"sourceSiteUrl": source, "preferredStartDateTime": start} | members
    return written(folder, {"parameters": parameters(**given)})


class TestFile:
    def test_one_that_is_right(self, tmp_path: Path) -> None:
        made = read_create_file(written(tmp_path, {"parameters": parameters()}), TARGETS, NOW)
        assert made.lookup.endswith(
            "/getBySourceSiteUrl(sourceSiteUrl='https%3A%2F%2Fcontoso.sharepoint.example%2Fsites%2FIT')"
        )
        assert made.dates == {"preferredStartDateTime": NOW + timedelta(days=8)}

    @pytest.mark.parametrize(
        ("kind", "member", "value", "lookup"),
        [
            (
                "User",
                "sourceUserIdentity",
                {"userPrincipalName": "o'neil@x.example"},
                "o%27%27neil%40x.example",
            ),
            ("Group", "mailNickname", "team/a?b", "team%2Fa%3Fb"),
        ],
    )
    def test_its_source_is_looked_up(
        self, tmp_path: Path, kind: str, member: str, value: object, lookup: str
    ) -> None:
        given = parameters(sourceSiteUrl=None, **{"@odata.type": SITE.replace("Site", kind), member: value})
        assert read_create_file(written(tmp_path, {"parameters": given}), TARGETS, NOW).lookup.endswith(
            f"='{lookup}')"
        )

    @pytest.mark.parametrize(
        ("document", "says"),
        [
            ({}, "parameters"),
            ({"parameters": []}, "parameters"),
            ({"parameters": parameters(), "id": "x"}, "no other member"),
            ({"parameters": parameters(), "status": "notStarted"}, "no other member"),
            ({"parameters": parameters(validateOnly=True)}, "validateOnly"),
            ({"parameters": parameters(validateOnly="no")}, "validateOnly"),
            ({"parameters": parameters(preferredStartDateTime=None)}, "7 days ahead"),
            ({"parameters": parameters(preferredStartDateTime=dated(NOW))}, "7 days ahead"),
            (
                {"parameters": parameters(preferredStartDateTime=dated(NOW + timedelta(days=6, hours=23)))},
                "7 days",
            ),
            ({"parameters": parameters(preferredStartDateTime="2099-01-01")}, "7 days ahead"),
            ({"parameters": parameters(preferredStartDateTime="2099-01-01T00:00:00")}, "7 days ahead"),
            ({"parameters": parameters(preferredStartDateTime=4102444800)}, "7 days ahead"),
            ({"parameters": parameters(preferredStartDateTime="x" * 10_000)}, "7 days ahead"),
            ({"parameters": parameters(preferredLatestStartDateTime="soon")}, "preferredLatestStartDateTime"),
            ({"parameters": parameters(preferredLatestStartDateTime=dated(NOW))}, "earlier than"),
            ({"parameters": parameters(sourceSiteUrl=None)}, "the source cannot be looked up"),
            ({"parameters": parameters(sourceSiteUrl=["x"])}, "the source cannot be looked up"),
            (
                {"parameters": parameters(**{"@odata.type": "#microsoft.graph.other"})},
                "the source cannot be looked up",
            ),
        ],
    )
    def test_one_that_is_wrong(self, tmp_path: Path, document: object, says: str) -> None:
        with pytest.raises(CreationError) as caught:
            read_create_file(written(tmp_path, document), TARGETS, NOW)
        assert says in str(caught.value)

    @pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 5000, "\x00", '{"a":1,"a":2}'])
    def test_garbage(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "task.json"
        path.write_text(text)
        with pytest.raises(UserError):
            read_create_file(path, TARGETS, NOW)

    def test_none(self, tmp_path: Path) -> None:
        with pytest.raises(ContractError):
            read_create_file(tmp_path / "none.json", TARGETS, NOW)


class TestPlaceholders:
    def test_they_are_filled_wherever_a_string_stands(self, tmp_path: Path) -> None:
        named = parameters(sourceSiteUrl="https://x/{date}-{random}-{{a}}", more=["{date}", {"{date}": 1}])
        made = read_create_file(written(tmp_path, {"parameters": named}), TARGETS, NOW)
        random = made.values["random"]
        assert re.fullmatch("[0-9a-f]{8}", random)
        filled = json.loads(made.content)["parameters"]
        assert filled["sourceSiteUrl"] == f"https://x/2026-11-24-{random}-{{a}}"
        assert filled["more"] == ["2026-11-24", {"{date}": 1}]
        assert f"2026-11-24-{random}" in made.lookup

    def test_the_day_is_that_of_utc(self) -> None:
        east = datetime(2026, 11, 25, 3, tzinfo=timezone(timedelta(hours=9)))
        assert make_placeholder_values(east)["date"] == "2026-11-24"

    def test_each_run_has_its_own_and_the_same_values_make_the_same_content(self, tmp_path: Path) -> None:
        path = written(tmp_path, {"parameters": parameters(sourceSiteUrl="https://x/{random}")})
        first, second = (read_create_file(path, TARGETS, NOW) for _ in range(2))
        assert first.sha256 != second.sha256
        assert read_create_file(path, TARGETS, NOW, first.values) == first

    @pytest.mark.parametrize(
        "text", ["{run}", "{}", "{Date}", "{date }", "{date", "date}", "{{date}", "{a{date}"]
    )
    def test_an_unknown_one_is_an_error_that_lists_them(self, tmp_path: Path, text: str) -> None:
        path = written(tmp_path, {"parameters": parameters(targetSiteUrl=f"https://x/{text}")})
        with pytest.raises(CreationError, match=r"(?s)task\.json: .*\{date\}, \{random\}"):
            read_create_file(path, TARGETS, NOW)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (
            f"https://graph.microsoft.com{TARGETS.collection}?$top=100&$skiptoken=x-1",
            "?$top=100&$skiptoken=x-1",
        ),
        (f"https://evil.example{TARGETS.collection}?$skiptoken=x", "?$skiptoken=x"),
        (f"https://graph.microsoft.com{TARGETS.collection}/x/cancel?a=b", None),
        (f"https://graph.microsoft.com{TARGETS.collection}", None),
        (f"https://graph.microsoft.com{TARGETS.collection}?a=b#c", None),
        (f"https://graph.microsoft.com{TARGETS.collection}?a=b\r\nX: y", None),
        (f"{TARGETS.collection}?{'x' * 3000}", None),
        ("?$skiptoken=x", None),
        (["x"], None),
        (None, None),
    ],
)
def test_a_link_to_the_next_page_leads_nowhere_else(link: object, target: str | None) -> None:
    assert TARGETS.next_page(link) == (f"{TARGETS.collection}{target}" if target else None)


def created(tenant: Running, folder: Path, file: Path, **options: Any) -> tuple[Any, set[str]]:
    """What a run with --create came to, and the tasks that it has added."""
    before = {task.id for task in tenant.tasks.all()}
    result = judge(tenant, folder, allow_cancel=True, create=file, **options)
    return result, {task.id for task in tenant.tasks.all()} - before


def statuses(tenant: Running, ids: set[str]) -> list[str]:
    return [task.status for task in tenant.tasks.all() if task.id in ids]


class TestRun:
    def test_it_is_made_cancelled_and_nothing_is_left(self, tenant: Running, tmp_path: Path) -> None:
        result, made = created(tenant, tmp_path, for_tenant(tenant, tmp_path, "made"))
        assert result.status == 0
        assert {"service.cancel", "service.effect"} <= result.of("pass")
        assert statuses(tenant, made) == ["cancelled"]
        assert not read_journal(tmp_path / "journal.jsonl").open

    def test_there_may_be_more_tasks_than_a_page_holds(self, tenant: Running, tmp_path: Path) -> None:
        tasks(tenant, *[Status.COMPLETED] * 21)
        log = tmp_path / "log.jsonl"
        file = for_tenant(tenant, tmp_path, "pages")
        result, made = created(tenant, tmp_path, file, request_log=log, select=("service.cancel",))
        assert result.status == 0
        assert statuses(tenant, made) == ["cancelled"]
        assert sum(line["purpose"] == "list" for line in requests(log)) > 3

    def test_a_source_that_has_a_task_gets_no_other(self, tenant: Running, tmp_path: Path) -> None:
        file = for_tenant(tenant, tmp_path, "twice")
        created(tenant, tmp_path, file)
        log = tmp_path / "log.jsonl"
        result, made = created(tenant, tmp_path, file, request_log=log)
        assert not made
        assert "create" not in {line["purpose"] for line in requests(log)}
        assert any("nothing was created" in line for line in result.said)
        assert result.status == 3

    @pytest.mark.parametrize(
        "shown",
        [
            {"status": "inProgress"},
            {"status": None},
            {"id": None},
            {"id": ""},
            {"id": 7},
            {"parameters": {}},
            {"parameters": {"preferredStartDateTime": "2026-01-01T00:00:00Z"}},
        ],
    )
    def test_one_that_is_not_as_it_was_asked_for_is_left_alone(
        self,
        tenant: Running,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        shown: Mapping[str, Any],
    ) -> None:
        service = type(tenant.service())
        original = service.render_task

        def changed(self: Any, request: Any, task: Any) -> dict[str, Any]:
            document = original(self, request, task)
            return {**document, **shown} if request.method == "POST" else document

        monkeypatch.setattr(service, "render_task", changed)
        file = for_tenant(tenant, tmp_path, f"odd-{abs(hash(str(shown)))}")
        log = tmp_path / "log.jsonl"
        result, made = created(tenant, tmp_path, file, request_log=log)
        assert statuses(tenant, made) == ["notStarted"]
        assert "cancel" not in {line["purpose"] for line in requests(log)}
        assert any("must not be cancelled" in line for line in result.said)

    def test_an_update_in_disguise_is_left_alone(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service = type(tenant.service())
        original = service.render_task
        old = next(iter(tenant.tasks.all())).id

        def changed(self: Any, request: Any, task: Any) -> dict[str, Any]:
            document = original(self, request, task)
            return document | {"id": old} if request.method == "POST" else document

        monkeypatch.setattr(service, "render_task", changed)
        result, _ = created(tenant, tmp_path, for_tenant(tenant, tmp_path, "disguise"))
        assert any("its id is not new" in line for line in result.said)

    def test_an_open_journal_forbids_another(self, tenant: Running, tmp_path: Path) -> None:
        path = tmp_path / "journal.jsonl"
        root = tenant.root.removesuffix("/beta")
        intend = {"event": "intend", "kind": "cancel", "id": "t-1"}
        path.write_text(journal_text(intend, {"event": "end"}, root=root, tenant=tenant.tenant_id))
        with pytest.raises(JournalError, match="--resume"):
            created(tenant, tmp_path, for_tenant(tenant, tmp_path, "forbidden"))
        assert judge(tenant, tmp_path).status == 0  # and forbids nothing else

    def test_a_journal_of_another_tenant_is_not_gone_on_with(self, tenant: Running, tmp_path: Path) -> None:
        path = tmp_path / "journal.jsonl"
        intend, root = {"event": "intend", "kind": "cancel", "id": "t-1"}, tenant.root.removesuffix("/beta")
        path.write_text(journal_text(intend, {"event": "end"}, root=root, tenant="another"))
        with pytest.raises(JournalError, match="another tenant"):
            judge(tenant, tmp_path)


def resumed(
    tenant: Running,
    path: Path,
    *,
    finish: bool = False,
    url: str = "",
    contract: str | None = None,
    env: Mapping[str, str] | None = None,
) -> tuple[int, list[str]]:
    said: list[str] = []
    status = resume(
        path,
        url,
        dict(env or environment(tenant)),
        said.append,
        finish=finish,
        contract_named=contract,
        clock=waiting(tenant, []),
    )
    return status, said


def contract_file(path: Path, **request: Any) -> Path:
    """The shipped contract with these changes."""
    own = document(DEFAULT_CONTRACT, None)
    path.write_text(json.dumps(own | {"id": "mine", "request": own["request"] | request}))
    return path


def cut_off(tenant: Running, folder: Path, contract: Path) -> Path:
    """The journal of a run by this contract that was stopped when it had made a task."""
    send, made = Sender.send, list[str]()

    def sent(self: Sender, method: str, target: str, *rest: Any) -> Any:
        if made:
            raise KeyboardInterrupt
        if method == "POST" and target == COLLECTION:
            made.append(target)
        return send(self, method, target, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sender, "send", sent)
        file = for_tenant(tenant, folder, folder.name)
        options: dict[str, Any] = {"contract": str(contract), "select": ("service.cancel",)}
        assert judge(tenant, folder, allow_cancel=True, create=file, **options).status == 130
    return folder / "journal.jsonl"


class TestResume:
    def test_no_journal(self, tenant: Running, tmp_path: Path) -> None:
        with pytest.raises(JournalError, match="does not exist"):
            resumed(tenant, tmp_path / "none.jsonl")

    def test_nothing_left(self, tenant: Running, tmp_path: Path) -> None:
        judge(tenant, tmp_path)
        assert resumed(tenant, tmp_path / "journal.jsonl")[0] == 0

    @pytest.mark.parametrize("url", ["https://graph.microsoft.com", "http://127.0.0.1:9"])
    def test_not_elsewhere(self, tenant: Running, tmp_path: Path, url: str) -> None:
        path = open_journal(tenant, tmp_path, {"event": "intend", "kind": "cancel", "id": "t-1"})
        with pytest.raises(JournalError, match="--tenant-url"):
            resumed(tenant, path, url=url)

    def test_not_with_another_tenants_token(self, tenant: Running, tmp_path: Path) -> None:
        path = open_journal(
            tenant, tmp_path, {"event": "intend", "kind": "cancel", "id": "t-1"}, tenant_id="x"
        )
        with pytest.raises(JournalError, match="different tenants"):
            resumed(tenant, path, finish=True)

    def test_not_at_a_host_that_a_journal_brings(self, tenant: Running, tmp_path: Path) -> None:
        path = open_journal(
            tenant,
            tmp_path,
            {"event": "intend", "kind": "cancel", "id": "t-1"},
            root="https://evil.example",
        )
        with pytest.raises(UserError, match="not allowed"):
            resumed(tenant, path, finish=True)

    def test_by_the_contract_that_the_run_had(self, tenant: Running, tmp_path: Path) -> None:
        file, moved = contract_file(tmp_path / "mine.json"), tmp_path / "moved.json"
        journal = cut_off(tenant, tmp_path, file)
        assert read_journal(journal).contract == str(file)
        assert resumed(tenant, journal)[0] == 1
        other = contract_file(tmp_path / "other.json", version="v1.0")
        with pytest.raises(JournalError, match=r"(?s)is for POST /beta/.* is for POST /v1\.0/.*--contract"):
            resumed(tenant, journal, contract=str(other))
        with pytest.raises(JournalError, match="has open items of another contract"):
            judge(tenant, tmp_path, tenant_url=tenant.root.removesuffix("/beta"), contract=str(other))
        file.rename(moved)
        with pytest.raises(JournalError, match=r"(?s)mine\.json .* cannot be loaded.* --contract FILE"):
            resumed(tenant, journal)
        status, said = resumed(tenant, journal, finish=True, contract=str(moved))
        assert status == 0, said
        assert "cancelled" in said[0]

    def test_a_task_that_the_run_did_not_make_is_not_cancelled(self, tenant: Running, tmp_path: Path) -> None:
        id = next(task.id for task in tenant.tasks.all() if task.status == "notStarted")
        path = open_journal(tenant, tmp_path, {"event": "intend", "kind": "cancel", "id": id})
        status, said = resumed(tenant, path, finish=True)
        assert status == 0
        assert statuses(tenant, {id}) == ["notStarted"]
        assert "left unchanged" in said[0]

    def test_nor_one_whose_file_has_changed(self, tenant: Running, tmp_path: Path) -> None:
        id = next(task.id for task in tenant.tasks.all() if task.status == "notStarted")
        file = for_tenant(tenant, tmp_path, "changed")
        intend = {"event": "intend", "kind": "create", "file": str(file), "sha256": "0", "before": []}
        answered = {"event": "answered", "kind": "create", "id": id, "http": 200, "sure": False}
        path = open_journal(tenant, tmp_path, intend, answered)
        status, said = resumed(tenant, path, finish=True)
        assert status == 1
        assert statuses(tenant, {id}) == ["notStarted"]
        assert "manually" in said[0]


def open_journal(
    tenant: Running,
    folder: Path,
    *events: Mapping[str, Any],
    root: str | None = None,
    tenant_id: str | None = None,
) -> Path:
    path = folder / "journal.jsonl"
    root = root or tenant.root.removesuffix("/beta")
    path.write_text(journal_text(*events, {"event": "end"}, root=root, tenant=tenant_id or tenant.tenant_id))
    return path
