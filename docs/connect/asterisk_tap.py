"""Taps calls of Asterisk for Tici: both parties of a call as two AudioSockets, and what happens to it as call events.

Needs `pip install httpx websockets`, ARI, and in the dialplan of calls that are to be heard, on the customer's channel:
`UserEvent(TiciTap)`. Set ARI_URL, ARI_USER, ARI_PASSWORD, NODE_URL, NODE_KEY (scope `events`) and NODE_AUDIO
(host:port of the connector), then run it beside Asterisk. A call goes on undisturbed whatever becomes of its tap.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import os
from datetime import datetime
from time import time
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_OID, uuid5

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

APP = "tici"
TRACKS = {"1": "in", "2": "out"}
"""Last digit of the UUID: what the customer says, and what the customer hears."""
Event = dict[str, Any]
log = logging.getLogger("tici-tap")


def call_of(channel: str) -> str:
    """The external id of a customer's channel: a UUID that ends in 0."""
    return str(uuid5(NAMESPACE_OID, channel))[:-1] + "0"


def extension_of(channel: Event) -> str:
    """8012 of the channel PJSIP/8012-0000002a."""
    return str(channel["name"]).partition("/")[2].rpartition("-")[0]


def stamp(event: Event) -> float:
    """When it happened, in Unix seconds."""
    return datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


class Tap:
    """`calls`: the customer's channels that are tapped, by the external ids of their calls."""

    def __init__(self, ari: httpx.AsyncClient, tici: httpx.AsyncClient, key: str, audio: str) -> None:
        self._ari, self._tici, self._audio = ari, tici, audio
        _, self._key_id, secret = key.split(".", 2)
        self._signing_key = hashlib.sha256(secret.encode()).hexdigest()
        self.calls: dict[str, str] = {}

    async def take(self, event: Event) -> None:
        """Take one event of ARI."""
        channel = event.get("channel", {})
        match event["type"]:
            case "ChannelUserevent" if event.get("eventname") == "TiciTap" and channel:
                await self._listen(channel["id"])
            case "StasisStart" if channel["id"].startswith("tici-"):
                await self._do("POST", f"bridges/{channel['id'].rpartition('-')[0]}/addChannel", channel=channel["id"])
            case "StasisEnd" if channel["id"].startswith("tici-"):
                await self._drop(channel["id"].rpartition("-")[0])
            case "Dial" if event.get("caller", {}).get("id") in self.calls:
                what = {"RINGING": "ringing", "ANSWER": "answered"}.get(event["dialstatus"])
                if what:
                    await self._tell(event["caller"]["id"], what, event, agent=extension_of(event["peer"]))
            case "ChannelHold" | "ChannelUnhold":
                what = "hold" if event["type"] == "ChannelHold" else "resumed"
                for customer in await self._with(channel["id"]):
                    await self._tell(customer, what, event)
            case "BridgeBlindTransfer" if event.get("transferee", {}).get("id") in self.calls:
                await self._tell(event["transferee"]["id"], "transferred", event, agent=event["exten"])
            case "ChannelDestroyed" if channel["id"] in self.calls:
                await self._tell(channel["id"], "hangup", event)
                del self.calls[channel["id"]]

    async def _listen(self, customer: str) -> None:
        """Both directions of the customer's channel, each in a bridge of its own with an AudioSocket."""
        self.calls[customer] = call_of(customer)
        for digit, spy in TRACKS.items():
            uuid = call_of(customer)[:-1] + digit
            bridge = f"tici-{uuid}"
            await self._do("POST", f"bridges/{bridge}", type="mixing")
            await self._do("POST", f"channels/{customer}/snoop/{bridge}-snoop", app=APP, spy=spy)
            media = {"external_host": self._audio, "encapsulation": "audiosocket", "transport": "tcp"}
            names = {"channelId": f"{bridge}-media", "data": uuid}
            await self._do("POST", "channels/externalMedia", app=APP, format="slin", **media, **names)

    async def _drop(self, bridge: str) -> None:
        """One of its two channels is gone: let go of the other one too."""
        for path in (f"channels/{bridge}-snoop", f"channels/{bridge}-media", f"bridges/{bridge}"):
            await self._do("DELETE", path)

    async def _with(self, agent: str) -> list[str]:
        """The tapped channels that are in a bridge with this one."""
        bridges = await self._do("GET", "bridges")
        together = [set(bridge["channels"]) for bridge in bridges or [] if agent in bridge["channels"]]
        return [customer for customer in self.calls if any(customer in channels for channels in together)]

    async def _do(self, method: str, path: str, **query: str) -> Any:
        answer = await self._ari.request(method, f"/ari/{path}", params=query)
        if answer.is_error and method != "DELETE":
            log.warning("%s %s: %s", method, path.split("/")[0], answer.status_code)
        return answer.json() if answer.is_success and answer.content else None

    async def _tell(self, customer: str, what: str, event: Event, **more: str) -> None:
        """Tell Tici; the id makes an event that is told again change nothing."""
        about = {"event_id": f"{customer}-{what}-{event['timestamp']}", "type": what, "at": stamp(event), **more}
        body = json.dumps(about).encode()
        now = str(int(time()))
        signed = hmac.new(self._signing_key.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Tici-Key": self._key_id, "Tici-Signature": f"t={now},v1={signed}"}
        answer = await self._tici.post(f"/v1/calls/{self.calls[customer]}/events", content=body, headers=headers)
        if answer.is_error:
            log.warning("%s is not taken: %s", what, answer.status_code)


async def main() -> None:
    """Listen to ARI for ever."""
    logging.basicConfig(level=logging.INFO)
    base, user, password = (os.environ[name] for name in ("ARI_URL", "ARI_USER", "ARI_PASSWORD"))
    query = urlencode({"app": APP, "subscribeAll": "true", "api_key": f"{user}:{password}"})
    async with (
        httpx.AsyncClient(base_url=base, auth=(user, password)) as ari,
        httpx.AsyncClient(base_url=os.environ["NODE_URL"]) as tici,
    ):
        tap = Tap(ari, tici, os.environ["NODE_KEY"], os.environ["NODE_AUDIO"])
        while True:
            try:
                async with connect(f"{base.replace('http', 'ws', 1)}/ari/events?{query}") as events:
                    async for message in events:
                        try:
                            await tap.take(json.loads(message))
                        except httpx.HTTPError as error:
                            log.warning("an event is lost: %s", type(error).__name__)
            except (OSError, WebSocketException) as error:
                log.warning("no connection to Asterisk: %s", type(error).__name__)
            await asyncio.sleep(2)


if __name__ == "__main__":
    asyncio.run(main())
