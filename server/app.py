"""`create_app(settings)` builds everything; nothing happens before the application starts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from time import time
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from asr.pool import RecognizerPool
from asr.prompts import read_prompts
from asr.repeats import Prints
from asr.vosk_recognizer import VoskModel
from server.auth import ChatLinks, Doorkeeper, Refusal, load_secret
from server.delivery import Delivery
from server.demo import Demo, load_packs, refuse_demo_logins, seed_demo, seed_knowledge
from server.hub import Hub
from server.keeping.housekeeping import keep_sweeping
from server.keeping.sweeping import Sweeper
from server.knowledge import Knowledge
from server.live.calls import Calls
from server.live.conversation import Published
from server.live.conversations import Conversations
from server.live.recorder import Recorder
from server.live.room import AudioRoom
from server.reindex import keep_index
from server.routes import (
    admin,
    calls,
    chat,
    claims,
    conversations,
    demo,
    health,
    knowledge,
    listen,
    panel,
    privacy,
    queues,
    review,
    schema,
    session,
    tasks,
    training,
    wordings,
)
from server.routes.bodies import BodyLimit
from server.routes.hosts import HostCheck, own_names
from server.routes.pages import add_pages
from server.services import Services
from server.session import Policy
from server.settings import Settings
from server.store import ConflictError, InvalidError, NotFoundError, Store, StoreError, upgrade
from server.store.passwords import WeakPasswordError
from server.version import version
from server.wire.base import ErrorCode, Problem
from server.wire.events import MessageState
from server.wire.rest import ProblemResponse
from suggest.spoken import similarity

log = logging.getLogger(__name__)
TICK_SECONDS = 0.5
REFRESH_SECONDS = 0.5
ROUTERS = (
    *(session, listen, panel, chat, calls, claims, admin, knowledge),
    *(conversations, review, privacy, demo, training, wordings, tasks, health, queues, schema),
)


def create_app(settings: Settings) -> FastAPI:
    """The application; its services live from start to shutdown."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _running(settings) as services:
            app.state.services = services
            yield

    app = FastAPI(title="Tici", version=version(), lifespan=lifespan, openapi_url=None)
    for routes in ROUTERS:
        app.include_router(routes.router)
    app.add_middleware(BodyLimit)
    add_pages(app, settings.web_dir)
    app.add_middleware(HostCheck, names=own_names(settings))
    _add_error_answers(app)
    return app


