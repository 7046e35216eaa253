"""`create_app(settings)` builds everything; nothing happens before the application starts."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from functools import partial
from time import monotonic, time
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from asr.prompts import read_prompts
from asr.repeats import Prints
from server.auth import ChatLinks, Doorkeeper, Refusal, load_secret
from server.delivery import Delivery
from server.demo import Demo, load_packs, refuse_demo_logins, seed_demo, seed_knowledge
from server.hub import Hub
from server.ingest.connector import Connector
from server.ingest.connectors import load_connectors
from server.ingest.tcp import tcp_doors
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
    connect,
    conversations,
    demo,
    floor,
    health,
    knowledge,
    listen,
    metrics,
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
from server.speech import Speech, load_speech
from server.store import ConflictError, InvalidError, NotFoundError, Store, StoreError, upgrade
from server.store.passwords import WeakPasswordError
from server.version import version
from server.watch.diary import Diary
from server.watch.meter import Meter
from server.watch.tracing import TracedDoors, Traces, open_traces
from server.weights import check_weights
from server.wire.base import ErrorCode, Problem
from server.wire.events import MessageState
from server.wire.rest import ProblemResponse
from suggest.spoken import similarity

log = logging.getLogger(__name__)
TICK_SECONDS = 0.5
SHRINK_SECONDS = 5.0
REFRESH_SECONDS = 0.5
ROUTERS = (
    *(session, listen, connect, panel, chat, calls, claims, admin, knowledge),
    *(conversations, review, privacy, demo, training, wordings, tasks, health, metrics, floor, queues, schema),
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
    app.add_middleware(TracedDoors)
    _add_error_answers(app)
    return app


@contextlib.asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[Services]:
    """Build the services, take up what a crash left behind, and run the housekeeping until the end."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    traces = open_traces(settings.otel_endpoint)
    connectors = await asyncio.to_thread(load_connectors, settings.connectors, os.environ)
    url = settings.resolved_database_url()
    await asyncio.to_thread(upgrade, url)
    async with contextlib.AsyncExitStack() as stack:
        if traces is not None:
            stack.push_async_callback(asyncio.to_thread, traces.close)
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=settings.webhook_timeout))
        store = await Store.open(url)
        stack.push_async_callback(store.close)
        prompts = await asyncio.to_thread(_load_prompts, settings)
        await asyncio.to_thread(check_weights, settings)
        loading = asyncio.to_thread(load_speech, settings), asyncio.to_thread(Knowledge.load, settings, store)
        speech, suggestions = await asyncio.gather(*loading)
        recorder = Recorder(store, settings.data_dir)
        room = _audio_room(settings, speech, recorder, prompts)
        services = await _build(settings, store, suggestions, room, client, traces, connectors)
        await recorder.recover()
        await services.calls.recover()
        speech.warm(settings.asr_warm)
        tasks = [asyncio.create_task(work) for work in [*_housekeeping(services), _sweeping(services, recorder)]]
        try:
            async with tcp_doors(services.connectors.values(), partial(connect.speak_tcp, services)):
                yield services
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _shut_down(services, speech)


async def _build(
    settings: Settings,
    store: Store,
    suggestions: Knowledge,
    room: AudioRoom,
    client: httpx.AsyncClient,
    traces: Traces | None,
    connectors: Mapping[str, Connector],
) -> Services:
    secret = load_secret(settings)
    player = await _seed(settings, store)
    await suggestions.refresh()
    meter = Meter(room.metrics, settings.card_seconds)
    hub: Hub[Published] = Hub(meter.overhear, Diary().overhear, *([traces.overhear] if traces is not None else []))
    store.watch_writes(room.metrics.wrote)
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
        metrics=room.metrics,
        traces=traces,
        connectors=connectors,
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


def _load_prompts(settings: Settings) -> Prints:
    """Raises PromptError."""
    return read_prompts(settings.prompts_dir) if settings.prompts_dir is not None else Prints.empty()


def _audio_room(settings: Settings, speech: Speech, recorder: Recorder, prompts: Prints) -> AudioRoom:
    return AudioRoom(
        data_dir=settings.data_dir,
        pools=speech.pools,
        executor=speech.threads,
        load=speech.load,
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
        services.calls.tick(monotonic())

    async def shrink() -> None:
        for pool in services.calls.pools.values():
            await asyncio.to_thread(pool.shrink, monotonic())

    return [
        _every(TICK_SECONDS, tick),
        _every(SHRINK_SECONDS, shrink),
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


async def _shut_down(services: Services, speech: Speech) -> None:
    if services.demo is not None:
        services.demo.close()
    await services.calls.close()
    await services.conversations.close()
    services.knowledge.close()
    speech.close()


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
