"""Runs the application under uvicorn: the socket, the log, the banner."""

import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from pydantic_settings import SettingsError
from starlette.types import Lifespan

from asr.prompts import PromptError
from asr.recognizer import ModelError as SpeechModelError
from kb.files import FileError
from server.app import create_app
from server.demo import DEMO_LOGINS, url_host
from server.ingest.connectors import ConnectorError
from server.services import Services
from server.settings import Settings
from server.spool import StorageError
from server.store import StoreError
from server.watch.logs import configure
from server.watch.tracing import TracingError
from server.weights import DamagedWeights, ManifestError
from suggest.card import ModelError as IntentModelError
from suggest.encoder import MissingWeights

SHUTDOWN_SECONDS = 10
PING_SECONDS = 20
PONG_SECONDS = 60
"""A sender whose machine is busy answers late; field experience says to be patient."""


MENDABLE = (
    *(ConnectorError, FileError, IntentModelError, MissingWeights, OSError),
    *(PromptError, SpeechModelError, StorageError, StoreError, TracingError),
    *(DamagedWeights, ManifestError),
)


class StartError(Exception):
    """The server cannot start; the message says what to do."""


def read_settings() -> Settings:
    """The settings from the environment. Raises StartError, which names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"][:1]).upper()
        raise StartError(f"the setting TICI_{name} is wrong: {first['msg']}") from error
    except SettingsError as error:
        raise StartError(f"a setting is wrong: {error}; lists are written in JSON") from error


def run(settings: Settings) -> None:
    """Serve until a signal. Raises StartError."""
    _log_quietly(settings)
    listener = _bind(settings.host, settings.port)
    bound = settings.model_copy(update={"port": listener.getsockname()[1]})
    server = _Server(create_app(bound), bound)
    try:
        server.run(sockets=[listener])
    except SystemExit:
        # uvicorn's own way out when the application cannot start.
        if server.failure is None:
            raise
    finally:
        listener.close()
    if server.failure is not None:
        raise StartError(server.failure)


def _log_quietly(settings: Settings) -> None:
    configure(settings.log_format)
    # At INFO, uvicorn logs the tokens of chat links, httpx a webhook's address, alembic each look at the schema.
    for chatty in ("uvicorn.error", "httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # uvicorn 0.54 takes a WebSocket that was refused with an answer for one that was forgotten.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: record.getMessage() != "ASGI callable returned without completing handshake."
    )


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StartError(f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port") from error
    return listener


class _Server(uvicorn.Server):
    """Prints the banner once it serves, and remembers why it could not start."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self.settings = settings
        self._app = app
        self.failure: str | None = None
        app.router.lifespan_context = self._noting_failure(app.router.lifespan_context)
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                ws_max_size=settings.max_frame_bytes,
                ws_per_message_deflate=False,
                ws_ping_interval=PING_SECONDS,
                ws_ping_timeout=PONG_SECONDS,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Hand the calls over, then stop: the doors still answer meanwhile, with the reason of a refusal."""
        services: Services | None = getattr(self._app.state, "services", None)
        if services is not None:
            await services.calls.drain(self.settings.drain_seconds)
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say where."""
        await super().startup(sockets)
        if self.started:
            print(banner(self.settings), flush=True)

    def _noting_failure(self, lifespan: Lifespan[FastAPI]) -> Lifespan[FastAPI]:
        """The same lifespan; errors of the start that a person can mend are kept as a sentence."""

        @contextlib.asynccontextmanager
        async def noting(app: FastAPI) -> AsyncIterator[Any]:
            try:
                async with lifespan(app) as state:
                    yield state
            except MENDABLE as error:
                self.failure = _sentence(error)
                # uvicorn would write the traceback.
                logging.getLogger("uvicorn.error").disabled = True
                raise

        return noting


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"cannot use {error.filename}: {error.strerror}; folders are set by TICI_DATA_DIR and TICI_MODELS_DIR"
    return str(error)


def banner(settings: Settings) -> str:
    """Where to go, and in demo mode how to log in."""
    lines = [f"\nTici 提词 is ready: http://{url_host(settings.host)}:{settings.port}/\n"]
    if settings.demo:
        lines += ["Demo logins (login / password):"]
        lines += [f"  {account.login} / {account.password}   {account.display_name}" for account in DEMO_LOGINS]
        lines += [f"Key for `tici replay`: {settings.data_dir / 'demo.key'}", "Stop with Ctrl-C.\n"]
    return "\n".join(lines)
