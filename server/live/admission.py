"""Which audio a call takes from a new sender."""

from collections.abc import Container, Mapping

from server.live.sender import CallRefused
from server.live.slot import Slot
from server.session.state import ConversationState
from server.wire import listen
from server.wire.base import ErrorCode

MAX_LEGS = 4
"""Legs of one call at a time; each costs the CPU of one recogniser."""
RESTART_SECONDS = 3600.0
"""Seconds for which a call may stand still, on hold say, until its stream starts again."""
MOST_LEGS = 64
"""Legs of one call, one after the other."""


def check_start(state: ConversationState, slots: Mapping[str, Slot], start: listen.Start, may_supersede: bool) -> None:
    """Raise CallRefused unless every leg of `start` is new, or open and free, and of the same format."""
    asked = {spec.leg for spec in start.legs}
    if len({name for name, leg in state.legs.items() if not leg.ended} | asked) > MAX_LEGS:
        raise CallRefused(ErrorCode.POLICY, f"a call has at most {MAX_LEGS} legs at a time")
    if len(state.legs.keys() | asked) > MOST_LEGS:
        raise CallRefused(ErrorCode.POLICY, f"a call has at most {MOST_LEGS} legs")
    for spec in start.legs:
        known = state.legs.get(spec.leg)
        if known is None:
            continue
        if known.ended:
            raise CallRefused(ErrorCode.CONVERSATION_ENDED, "this leg has ended; use another external id")
        if (known.encoding, known.sample_rate) != (start.encoding, start.sample_rate):
            raise CallRefused(ErrorCode.CONFLICT, "this leg was begun with another encoding or sample rate")
        slot = slots.get(spec.leg)
        if slot is not None and slot.finishing:
            raise CallRefused(ErrorCode.CONVERSATION_ENDED, "this leg is ending")
        if slot is not None and slot.sender is not None and not may_supersede:
            raise CallRefused(ErrorCode.LEG_BUSY, "another sender delivers this leg")


def anew(state: ConversationState, slots: Mapping[str, Slot], start: listen.Start, now: float) -> listen.Start:
    """`start` with a fresh name for each of its legs that has ended: `customer` goes on as `customer-2`.

    Who speaks there, and in which language, is what was known when it ended. `now`: Unix seconds. Unchanged, and so
    refused, where the name is clearly used for another call: of another customer, or long after this one.
    """
    other = None not in (start.customer, state.customer) and start.customer != state.customer
    if other or (state.ended_at is not None and now - state.ended_at > RESTART_SECONDS):
        return start
    return start.model_copy(update={"legs": [_anew(state, slots, spec) for spec in start.legs]})


def _anew(state: ConversationState, slots: Mapping[str, Slot], spec: listen.LegSpec) -> listen.LegSpec:
    number, name, known = 1, spec.leg, None
    while name in state.legs and (state.legs[name].ended or (name in slots and slots[name].finishing)):
        known, number = state.legs[name], number + 1
        name = f"{spec.leg}-{number}"
    if known is None:
        return spec
    return listen.LegSpec(leg=name, role=known.role, language=known.language)


def told_language(spec: listen.LegSpec, start: listen.Start) -> str | None:
    """What the sender says is spoken on a leg; None if it leaves that to the conversation."""
    return spec.language or (start.language if "language" in start.model_fields_set else None)


def heard_in(spec: listen.LegSpec, start: listen.Start, held_in: str, loaded: Container[str]) -> str:
    """The language in which a leg is heard: as its sender says, else what the conversation is held in.

    What a task or a switch said earlier may be a language that nobody here can hear; then it is the one of `start`.
    Raises CallRefused where that is not loaded either.
    """
    wanted = (told_language(spec, start), held_in, start.language)
    language = next((one for one in wanted if one in loaded), None)
    if language is None:
        raise CallRefused(ErrorCode.UNSUPPORTED_LANGUAGE, f"no speech model is loaded for `{start.language}`")
    return language
