"""The built web pages: one application for the staff, one small page for customers."""

from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import Response

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; media-src 'self' blob:; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)
ROUTES = ("/", "/login", "/panel", "/demo", "/conversations", "/conversations/{rest:path}")


def add_pages(app: FastAPI, folder: Path) -> None:
    """Serve the pages in `folder`; without them every page says how to build them."""
    app.add_middleware(BaseHTTPMiddleware, dispatch=_add_headers)
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


async def _add_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response
