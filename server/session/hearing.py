"""From transcripts to utterances, and to what follows from them: asks, and replies that were said aloud."""

from typing import TYPE_CHECKING

from asr.transcript import Transcript
from server.ids import utterance_id
from server.session import cards, completing, switch, talk
from server.session.outputs import Ask, InterimHeard, Output
from server.session.privacy import masked
from server.session.segments import kind_at
from server.session.state import CardState, LegState
from server.wire import events as ev
from server.wire.events import OutcomeKind, Role

if TYPE_CHECKING:
    from server.session.core import Session

_NO_LONGER_SPOKEN = {OutcomeKind.SPOKEN, OutcomeKind.DISMISSED, OutcomeKind.NOT_RIGHT}


def heard(session: "Session", transcript: Transcript, at: float, speech_end: float) -> list[Output]:
    """Take in a leg's transcript; see `Session.heard`."""
    leg = session.state.legs[transcript.leg]
    if transcript.end_sample <= leg.decoded_to:
        return []  # heard already: decoded again after a commit whose answer was lost
    name = utterance_id(session.conversation_id, transcript.leg, transcript.start_sample)
    transcript, spans = masked(session.masker, transcript, leg)
    if not transcript.final:
        return _interim(session, transcript, leg, name, at, speech_end)
    first_interim = session.first_interim.pop(name, None)
    session.interim_text.pop(name, None)
    if not transcript.text:
        return _silence(session, transcript, leg, name, at, taken_back=first_interim is not None)
    utterance = _utterance(session, transcript, leg, name, spans)
    outputs: list[Output] = [session.emit(utterance, at), *completing.refill(session, at)]
    if _asks(session, transcript, leg, name):
        return [*outputs, _ask(session, transcript, leg, name, "final", speech_end, first_interim)]
    outputs += cards.withdraw(session, name, at)
    if leg.role is Role.AGENT and talk.counts(session.state, utterance):
        outputs += _check_spoken(session, at)
    return outputs


def _interim(
    session: "Session", transcript: Transcript, leg: LegState, name: str, at: float, speech_end: float
) -> list[Output]:
    first = session.first_interim.setdefault(name, at)
    words = InterimHeard(
        transcript.leg, leg.role, transcript.text, leg.offset + transcript.start, leg.offset + transcript.end
    )
    changed = session.interim_text.get(name) != transcript.text
    session.interim_text[name] = transcript.text
    worth_it = (
        len(transcript.text) >= session.policy.shortest_interim and at - speech_end <= session.policy.latest_interim
    )
    if changed and worth_it and _asks(session, transcript, leg, name):
        return [words, _ask(session, transcript, leg, name, "interim", speech_end, first)]
    return [words]


def _silence(
    session: "Session", transcript: Transcript, leg: LegState, name: str, at: float, *, taken_back: bool
) -> list[Output]:
    silence = ev.LegSilence(leg=transcript.leg, start_sample=transcript.start_sample, end_sample=transcript.end_sample)
    nothing = InterimHeard(transcript.leg, leg.role, "", leg.offset, leg.offset)
    outputs: list[Output] = [nothing] if taken_back else []
    return [*outputs, session.emit(silence, at), *cards.withdraw(session, name, at)]


def _asks(session: "Session", transcript: Transcript, leg: LegState, name: str) -> bool:
    """Whether cards may follow: a customer speaks, known as such when the words began, and to the agent."""
    start = _start(transcript, leg)
    customer = leg.role is Role.CUSTOMER and leg.settled(transcript.start_sample, start)
    return customer and name not in session.others and transcript.sound == "speech" and switch.talking(session, start)


def _start(transcript: Transcript, leg: LegState) -> float:
    return leg.clock(leg.offset + transcript.start)


def _ask(
    session: "Session",
    transcript: Transcript,
    leg: LegState,
    name: str,
    source: str,
    speech_end: float,
    first_interim: float | None,
) -> Ask:
    ask = Ask(
        name,
        transcript.text,
        (),
        leg.language,
        source,
        speech_end,
        first_interim,
        leg=transcript.leg,
        start=_start(transcript, leg),
    )
    return session.placed(ask, leg.offset + transcript.start)


def _utterance(
    session: "Session", transcript: Transcript, leg: LegState, name: str, spans: list[ev.MaskedSpan]
) -> ev.Utterance:
    return ev.Utterance(
        utterance_id=name,
        role=leg.role,
        text=transcript.text,
        start=leg.offset + transcript.start,
        end=leg.offset + transcript.end,
        leg=transcript.leg,
        start_sample=transcript.start_sample,
        end_sample=transcript.end_sample,
        words=[
            ev.WordTime(text=w.text, start=leg.offset + w.start, end=leg.offset + w.end, confidence=w.confidence)
            for w in transcript.words
        ],
        masked=spans,
        language=leg.language,
        sound=transcript.sound,
        segment=kind_at(session.state.segments, _start(transcript, leg)),
    )


def _check_spoken(session: "Session", at: float) -> list[Output]:
    outputs: list[Output] = []
    for suggestion_id, card in list(session.state.cards.items()):
        recent = at - card.raised_at <= session.policy.spoken_window
        if not recent or _NO_LONGER_SPOKEN & card.outcomes:
            continue
        score = session.similarity(_said_since(session, card), card.card.reply)
        if score >= session.policy.spoken_similarity:
            spoken = ev.SuggestionOutcome(
                suggestion_id=suggestion_id, outcome=OutcomeKind.SPOKEN, by=session.state.agent or "", score=score
            )
            outputs.append(session.emit(spoken, at))
    return outputs


def _said_since(session: "Session", card: CardState) -> str:
    """What the agent has said to the customer since a card was raised."""
    state = session.state
    since = card.raised_at - state.started_at
    return "".join(
        turn.text
        for turn in state.turns
        if turn.role is Role.AGENT
        and turn.leg is not None
        and state.clock(turn.leg, turn.end) >= since
        and talk.counts(state, turn)
    )
