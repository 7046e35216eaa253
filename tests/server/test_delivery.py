"""Text during a call goes out through the queue's signed webhook, visibly, and never twice to one who checks."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from server.ids import new_id
from server.store import QueuePolicy, Store
from tests.server.clients import browser, listen, panel, start_message
from tests.server.node import Node

SECRET = "shared with the receiver"


class Receiver(ThreadingHTTPServer):
    """A webhook that refuses the first attempt."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/in"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers.items()), body))
        self.send_response(503 if len(self.server.seen) == 1 else 204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_text_of_a_call_reaches_the_webhook_signed_and_retried(node: Node, receiver: Receiver) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{node.data_dir / 'tici.db'}")
    policy = QueuePolicy(queue="sms", text_out_on_call=True, webhook_url=receiver.url, webhook_secret=SECRET)
    await store.save_queue(policy)
    await store.close()
    async with browser(node) as client, panel(node, client) as agent, listen(node) as sender:
        await sender.send(**start_message(queue="sms", agent="xiaolin", customer="c-1"))
        conversation = (await agent.until_type("assigned"))["conversation"]
        assert conversation["text_out"]
        conversation_id = conversation["conversation_id"]
        await agent.send(type="watch", conversation_id=conversation_id)
        text = "您好，结清证明的下载步骤已发给您。"
        send = {"type": "send", "conversation_id": conversation_id, "text": text}
        await agent.send(**send, action_id=new_id())
        assert (await agent.until_type("action_result"))["problem"]["code"] == "policy"
        await agent.send(**send, action_id=new_id(), confirmed=True)
        state = await agent.until_event("message.state")
        assert (state["state"], state["attempts"]) == ("delivered", 2)
        await sender.send(type="stop")
        await sender.until_type("ended")
    assert len(receiver.seen) == 2
    headers, body = receiver.seen[1]
    assert json.loads(body)["text"] == text
    assert headers["Idempotency-Key"] == receiver.seen[0][0]["Idempotency-Key"]
    stamp, _, digest = headers["Tici-Signature"].partition(",v1=")
    expected = hmac.new(SECRET.encode(), stamp.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(digest, expected)
    assert text not in node.log()
