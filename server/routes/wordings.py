"""The trainer's doors to wordings that agents use instead of an article's own."""

from time import time
from typing import Annotated

from fastapi import APIRouter, Path

from server.access import working
from server.routes.people import Trainer
from server.services import ServicesDep
from server.store.queries import wordings as queries
from server.wire.wordings import DecidedWording, ProposedWording, WordingDecision, WordingRequest

router = APIRouter(prefix="/v1/training/wordings", tags=["training"])


@router.get("")
async def listing(user: Trainer, services: ServicesDep) -> list[ProposedWording]:
    """Wordings that several agents came to by themselves, within reach, that nobody has decided about."""
    async with services.store.read() as session:
        return await queries.proposed(session, working(user), time())


@router.post("/{article_id}/{article_version}/{wording}")
async def decide(
    article_id: Annotated[str, Path(max_length=200)],
    article_version: Annotated[int, Path(ge=1, le=2**31 - 1)],
    wording: Annotated[str, Path(max_length=64)],
    request: WordingRequest,
    user: Trainer,
    services: ServicesDep,
) -> DecidedWording:
    """Make a draft that awaits approval, or put the wording aside. 409 if somebody decided otherwise."""
    of = (article_id, article_version, wording)
    decided = await services.store.write(
        lambda session: queries.decide(session, working(user), of, request.decision, user.login, time())
    )
    detail = {"wording": wording, "version": decided.version}
    action = "wording.accept" if request.decision is WordingDecision.ACCEPT else "wording.dismiss"
    await services.store.append_audit(user.login, action, ("article", article_id), detail, user.tenant)
    return decided
