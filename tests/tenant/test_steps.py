"""The service without a fault: what its operations answer."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest

from graphcontract.contract.model import Permission, Precondition, SuccessRule
from graphcontract.tenant.app import MOST_CONTENT
from graphcontract.tenant.directory import READ
from graphcontract.tenant.tasks import Status
from tests.tenant import CONTRACT, LATER, NOON, ORIGIN, TASKS, USER, Asking, code

UNKNOWN = "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0"


@pytest.fixture
def asking() -> Asking:
    return Asking()


def test_a_task_is_created_read_and_cancelled(asking: Asking) -> None:
    created = asking.create(preferredStartDateTime=LATER)
    assert created.status_code == 200
    task = created.json()
    assert (task["status"], task["parameters"]) == ("notStarted", {**USER, "preferredStartDateTime": LATER})
    assert asking("GET", f"{TASKS}/{task['id']}").json() == task
    cancelled = asking.cancel(task["id"])
    assert (cancelled.status_code, cancelled.content) == (204, b"")
    assert "content-type" not in cancelled.headers
    assert asking.status(task["id"]) == "cancelled"


def test_a_create_for_the_same_source_updates(asking: Asking) -> None:
    first = asking.create(preferredStartDateTime=LATER).json()
    second = asking.create(preferredStartDateTime="2026-05-01T00:00:00Z").json()
    assert second["id"] == first["id"]
    assert second["parameters"]["preferredStartDateTime"] == "2026-05-01T00:00:00Z"
    asking.cancel(first["id"])
    assert asking.create().json()["id"] != first["id"]


def test_a_task_without_a_start_has_started(asking: Asking) -> None:
    id = asking.create().json()["id"]
    assert asking.status(id) == "inProgress"
    assert asking.create().status_code == 409
    rejected = asking.cancel(id)
    assert (rejected.status_code, code(rejected)) == (409, "conflict")
    asking.clock.advance(60)
    assert asking.status(id) == "completed"


def test_validation_makes_no_task(asking: Asking) -> None:
    answer = asking.create(validateOnly=True)
    assert answer.status_code == 200
    assert answer.json() == {"status": "completed", "parameters": {**USER, "validateOnly": True}}
    assert asking("GET", TASKS).json() == {"value": []}


def test_a_create_has_to_be_json_and_complete(asking: Asking) -> None:
    unsupported = asking("POST", TASKS, content=b"{}")
    assert (unsupported.status_code, code(unsupported)) == (415, "unsupportedMediaType")
    bad = asking("POST", TASKS, json={})
    assert (bad.status_code, code(bad)) == (400, "badRequest")
    assert asking("POST", TASKS, "reader", json={"parameters": USER}).status_code == 403


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_what_has_started_or_ended_is_not_cancelled(asking: Asking, status: Status) -> None:
    id = asking.task("a", status)
    rejected = asking.cancel(id)
    assert (rejected.status_code, code(rejected)) == (409, "conflict")
    assert asking.status(id) == status


def test_a_failed_task_says_why(asking: Asking) -> None:
    error = asking("GET", f"{TASKS}/{asking.task('a', Status.FAILED)}").json()["error"]
    assert error.keys() == {"code", "message"}


@pytest.mark.parametrize(
    ("id", "status", "error"),
    [(UNKNOWN, 404, "itemNotFound"), ("0", 400, "badRequest"), ("%00", 400, "badRequest")],
)
def test_an_id_that_names_no_task(asking: Asking, id: str, status: int, error: str) -> None:
    for answer in (asking.cancel(id), asking("GET", f"{TASKS}/{id}")):
        assert (answer.status_code, code(answer)) == (status, error)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CANCEL"])
def test_another_method_does_not_cancel(asking: Asking, method: str) -> None:
    id = asking.task("a")
    answer = asking(method, f"{TASKS}/{id}/cancel")
    assert (answer.status_code, code(answer), answer.headers["Allow"]) == (405, "methodNotAllowed", "POST")
    assert asking.status(id) == "notStarted"


def test_a_list_comes_in_pages(asking: Asking) -> None:
    ids = [asking.task(str(number)) for number in range(5)]
    found, pages, path = [], 0, f"{TASKS}?$top=2"
    while path:
        page = asking("GET", path).json()
        found += [task["id"] for task in page["value"]]
        pages += 1
        link = page.get("@odata.nextLink", "")
        assert not link or link.startswith(f"{ORIGIN}{TASKS}?")
        path = link.removeprefix(ORIGIN)
    assert (found, pages) == (ids, 3)


@pytest.mark.parametrize(
    "query",
    [
        "$top=0",
        "$top=101",
        "$top=x",
        "$top=٣",
        "$select=id",
        "$skiptoken=guess",
        "$filter=status",
        "x=1",
        "&".join(["a=1"] * 50),
    ],
)
def test_a_query_that_is_not_supported_is_refused(asking: Asking, query: str) -> None:
    answer = asking("GET", f"{TASKS}?{query}")
    assert (answer.status_code, code(answer)) == (400, "badRequest")


def test_select(asking: Asking) -> None:
    id = asking.task("a")
    path = f"{TASKS}/{id}?$select="
    assert asking("GET", f"{path}id,status,error").json() == {"id": id, "status": "notStarted"}
    for query in ("color", "id,color", "", "id&$expand=x"):
        assert asking("GET", path + query).status_code == 400


def test_a_lookup_finds_the_newest(asking: Asking) -> None:
    first = asking.create(preferredStartDateTime=LATER).json()
    asking.cancel(first["id"])
    second = asking.create(preferredStartDateTime=LATER).json()
    path = f"{TASKS}/getBySourceUserPrincipalName(sourcePrincipalName='adele@contoso.example')"
    assert asking("GET", path).json() == second
    assert asking("GET", path.replace("adele", "alex")).status_code == 404
    assert asking("POST", path).status_code == 405


def test_no_other_resource_is_there(asking: Asking) -> None:
    answer = asking("GET", "/beta/users")
    assert (answer.status_code, code(answer)) == (404, "ResourceNotFound")


def test_every_answer_is_dated_and_numbered(asking: Asking) -> None:
    sent = {"client-request-id": "0a7b3f0e-5a3c-4a3b-9f57-4f7e7ad1b1c2"}
    answers = [
        asking("GET", TASKS, headers=sent),
        asking.cancel(asking.task("a"), headers=sent),
        asking.cancel(UNKNOWN, None, headers=sent),
        asking("POST", TASKS, headers=sent, content=b"a" * (MOST_CONTENT + 1)),
    ]
    assert [answer.status_code for answer in answers] == [200, 204, 401, 413]
    assert len({answer.headers["request-id"] for answer in answers}) == 4
    for answer in answers:
        assert answer.headers["client-request-id"] == sent["client-request-id"]
        assert parsedate_to_datetime(answer.headers["Date"]) == NOON
        if answer.status_code >= 400:
            inner = answer.json()["error"]["innerError"]
            assert inner["request-id"] == answer.headers["request-id"]
            assert (inner["client-request-id"], inner["date"]) == (
                sent["client-request-id"],
                "2026-03-01T12:00:00",
            )


def test_the_content_of_a_cancel_does_not_matter(asking: Asking) -> None:
    id = asking.task("a")
    assert asking.cancel(id, content=b"{}").status_code == 204
    assert asking.status(id) == "cancelled"


def test_a_tenant_that_is_full_says_so(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.tasks, "_most", 1)
    asking.task("a")
    answer = asking.create(preferredStartDateTime=LATER)
    assert (answer.status_code, code(answer)) == (507, "insufficientStorage")


def test_the_contract_says_method_path_success_permission_and_code() -> None:
    other = replace(
        CONTRACT,
        request=replace(CONTRACT.request, method="PATCH", version="v1.0", path="/things/{id}/stop"),
        success=SuccessRule(202, "absent"),
        error_codes={409: ("tooLate",)},
        permissions=(Permission("Application", (READ,), ()),),
        precondition=Precondition("It has started.", ("inProgress",)),
    )
    asking = Asking(contract=other)
    id = asking.task("a")
    path = f"/v1.0/things/{id}/stop"
    assert asking("POST", path, "reader").headers["Allow"] == "PATCH"
    assert asking("PATCH", path, "privileged").status_code == 403
    rejected = asking("PATCH", path, "reader")
    assert (rejected.status_code, code(rejected)) == (409, "tooLate")
    assert asking("GET", f"/v1.0/things/{id}").json()["status"] == "notStarted"
    assert asking.cancel(id).status_code == 404
