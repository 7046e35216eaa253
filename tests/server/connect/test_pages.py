"""What the pages in `docs/connect` tell people to paste is right."""

import hashlib
import importlib.util
import json
import re
from pathlib import Path
from time import time
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx
import pytest
from vonage_voice.models.connect_endpoints import WebsocketEndpoint
from vonage_voice.models.ncco import Connect, Conversation

from server.ingest.audiosocket import AudioSocketConnector
from server.ingest.connectors import load_connectors
from server.signing import is_signed
from server.wire.calls import CallEvent

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "connect"
PAGES = sorted(FOLDER.glob("*.md"))
CUSTOMER = "1764225035.42"


class Any32(dict[str, str]):
    """An environment in which every secret is set; base64 of 32 bytes fits them all."""

    def get(self, name: str, default: Any = None) -> str:
        return "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_connector_can_be_pasted(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page, "toml")):
        path = tmp_path / f"{number}.toml"
        path.write_text(block, encoding="utf-8")
        assert load_connectors(path, Any32()), block


def test_what_is_written_as_json_is_json() -> None:
    for page in PAGES:
        for block in blocks(page, "json"):
            json.loads(block)


def test_vonage_takes_its_ncco() -> None:
    _, call, both = (json.loads(block) for block in blocks(FOLDER / "vonage.md", "json"))
    Conversation(**call["ncco"][0])
    assert endpoint_of(call["to"][0]).authorization is not None
    (action,) = both
    action["from_"] = action.pop("from")
    (endpoint,) = Connect(**action | {"endpoint": [endpoint_of(action["endpoint"][0])]}).endpoint
    assert endpoint.contentType == "audio/l16;rate=16000"


def endpoint_of(said: dict[str, Any]) -> WebsocketEndpoint:
    return WebsocketEndpoint(contentType=said.pop("content-type"), **said)


@pytest.fixture(scope="module")
def tap_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("asterisk_tap", FOLDER / "asterisk_tap.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Switch:
    """An Asterisk and a node that write down what they are asked."""

    def __init__(self, tap: ModuleType) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.told: list[tuple[str, CallEvent]] = []
        ari = httpx.AsyncClient(transport=httpx.MockTransport(self._ari), base_url="http://pbx:8088")
        tici = httpx.AsyncClient(transport=httpx.MockTransport(self._tici), base_url="http://node:8600")
        self.tap = tap.Tap(ari, tici, "tici.key1.s3cret", "10.1.0.5:9092")

    def _ari(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=[{"id": "b", "channels": [CUSTOMER, "agent.1"]}])
        self.asked.append((f"{request.method} {request.url.path}", dict(request.url.params)))
        return httpx.Response(204)

    def _tici(self, request: httpx.Request) -> httpx.Response:
        key = hashlib.sha256(b"s3cret").hexdigest()
        assert request.headers["Tici-Key"] == "key1"
        assert is_signed(request.headers["Tici-Signature"], key, request.content, time())
        self.told.append((request.url.path, CallEvent.model_validate_json(request.content)))
        return httpx.Response(200)


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": "2026-11-27T06:30:35.125+0000", **fields}


async def test_the_tap_of_asterisk(tap_module: ModuleType) -> None:
    switch = Switch(tap_module)
    customer, agent = {"id": CUSTOMER, "name": "PJSIP/trunk-1"}, {"id": "agent.1", "name": "PJSIP/8012-0000002a"}
    call = tap_module.call_of(CUSTOMER)

    await switch.tap.take(event("ChannelUserevent", eventname="TiciTap", channel=customer))
    media = [query for path, query in switch.asked if path.endswith("externalMedia")]
    connector = AudioSocketConnector(
        name="pbx", dialect="audiosocket", listen="10.1.0.5:9092", legs={"1": "customer", "2": "agent"}
    )
    assert [connector.call_of(UUID(query["data"])) for query in media] == [(call, "1"), (call, "2")]
    assert [query["spy"] for path, query in switch.asked if "/snoop/" in path] == ["in", "out"]

    bridge = media[0]["channelId"].removesuffix("-media")
    await switch.tap.take(event("StasisStart", channel={"id": media[0]["channelId"]}))
    assert switch.asked[-1] == (f"POST /ari/bridges/{bridge}/addChannel", {"channel": media[0]["channelId"]})

    await switch.tap.take(event("Dial", dialstatus="", caller=customer, peer=agent))
    await switch.tap.take(event("Dial", dialstatus="RINGING", caller=customer, peer=agent))
    await switch.tap.take(event("Dial", dialstatus="ANSWER", caller=customer, peer=agent))
    await switch.tap.take(event("ChannelHold", channel=agent))
    await switch.tap.take(event("ChannelUnhold", channel=agent))
    await switch.tap.take(event("BridgeBlindTransfer", channel=agent, transferee=customer, exten="8013"))
    await switch.tap.take(event("ChannelDestroyed", channel=customer))
    await switch.tap.take(event("ChannelHold", channel=agent))

    assert {path for path, _ in switch.told} == {f"/v1/calls/{call}/events"}
    assert [(told.type.value, told.agent) for _, told in switch.told] == [
        ("ringing", "8012"), ("answered", "8012"), ("hold", None), ("resumed", None), ("transferred", "8013"),
        ("hangup", None),
    ]  # fmt: skip
    assert len({told.event_id for _, told in switch.told}) == 6 and switch.told[0][1].at == 1795761035.125

    await switch.tap.take(event("StasisEnd", channel={"id": media[0]["channelId"]}))
    assert [path for path, _ in switch.asked[-3:]] == [
        f"DELETE /ari/channels/{bridge}-snoop", f"DELETE /ari/channels/{bridge}-media", f"DELETE /ari/bridges/{bridge}",
    ]  # fmt: skip