@contextlib.asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[Services]:
    """Build the services, take up what a crash left behind, and run the housekeeping until the end."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    url = settings.resolved_database_url()
    await asyncio.to_thread(upgrade, url)
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=settings.webhook_timeout))
        store = await Store.open(url)
        stack.push_async_callback(store.close)
        prompts = await asyncio.to_thread(_load_prompts, settings)
        loading = asyncio.to_thread(_load_pools, settings), asyncio.to_thread(Knowledge.load, settings, store)
        pools, suggestions = await asyncio.gather(*loading)
        executor = ThreadPoolExecutor(settings.asr_threads or cpu_count() or 1, thread_name_prefix="asr")
        recorder = Recorder(store, settings.data_dir)
        room = _audio_room(settings, pools, executor, recorder, prompts)
        services = await _build(settings, store, suggestions, room, client)
        await recorder.recover()
        await services.calls.recover()
        # The first recognisers warm up while the server already answers: an early call only waits a little longer.
        for pool in pools.values():
            executor.submit(pool.warm, settings.asr_warm)
        tasks = [asyncio.create_task(work) for work in [*_housekeeping(services), _sweeping(services, recorder)]]
        try:
            yield services
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _shut_down(services, executor, pools)


async def _build(
    settings: Settings, store: Store, suggestions: Knowledge, room: AudioRoom, client: httpx.AsyncClient
) -> Services:
    secret = load_secret(settings)
    player = await _seed(settings, store)
    await suggestions.refresh()
    hub: Hub[Published] = Hub()
    policy = Policy(
        max_cards=settings.max_cards,
        card_seconds=settings.card_seconds,
        cool_down=settings.cool_down,
        spoken_similarity=settings.spoken_similarity,
        languages=frozenset(settings.asr_languages),
    )
    live = Conversations(store, hub, suggestions, policy, similarity)

    async def tell(conversation_id: str, state: MessageState) -> None:
        conversation = await live.get(conversation_id)
        if conversation is not None:
            await conversation.do(lambda s: s.message_state(state, time()))

    return Services(
        settings=settings,
        store=store,
        hub=hub,
        knowledge=suggestions,
        conversations=live,
        calls=Calls(live, store, room, settings.max_calls, secret),
        delivery=Delivery(store, tell, client, settings.delivery_attempts, settings.chat_delivery_seconds),
        doorkeeper=Doorkeeper(store, settings),
        links=ChatLinks(secret, settings.chat_link_hours),
        demo=player,
    )


async def _seed(settings: Settings, store: Store) -> Demo | None:
    if not settings.demo:
        await refuse_demo_logins(store)
        return None
    packs = load_packs(settings.packs_dir)
    for pack in packs:
        if pack.lang in settings.asr_languages:
            await seed_knowledge(store, pack)
    return Demo(settings, packs, await seed_demo(store, settings))


def _load_pools(settings: Settings) -> dict[str, RecognizerPool]:
    derived = settings.data_dir / "asr"
    folders = {language: settings.speech_model(language) for language in settings.asr_languages}
    return {name: RecognizerPool(VoskModel(folder, derived)) for name, folder in folders.items() if folder is not None}


def _load_prompts(settings: Settings) -> Prints:
    """Raises PromptError."""
    return read_prompts(settings.prompts_dir) if settings.prompts_dir is not None else Prints.empty()


def _audio_room(
    settings: Settings,
    pools: dict[str, RecognizerPool],
    executor: ThreadPoolExecutor,
    recorder: Recorder,
    prompts: Prints,
) -> AudioRoom:
    return AudioRoom(
        data_dir=settings.data_dir,
        pools=pools,
        executor=executor,
        end_silence=settings.end_silence,
        interim_interval=settings.interim_interval,
        max_lead=settings.max_lead,
        stall_seconds=settings.stall_seconds,
        resume_seconds=settings.resume_seconds,
        keep_recording=recorder.keep,
        prompts=prompts,
    )


def _housekeeping(services: Services) -> list[Coroutine[None, None, None]]:
    async def tick() -> None:
        await services.conversations.tick(time())
        services.calls.tick(time())

    return [
        _every(TICK_SECONDS, tick),
        services.knowledge.keep_fresh(REFRESH_SECONDS),
        services.delivery.run(),
        keep_index(services.store),
    ]


def _sweeping(services: Services, recorder: Recorder) -> Coroutine[None, None, None]:
    sweeper = Sweeper(privacy.keeper_of(services), quiet=lambda: not services.calls.live)
    return keep_sweeping(sweeper, recorder, services.settings.sweep_hours)


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - housekeeping goes on for all other calls
            log.error("housekeeping: %s", type(error).__name__)


async def _shut_down(services: Services, executor: ThreadPoolExecutor, pools: dict[str, RecognizerPool]) -> None:
    if services.demo is not None:
        services.demo.close()
    await services.calls.close()
    await services.conversations.close()
    services.knowledge.close()
    executor.shutdown(wait=True, cancel_futures=True)
    for pool in pools.values():
        pool.close()


def _add_error_answers(app: FastAPI) -> None:
    """Every error is a ProblemResponse; none repeats what the caller sent."""
    statuses: dict[type[Exception], tuple[int, ErrorCode]] = {
        ConflictError: (409, ErrorCode.CONFLICT),
        NotFoundError: (404, ErrorCode.NOT_FOUND),
        WeakPasswordError: (422, ErrorCode.WEAK_PASSWORD),
        InvalidError: (422, ErrorCode.INVALID),
        StoreError: (503, ErrorCode.STORAGE),
    }

    async def answer(request: Request, error: Exception) -> JSONResponse:
        kind = next(k for k in statuses if isinstance(error, k))
        status, code = statuses[kind]
        return _problem(status, code, str(error))

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if isinstance(error, Refusal):
            return _problem(error.status_code, error.problem.code, error.problem.message, error.headers)
        code = ErrorCode.NOT_FOUND if error.status_code == 404 else ErrorCode.INVALID
        return _problem(error.status_code, code, str(error.detail))

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        where = "; ".join(_place(e) + ": " + str(e["msg"]) for e in error.errors()[:5])
        return _problem(422, ErrorCode.INVALID, where)

    for kind in statuses:
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _place(error: Mapping[str, Any]) -> str:
    """Where an error is, without names that the caller chose: keys of `context`, unknown fields."""
    known = 1 if error["type"] == "extra_forbidden" else 2
    return ".".join(map(str, error["loc"][:known]))


def _problem(status: int, code: ErrorCode, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    body = ProblemResponse(problem=Problem(code=code, message=message)).model_dump(mode="json")
    return JSONResponse(body, status, headers)
