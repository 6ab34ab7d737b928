"""The tenant as an ASGI application: limits the request body, calls the service, and dates the response."""

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
from graphcontract.tenant.responses import Rejection
from graphcontract.tenant.routing import Router
from graphcontract.tenant.service import Service, ServiceRequest, Tenant

# Far above the body of a create request, which has about 1 KiB: what one request can hold of memory and time.
MOST_CONTENT = 256 << 10  # bytes; more get 413
_SECONDS_TO_SEND = 10.0  # a slower body gets 413


def make_application(tenant: Tenant, get_service: Callable[[], Service]) -> ASGIApp:
    """The endpoints of the authority, and the service on every other path. `get_service` is called
    for each request, so that the fault can change.
    """
    authority = Authority(tenant.directory, tenant.clock, read_content)
    rest = Mount("/", app=_make_endpoint(tenant, get_service))
    return _add_date(Starlette(routes=[*authority.make_routes(), rest]), tenant)


async def read_content(request: Request) -> bytes | None:
    """A request body; None where it has more than `MOST_CONTENT` bytes or does not arrive in time."""
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


def _make_endpoint(tenant: Tenant, get_service: Callable[[], Service]) -> ASGIApp:
    router = Router(tenant.contract)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["raw_path"].decode("latin-1")
        content = await read_content(request)
        service_request = ServiceRequest(
            method=request.method,
            path=path,
            query=scope["query_string"].decode("latin-1"),
            headers=request.headers,
            content=content or b"",
            route=router.find_route(path),
        )
        service = get_service()
        response = (
            service.respond(service_request)
            if content is not None
            else _reject_content(service, service_request)
        )
        await response(scope, receive, send)

    return serve


def _reject_content(service: Service, service_request: ServiceRequest) -> Response:
    rejection = Rejection(413, "The request body is too large or too slow.", fields={"Connection": "close"})
    return service.finish_response(service_request, service.reject(service_request, rejection))


def _add_date(app: ASGIApp, tenant: Tenant) -> ASGIApp:
    """Date every response by the tenant's clock."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_date(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(tenant.clock.now().replace(microsecond=0), usegmt=True)
                message["headers"] = [*message.get("headers", ()), (b"date", date.encode())]
            await send(message)

        await app(scope, receive, send_with_date)

    return serve
