"""pytest's options for a tenant, and the options of a live run that they make."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from graphcontract.pytest_plugin.options import read_value

if TYPE_CHECKING:
    from graphcontract.live.options import LiveOptions


def add_tenant_options(parser: pytest.Parser) -> None:
    """Add the options for a tenant. They have no ini options: each run decides what it may change."""
    group = parser.getgroup("graphcontract tenant", "Microsoft Graph tenants")
    group.addoption(
        "--graph-tenant-url", default="", metavar="URL", help="service root of the tenant to check"
    )
    group.addoption("--graph-get-only", action="store_true", help="send only GET requests")
    group.addoption("--graph-allow-cancel", action="store_true", help="allow cancelling a task that is given")
    for name, text in (
        ("task", "task that has not started; it is cancelled permanently"),
        ("started-task", "task that has ended, so that its cancel must fail"),
    ):
        group.addoption(f"--graph-{name}", action="append", default=[], metavar="ID", help=text)
    group.addoption(
        "--graph-confirm-tenant",
        default=None,
        metavar="ID",
        help="tenant in which to cancel: the tid of its tokens",
    )
    group.addoption(
        "--graph-rate",
        type=_rate,
        default=4.0,
        metavar="N",
        help="maximum number of requests per second: 0.1 to 100",
    )


def _rate(text: str) -> float:
    rate = float(text)
    if not 0.1 <= rate <= 100:
        raise ValueError
    return rate


def read_live_options(config: pytest.Config) -> LiveOptions:
    """Make the options of a live run from pytest's. Raises pytest.UsageError."""
    from graphcontract.live.options import LiveOptions

    names = ("contract", "profile", "fail_on", "known_failures")
    given = {name: value for name in names if (value := read_value(config, name)) is not None}
    seed = read_value(config, "seed")
    if seed is None:
        seed = secrets.randbits(32) if given.get("profile") == "nightly" else 0
    return LiveOptions(
        tenant_url=config.getoption("graph_tenant_url"),
        get_only=config.getoption("graph_get_only"),
        allow_cancel=config.getoption("graph_allow_cancel"),
        tasks=tuple(config.getoption("graph_task")),
        started_tasks=tuple(config.getoption("graph_started_task")),
        confirm_tenant=config.getoption("graph_confirm_tenant"),
        select=tuple(config.getoption("graph_select")),
        deselect=tuple(config.getoption("graph_deselect")),
        rate=config.getoption("graph_rate"),
        seed=seed,
        **given,
    )
