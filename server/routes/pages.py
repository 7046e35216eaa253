"""The built web pages: one application for the staff, one small page for customers."""

from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; media-src 'self' blob:; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
ROUTES = (
    "/",
    "/login",
    "/password",
    "/no-access",
    "/admin/{rest:path}",
    "/panel",
    "/floor",
    "/demo",
    "/conversations",
    "/conversations/{rest:path}",
    "/training",
)


def add_pages(app: FastAPI, folder: Path) -> None:
    """Serve the pages in `folder`; without them every page says how to build them."""
    app.add_middleware(PageHeaders)
    app.mount("/assets", StaticFiles(directory=folder / "assets", check_dir=False), name="assets")

    def page(name: str) -> FileResponse:
        if not (folder / name).is_file():
            raise HTTPException(503, "the web pages are not built: run `make web`")
        return FileResponse(folder / name, headers={"Cache-Control": "no-cache"})

    async def staff() -> FileResponse:
        return page("index.html")

    async def customer() -> FileResponse:
        return page("chat.html")

    for route in ROUTES:
        app.add_api_route(route, staff, include_in_schema=False)
    app.add_api_route("/chat", customer, include_in_schema=False)
    app.add_api_route("/icon.svg", lambda: page("icon.svg"), include_in_schema=False)


class PageHeaders:
    """Adds the headers that tell a browser to be careful to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
