"""The description of the HTTP doors, for people who are logged in."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from server.routes.people import Person

router = APIRouter()


@router.get("/openapi.json", include_in_schema=False)
async def openapi(person: Person, request: Request) -> JSONResponse:
    """The doors as OpenAPI."""
    return JSONResponse(request.app.openapi())
