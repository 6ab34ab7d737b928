"""The tenant as a web application: requests in, bounded; answers of the steps out.

Knows Starlette; what is answered the steps and the authority say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphcontract.tenant.authority import Authority
from graphcontract.tenant.responses import Refusal
from graphcontract.tenant.routing import Router
from graphcontract.tenant.steps import Asked, Steps, Tenant

MOST_CONTENT = 256 << 10
_SECONDS_TO_SEND = 10.0


def application(tenant: Tenant, steps: Callable[[], Steps]) -> ASGIApp:
    """The authority's endpoints, and the service below every other path; `steps` are asked for each time."""
    authority = Authority(tenant.directory, tenant.clock, read_content)
    service = Mount("/", app=_service(tenant, steps))
    return _dated(Starlette(routes=[*authority.routes(), service]), tenant)


async def read_content(request: Request) -> bytes | None:
    """A request's content; None where it is more than `MOST_CONTENT` bytes, or does not come in time."""
    content = b""
    try:
        async with asyncio.timeout(_SECONDS_TO_SEND):
            async for part in request.stream():
                content += part
                if len(content) > MOST_CONTENT:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return content


def _service(tenant: Tenant, steps: Callable[[], Steps]) -> ASGIApp:
    router = Router(tenant.contract)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["raw_path"].decode("latin-1")
        content = await read_content(request)
        asked = Asked(
            method=request.method,
            path=path,
            query=scope["query_string"].decode("latin-1"),
            headers=request.headers,
            content=content or b"",
            named=router.named(path),
        )
        response = steps().answer(asked) if content is not None else _too_much(steps(), asked)
        await response(scope, receive, send)

    return serve


def _too_much(steps: Steps, asked: Asked) -> Response:
    refusal = Refusal(413, "The content is too large, or too slow.", fields={"Connection": "close"})
    return steps.finish(asked, steps.refuse(asked, refusal))


def _dated(app: ASGIApp, tenant: Tenant) -> ASGIApp:
    """Date every answer by the tenant's clock."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(tenant.clock.now().replace(microsecond=0), usegmt=True)
                message["headers"] = [*message.get("headers", ()), (b"date", date.encode())]
            await send(message)

        await app(scope, receive, dated)

    return serve
