"""A small scripted server for the replay client: real sockets, answers by the test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, serve

from server.wire import listen

Script = Callable[["Line"], Awaitable[None]]


@dataclass
class Line:
    """One connection as the server sees it."""

    socket: ServerConnection
    number: int
    server: "ScriptedServer"

    @property
    def query(self) -> str:
        return self.socket.request.path.partition("?")[2]

    async def say(self, message) -> None:
        await self.socket.send(message if isinstance(message, str) else message.model_dump_json())

    async def hear_start(self) -> listen.Start:
        return listen.Start.model_validate_json(await self.socket.recv())

    async def hear_audio(self, until_bytes: int | None = None) -> bytes:
        """Audio until `stop` or eof (text), or until so many bytes were heard."""
        heard = b""
        while until_bytes is None or len(heard) < until_bytes:
            message = await self.socket.recv()
            if isinstance(message, str):
                break
            heard += message
        return heard

    def break_off(self) -> None:
        """As a crash does: no close frame (code 1006 at the other end)."""
        self.socket.transport.abort()


@dataclass
class ScriptedServer:
    url: str = ""
    lines: list[Line] = field(default_factory=list)

    async def admit(self, line: Line, resume_from: int = 0, token: str = "token") -> listen.Start:
        start = await line.hear_start()
        await line.say(listen.Started(conversation_id="conv", resume_token=token, resume_from=resume_from))
        return start


@contextlib.asynccontextmanager
async def scripted(*scripts: Script, process_request=None) -> AsyncIterator[ScriptedServer]:
    """A server whose n-th connection follows the n-th script; failures in a script fail the test."""
    server = ScriptedServer()
    failures: list[BaseException] = []

    async def handle(socket: ServerConnection) -> None:
        line = Line(socket, len(server.lines), server)
        server.lines.append(line)
        try:
            await scripts[min(line.number, len(scripts) - 1)](line)
        except Exception as error:
            failures.append(error)
            raise

    async with serve(handle, "127.0.0.1", 0, process_request=process_request, compression=None) as listening:
        port = listening.sockets[0].getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}/v1/listen"
        yield server
        await asyncio.sleep(0)
    assert failures == []
