"""The options of a live run. Contradictory ones are rejected before anything is sent."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from graphcontract.contract.model import DEFAULT_CONTRACT
from graphcontract.errors import UserError
from graphcontract.live.safety.allowed_hosts import Root
from graphcontract.live.safety.journal import DEFAULT
from graphcontract.live.urls import MALFORMED
from graphcontract.reporting.events import FailOn, ProfileName
from graphcontract.run.options import OptionError

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
MOST_TASKS = 20  # of --task and --started-task together; more are rejected before anything is sent


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options, as on the command line; `rate` is in requests a second."""

    tenant_url: str
    contract: str = DEFAULT_CONTRACT
    client: str | None = None
    get_only: bool = False
    allow_cancel: bool = False
    tasks: tuple[str, ...] = ()
    create: Path | None = None
    confirm_tenant: str | None = None
    started_tasks: tuple[str, ...] = ()
    risk_running_task: bool = False
    require_least_privilege: bool = False
    keep_bodies: Path | None = None
    request_log: Path | None = None
    journal: Path = DEFAULT
    budget: int = 400
    rate: float = 4.0
    profile: ProfileName = "gate"
    seed: int = 0
    fail_on: FailOn = "must"
    select: tuple[str, ...] = ()
    deselect: tuple[str, ...] = ()
    known_failures: str | None = None
    implementation: str | None = None
    start_timeout: float = 60.0

    def check(self, root: Root) -> None:
        """Raise OptionError for options that exclude each other, before anything is sent."""
        named = bool(self.tasks or self.create or self.started_tasks)
        if self.get_only and (self.allow_cancel or named):
            raise OptionError(
                "--get-only sends no POST", "Remove --allow-cancel, --task, --started-task and --create."
            )
        if named and not self.allow_cancel:
            raise OptionError(
                "--task, --create and --started-task need --allow-cancel, because they can change tasks"
            )
        if self.allow_cancel and not named:
            raise OptionError(
                "--allow-cancel needs a task", "Give --task ID, --create FILE or --started-task ID."
            )
        if self.allow_cancel and not root.loopback and not self.confirm_tenant:
            raise OptionError(
                "--allow-cancel needs the id of the tenant, except on loopback", "Give --confirm-tenant ID."
            )
        if self.risk_running_task and not self.started_tasks:
            raise OptionError("--risk-running-task needs --started-task ID")
        self._check_ids()

    def _check_ids(self) -> None:
        ids = (*self.tasks, *self.started_tasks)
        if len(ids) > MOST_TASKS:
            raise OptionError(f"{len(ids)} tasks are given: more than {MOST_TASKS}, the maximum")
        if len(set(ids)) != len(ids):
            raise OptionError("the same task id is given twice")
        for id in ids:
            if not _ID.fullmatch(id) or id in MALFORMED:
                raise OptionError(
                    f"{id[:60]!r} is not a task id", "Use letters, digits, hyphens and underscores."
                )

    def repeat(self, clause: str) -> str:
        """The command that tests one clause again, with placeholders for ids."""
        arguments = ["graphcontract", "live"]
        arguments += [self.client] if self.client else []
        arguments += ["--tenant-url", self.tenant_url]
        arguments += ["--contract", self.contract] if self.contract != DEFAULT_CONTRACT else []
        arguments += ["--get-only"] if self.get_only else []
        arguments += ["--allow-cancel"] if self.allow_cancel else []
        arguments += ["--task", "ID"] if self.tasks else []
        arguments += ["--create", "FILE"] if self.create else []
        arguments += ["--started-task", "ID"] if self.started_tasks else []
        arguments += ["--confirm-tenant", "ID"] if self.confirm_tenant else []
        return shlex.join([*arguments, "--select", clause])


class LiveUnreachable(UserError):
    """The tenant is unreachable, or responds only with 429 and 503."""

    code = "tenant-unreachable"
    status = 3
