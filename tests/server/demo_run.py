"""Plays a demo call on a running node and watches it as the agent's panel does: what came, and how soon."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.server.clients import Json, Socket, browser, panel
from tests.server.node import Node


@dataclass
class Question:
    """One customer question of the script and the cards that came for it."""

    text: str
    article: str
    start: float
    end: float
    until: float
    shown: list[str] = field(default_factory=list)
    first_correct: float | None = None
    """Seconds from the end of the customer's speech (the script's label) to the right card; negative: earlier."""
    right_first: bool = False


@dataclass
class DemoRun:
    questions: list[Question]
    early_raised: int = 0
    early_withdrawn: int = 0
    other_cards: list[tuple[float, str]] = field(default_factory=list)
    """(seconds, article) of cards that came where the script has no question."""


async def play_demo_call(node: Node, call_id: str, speed: float = 1.0) -> DemoRun:
    async with browser(node) as client, panel(node, client) as agent:
        call = await _call(client, call_id)
        await client.post("/v1/demo/replays", json={"call_id": call_id, "speed": speed})
        conversation_id = (await agent.until_type("assigned"))["conversation"]["conversation_id"]
        await agent.send(type="watch", conversation_id=conversation_id, after_seq=0)
        events = await _events(agent, call["duration"] / speed + 30)
        return judge(call, events, speed)


async def _call(client: httpx.AsyncClient, call_id: str) -> Json:
    calls = (await client.get("/v1/demo/calls")).json()
    return next(call for call in calls if call["call_id"] == call_id)


async def _events(agent: Socket, patience: float) -> list[tuple[float, Json]]:
    """Events with when the panel received them, until the call has ended."""
    events = []
    while True:
        message = await agent.until_type("event", patience)
        events.append((time.time(), message["event"]))
        if message["event"]["payload"]["type"] == "conversation.ended":
            return events


def judge(call: Json, events: Sequence[tuple[float, Json]], speed: float) -> DemoRun:
    """Hold what came against the script."""
    origin = next(e["at"] for _, e in events if e["payload"]["type"] == "leg.started")
    questions = _questions(call)
    run = DemoRun(questions)
    early: set[str] = set()
    for received, event in events:
        payload = event["payload"]
        if payload["type"] == "suggestions.raised":
            heard = (received - origin) * speed
            _note_cards(run, payload, heard, speed)
            if payload["cards"][0]["source"] == "interim":
                early |= {card["suggestion_id"] for card in payload["cards"][:1]}
        elif payload["type"] == "suggestion.revised" and payload["confirmed"]:
            early.discard(payload["suggestion_id"])
        elif payload["type"] == "suggestion.outcome" and payload["suggestion_id"] in early:
            run.early_withdrawn += payload["outcome"] == "expired"
            early.discard(payload["suggestion_id"])
    run.early_raised = sum(
        p["cards"][0]["source"] == "interim" for _, e in events if (p := e["payload"])["type"] == "suggestions.raised"
    )
    return run


def _questions(call: Json) -> list[Question]:
    turns: list[dict[str, Any]] = call["turns"]
    asked = [t for t in turns if t["leg"] == "customer" and t["article"]]
    ends = [t["start"] for t in asked[1:]] + [call["duration"]]
    return [Question(t["text"], t["article"], t["start"], t["end"], u) for t, u in zip(asked, ends, strict=True)]


def _note_cards(run: DemoRun, payload: Json, heard: float, speed: float) -> None:
    articles = [card["article_id"] for card in payload["cards"]]
    question = next((q for q in run.questions if q.start <= heard < q.until), None)
    if question is None:
        run.other_cards += [(heard, article) for article in articles]
        return
    question.shown += articles
    if question.article in articles and question.first_correct is None:
        question.first_correct = (heard - question.end) / speed
        question.right_first = any(c["article_id"] == question.article and c["rank"] == 1 for c in payload["cards"])
