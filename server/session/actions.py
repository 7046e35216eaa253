"""What an agent may do with a conversation and its cards. Repeating an action id changes nothing."""

from typing import TYPE_CHECKING

from server.ids import new_id
from server.session import cards, completing, keeping, legs
from server.session.outputs import Answer, Ask, Output
from server.session.state import CardState
from server.session.suggested import Suggested, SuggestedCard
from server.wire import events as ev
from server.wire import panel
from server.wire.base import ErrorCode, Problem
from server.wire.events import Channel, OutcomeKind, Role

if TYPE_CHECKING:
    from server.session.core import Session


class Refused(Exception):
    """The action cannot be done."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code=code, message=message)


def act(
    session: "Session", action: panel.PanelAction, login: str, at: float, article: SuggestedCard | None
) -> list[Output]:
    """Do `action` for `login` and answer it."""
    if login != session.state.agent:
        return [Answer(action.action_id, Problem(code=ErrorCode.FORBIDDEN, message="this is not your conversation"))]
    if action.action_id in session.state.actions:
        return [Answer(action.action_id)]
    try:
        return [*_do(session, action, login, at, article), Answer(action.action_id)]
    except Refused as refused:
        return [Answer(action.action_id, refused.problem)]


def _do(
    session: "Session", action: panel.PanelAction, login: str, at: float, article: SuggestedCard | None
) -> list[Output]:
    if session.state.wrapped_up:
        raise Refused(ErrorCode.CONVERSATION_ENDED, "the conversation is wrapped up")
    match action:
        case panel.Use():
            return _use(session, action, login, at)
        case panel.Send():
            return _send(session, action, login, at)
        case panel.Dismiss():
            return _close(session, action, OutcomeKind.DISMISSED, login, at)
        case panel.NotRight():
            return _close(session, action, OutcomeKind.NOT_RIGHT, login, at)
        case panel.RaiseArticle():
            return _raise_article(session, action, at, article)
        case panel.WrapUp():
            return _wrap_up(session, action, login, at)
        case panel.SetLanguage():
            return _set_language(session, action, login, at)
        case panel.SetRecording():
            return _set_recording(session, action, login, at)
        case panel.SetConsent():
            return _set_consent(session, action, login, at)


def _set_language(session: "Session", action: panel.SetLanguage, login: str, at: float) -> list[Output]:
    if not legs.loaded(session, action.language):
        raise Refused(ErrorCode.UNSUPPORTED_LANGUAGE, f"no speech model is loaded for `{action.language}`")
    if action.leg is None:
        return legs.change_languages(session, action.language, login, at, action.action_id)
    leg = session.state.legs.get(action.leg)
    if leg is None:
        raise Refused(ErrorCode.NOT_FOUND, "no such leg in this conversation")
    if leg.ended:
        raise Refused(ErrorCode.CONVERSATION_ENDED, "this leg has ended")
    return legs.change_leg_language(session, action.leg, action.language, login, at, action.action_id)


def _set_consent(session: "Session", action: panel.SetConsent, login: str, at: float) -> list[Output]:
    if keeping.takes_back(session, action.consent):
        raise Refused(ErrorCode.POLICY, "the customer refused to be recorded; only consent that is given changes that")
    return keeping.change_consent(session, action.consent, login, at, action.action_id)


def _set_recording(session: "Session", action: panel.SetRecording, login: str, at: float) -> list[Output]:
    started = session.state.started
    if started is None or started.channel is not Channel.CALL:
        raise Refused(ErrorCode.INVALID, "a chat has no recording")
    reason = keeping.why_not(session) if action.recording else None
    if reason is not None:
        raise Refused(ErrorCode.POLICY, reason)
    when = at - session.state.started_at
    return [keeping.switch(session, action.recording, when, login, "agent", at, action.action_id)]


def _card(session: "Session", suggestion_id: str, allowed: frozenset[OutcomeKind]) -> CardState:
    state = session.state.cards.get(suggestion_id)
    if state is None:
        raise Refused(ErrorCode.NOT_FOUND, "no such suggestion in this conversation")
    # A panel holds a card still while the agent points at it or edits it: what the agent sees, the agent may use.
    if state.outcomes - allowed - {OutcomeKind.EXPIRED}:
        raise Refused(ErrorCode.STALE, "the suggestion is gone or was already acted upon")
    return state


def _use(session: "Session", action: panel.Use, login: str, at: float) -> list[Output]:
    state = _card(session, action.suggestion_id, frozenset({OutcomeKind.SPOKEN}))
    reply = state.card.reply
    said = reply if action.text is None else action.text
    _whole(said)
    outcome = ev.SuggestionOutcome(
        suggestion_id=action.suggestion_id,
        outcome=completing.outcome_of(said.strip(), reply, OutcomeKind.USED),
        by=login,
        action_id=action.action_id,
        text=session.kept(said) if said != reply else None,
    )
    return [session.emit(outcome, at)]


def _whole(text: str) -> None:
    """Nothing half-empty leaves."""
    hole = completing.hole_in(text)
    if hole is not None:
        raise Refused(ErrorCode.INVALID, f"complete {hole} first")


def _close(
    session: "Session", action: panel.Dismiss | panel.NotRight, kind: OutcomeKind, login: str, at: float
) -> list[Output]:
    _card(session, action.suggestion_id, frozenset())
    outcome = ev.SuggestionOutcome(
        suggestion_id=action.suggestion_id, outcome=kind, by=login, action_id=action.action_id
    )
    return [session.emit(outcome, at)]


def _send(session: "Session", action: panel.Send, login: str, at: float) -> list[Output]:
    text = action.text.strip()
    if not text:
        raise Refused(ErrorCode.INVALID, "there is no text to send")
    _whole(text)
    adapter = _way_out(session, action)
    kept = session.kept(text)
    outputs: list[Output] = []
    if action.suggestion_id is not None:
        done = frozenset({OutcomeKind.USED, OutcomeKind.SPOKEN, OutcomeKind.EDITED})
        state = _card(session, action.suggestion_id, done)
        reply = state.card.reply_to_send.strip()
        outcome = ev.SuggestionOutcome(
            suggestion_id=action.suggestion_id,
            outcome=completing.outcome_of(text, reply, OutcomeKind.SENT),
            by=login,
            action_id=action.action_id,
            text=kept if text != reply else None,
        )
        outputs.append(session.emit(outcome, at))
    message_id = new_id()
    session.listen_to_agent(text)
    outputs.append(session.say(Role.AGENT, kept, message_id, at))
    queued = ev.MessageQueued(
        message_id=message_id,
        text=kept,
        by=login,
        adapter=adapter,
        suggestion_id=action.suggestion_id,
        action_id=action.action_id,
    )
    outputs.append(session.emit(queued.going_out_as(text), at))
    return outputs


def _way_out(session: "Session", action: panel.Send) -> "ev.Adapter":
    """How text leaves this conversation; refuses where the queue's policy does."""
    started = session.state.started
    if started is not None and started.channel is Channel.CHAT:
        if session.state.ended_at is not None:
            raise Refused(ErrorCode.CONVERSATION_ENDED, "the customer has left the chat")
        return "chat"
    if not session.policy.text_out_on_call:
        raise Refused(ErrorCode.POLICY, "this queue does not send text during calls")
    if session.state.customer is None:
        raise Refused(ErrorCode.POLICY, "nobody knows yet who the customer is")
    if not action.confirmed:
        raise Refused(ErrorCode.POLICY, "confirm that the text is to be sent")
    return "webhook"


