"""Explains why a live run does not exercise a clause, where the reason is an option, the credential or the
test data.
"""

from __future__ import annotations

from graphcontract.clauses.service_queries import LESSER_TOKEN, purpose_kind, status_to
from graphcontract.live.scenarios.context import ScenarioContext

_NO_CANCEL = "this run cancels no task; use --allow-cancel with --task ID or --create FILE"


def collect_unmet(context: ScenarioContext) -> dict[str, str]:
    """The preconditions that the run did not meet, by clause; they fail the run."""
    steps = [
        step for trial in context.trials for step in trial.exchanges if purpose_kind(step) == LESSER_TOKEN
    ]
    if steps and all(status_to(step) == 401 for step in steps):
        expired = (
            "the tenant rejects the second credential with 401: it has expired, or is for another tenant"
        )
        return {"service.permission": expired, **context.unmet}
    return context.unmet


def collect_reasons(context: ScenarioContext, *, complete: bool) -> dict[str, str]:
    """Why a run with these options cannot exercise a clause, by clause; `context.reasons` take precedence.
    Only a `complete` run can say that the tenant never sent a certain response.
    """
    reasons = {
        "service.media-type": "no response was 204",
        "service.repeat": "no task was cancelled, so none could be cancelled twice",
        "service.error-shape": "no error response had a request-id",
    }
    if not complete:
        reasons = {}
    if not (context.cancel and (context.tasks or context.creation)):
        reasons |= dict.fromkeys(("service.cancel", "service.effect", "service.list"), _NO_CANCEL)
    if not (context.started and context.cancel):
        reasons["service.precondition"] = (
            "no task that has started is given; use --allow-cancel with --started-task ID"
        )
    if context.get_only:
        reasons["service.permission"] = "--get-only sends no cancel"
    elif not context.lesser and context.privileged:
        reasons["service.permission"] = "no second credential is set (GRAPHCONTRACT_TOKEN_UNPRIVILEGED)"
    if not context.loopback:
        reasons["service.method"] = "other methods are sent to loopback only"
    elif context.get_only:
        reasons["service.method"] = "--get-only sends no other method"
    return reasons | context.reasons
