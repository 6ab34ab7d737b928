"""The action in ten lines on requests, as in many scripts, and the adapter for graphcontract."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

import requests

from graphcontract.exchange import Call, Outcome

IMPLEMENTATION = {"name": "requests", "version": requests.__version__, "notes": "ten lines on a Session"}
LIMITS = {"timeout": "attempt", "surface": "generic"}

TASKS = "solutions/sharePoint/migrations/crossOrganizationMigrationTasks"


def cancel_task(
    session: requests.Session, root: str, token: str, task_id: str, timeout: float
) -> requests.Response:
    """Cancel one task; raises requests.RequestException."""
    response = session.post(
        f"{root}/{TASKS}/{quote(task_id, safe='')}/cancel",
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout,
    )
    response.raise_for_status()
    return response


@cache
def _session(number: int, ca_file: str | None) -> requests.Session:  # noqa: ARG001 - one for each number
    session = requests.Session()
    session.verify = ca_file or True
    return session


def cancel(call: Call) -> Outcome:
    """Make one call and report it as requests' documentation distinguishes its errors."""
    root = call.base_url or "https://graph.microsoft.com/beta"
    try:
        response = cancel_task(
            _session(call.client, call.ca_file), root, call.token, call.task_id, call.timeout
        )
    except requests.HTTPError as error:
        return Outcome.failure(
            kind="http", type="HTTPError", status=error.response.status_code, message=str(error)
        )
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL) as error:
        return Outcome.rejected(str(error))
    except requests.Timeout as error:
        return Outcome.failure(kind="timeout", type=type(error).__name__, message=str(error))
    except requests.RequestException as error:
        return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))
    return Outcome.success(status=response.status_code)