def _raise_article(
    session: "Session", action: panel.RaiseArticle, at: float, article: SuggestedCard | None
) -> list[Output]:
    if article is None:
        raise Refused(ErrorCode.NOT_FOUND, "no such article, or it is not approved and in effect")
    # One click away from being said or sent: who really speaks that language is set to it first.
    if article.language and article.language not in session.state.spoken:
        raise Refused(ErrorCode.POLICY, "the customer speaks another language; set the language first")
    language = article.language or session.state.language
    ask = Ask(action.action_id, session.without_secrets(action.query), (), language, "search", None, None)
    answer = Suggested(ask, (article,), model="manual", intent_at=at, retrieval_at=at)
    return cards.raise_by_hand(session, answer, at)


def _wrap_up(session: "Session", action: panel.WrapUp, login: str, at: float) -> list[Output]:
    if action.code not in session.policy.wrap_up_codes:
        raise Refused(ErrorCode.INVALID, "no such wrap-up code")
    outputs = cards.ignore_rest(session, at)
    started = session.state.started
    if started is not None and started.channel is Channel.CHAT:
        outputs += session.end("wrapped up", at)
    wrapped = ev.WrappedUp(code=action.code, note=session.kept(action.note), by=login, action_id=action.action_id)
    return [*outputs, session.emit(wrapped, at)]
