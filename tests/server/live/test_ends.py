"""Hang-up, end of the audio and wrap-up are three things, in any order; two calls in a row; audio of a task."""

from time import time

from server.ids import new_id
from server.ingest.dialect import OpenCall
from server.live.conversation import LiveConversation
from server.session import Policy
from server.store.queries.tasks import TaskRecord
from server.wire import panel
from server.wire.events import CallEventType as Type
from server.wire.events import Channel, ConversationEnded, LegRoleChanged, Role, SwitchEvent, Utterance
from server.wire.listen import LegSpec, Start
from tests.server.live.parts import RATE, Node, Phone, audio, say, until, words


async def tell(live: LiveConversation, what: Type, **fields: object) -> None:
    when = time() - live.session.state.started_at
    event = SwitchEvent.model_validate(
        {"event_id": new_id(), "what": what, "when": when, "reported": fields.get("agent"), **fields}
    )
    await live.do(lambda s: s.switch_event(event, time()))


async def wrap_up(live: LiveConversation, login: str = "lin") -> None:
    object.__setattr__(live.session, "policy", Policy(wrap_up_codes=frozenset({"solved"})))
    action = panel.WrapUp(action_id=new_id(), conversation_id=live.conversation_id, code="solved")
    assert await live.act(lambda s: s.act(action, login, time())) is None


async def payloads(node: Node, live: LiveConversation) -> list[object]:
    return [event.payload for event in await node.store.events(live.conversation_id)]


async def ends(node: Node, live: LiveConversation) -> list[str]:
    return [p.reason for p in await payloads(node, live) if isinstance(p, ConversationEnded)]


async def test_what_is_said_after_the_hang_up_is_still_heard(node: Node) -> None:
    call, started, phone = await node.open("call-1")
    await tell(call.live, Type.ANSWERED, agent="lin", when=0.0)
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: phone.done == 1)
    await tell(call.live, Type.HANGUP)
    assert await ends(node, call.live) == [], "its audio has not ended"
    await call.audio(audio(customer=say(1)), phone)
    await call.end(phone, "stopped")
    assert len(words(await node.tiles(started.conversation_id))) == 2
    assert await ends(node, call.live) == ["stopped"]
    state = call.live.session.state
    assert (state.agent, state.wrapped_up, state.segments[-1].kind) == ("lin", False, "wrap_up")


async def test_audio_that_ends_before_the_hang_up_leaves_the_call_with_its_agent(node: Node) -> None:
    call, _, phone = await node.open("call-1")
    await tell(call.live, Type.ANSWERED, agent="lin", when=0.0)
    await call.audio(audio(customer=say(0)), phone)
    await call.end(phone, "stopped")
    assert await ends(node, call.live) == ["stopped"]
    assert call.live.session.state.segments[-1].kind == "talk"
    await tell(call.live, Type.HANGUP)
    assert await ends(node, call.live) == ["stopped"]
    assert call.live.session.state.segments[-1].kind == "wrap_up"
    await wrap_up(call.live)
    assert call.live.session.state.wrapped_up


async def test_a_wrap_up_before_either_ends_neither(node: Node) -> None:
    call, started, phone = await node.open("call-1")
    await tell(call.live, Type.ANSWERED, agent="lin", when=0.0)
    await wrap_up(call.live)
    await call.audio(audio(customer=say(0)), phone)
    await call.end(phone, "stopped")
    await tell(call.live, Type.HANGUP)
    assert len(words(await node.tiles(started.conversation_id))) == 1
    assert await ends(node, call.live) == ["stopped"]


async def test_events_30_seconds_after_the_audio_still_tell_what_it_was(node: Node) -> None:
    call, _, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    await call.end(phone, "stopped")
    live = call.live
    for what, when in ((Type.HANGUP, 2.0), (Type.ANSWERED, 1.5), (Type.IVR, 0.0)):
        await tell(live, what, when=when, agent="lin")
    assert [(s.kind.value, s.agent) for s in live.session.state.segments] == [
        ("ivr", None), ("talk", "lin"), ("wrap_up", "lin"),
    ]  # fmt: skip
    assert live.session.state.agent == "lin"


async def test_two_calls_in_a_row_are_two_conversations(node: Node) -> None:
    seen = []
    for name in ("call-1", "call-2"):
        call, started, phone = await node.open(name)
        await tell(call.live, Type.ANSWERED, agent="lin", when=0.0)
        await call.audio(audio(customer=say(0)), phone)
        await call.end(phone, "stopped")
        await tell(call.live, Type.HANGUP)
        node.calls.forget_if_idle(call)
        seen.append(started.conversation_id)
    waiting = await node.store.active_conversations_of("lin")
    assert [record.conversation_id for record in waiting] == seen and len(set(seen)) == 2
    await wrap_up(await node.conversations.get(seen[0]))
    waiting = await node.store.active_conversations_of("lin")
    assert [record.conversation_id for record in waiting] == seen[1:]


async def test_a_role_that_is_known_late_counts_for_the_audio_that_follows(node: Node) -> None:
    phone = Phone()
    start = Start(external_id="call-1", legs=[LegSpec(leg="line", role=Role.UNKNOWN)], sample_rate=RATE)
    call = (await node.calls.open(OpenCall(start, True), phone)).call
    await call.audio(audio(line=say(0)), phone)
    await until(lambda: phone.done == 1)
    await tell(call.live, Type.LEG_ROLE, leg="line", role=Role.CUSTOMER)
    await call.audio(audio(line=say(1)), phone)
    await call.end(phone, "stopped")
    found = await payloads(node, call.live)
    assert [p.role for p in found if isinstance(p, Utterance)] == [Role.UNKNOWN, Role.CUSTOMER]
    assert [p.role for p in found if isinstance(p, LegRoleChanged)] == [Role.CUSTOMER]


async def test_audio_that_names_a_task_and_a_product(node: Node) -> None:
    task = TaskRecord("t-1", stage="上传证件", customer="c-1", queue="cards", product="loan", context={"a": "b"})
    await node.store.tasks.save("default", task)
    legs = [LegSpec(leg="customer", role=Role.CUSTOMER)]
    start = Start(external_id="call-1", legs=legs, sample_rate=RATE, task="t-1", product="card")
    call = (await node.calls.open(OpenCall(start, True), Phone())).call
    state = call.live.session.state
    assert state.started is not None and state.task is not None
    assert (state.task.task_id, state.customer, state.product) == ("t-1", "c-1", "card")
    assert (state.started.queue, state.started.direction, state.started.context) == ("cards", "outbound", {"a": "b"})


async def test_audio_that_comes_after_the_first_event_still_binds_them(node: Node) -> None:
    await node.store.tasks.save("default", TaskRecord("t-1", stage="上传证件"))
    live = await node.conversations.open(channel=Channel.CALL, external_id="call-1", language="zh", queue="default")
    legs = [LegSpec(leg="customer", role=Role.CUSTOMER)]
    start = Start(external_id="call-1", legs=legs, sample_rate=RATE, task="t-1", product="card", customer="c-2")
    await node.calls.open(OpenCall(start, True), Phone())
    state = live.session.state
    assert state.task is not None
    assert (state.task.task_id, state.customer, state.product) == ("t-1", "c-2", "card")
