"""A conversation as a panel opens it."""

from server.live.conversation import LiveConversation
from server.services import Services
from server.wire.events import Channel
from server.wire.panel import ConversationSummary


def summary(live: LiveConversation, services: Services) -> ConversationSummary:
    """What a panel needs to open a conversation. The customer's own link is theirs alone, but for a demo."""
    state = live.session.state
    assert state.started is not None
    chat = state.started.channel is Channel.CHAT
    return ConversationSummary(
        conversation_id=live.conversation_id,
        channel=state.started.channel,
        direction=state.started.direction,
        external_id=state.started.external_id,
        language=state.language,
        queue=state.started.queue,
        customer=state.customer,
        started_at=state.started_at,
        ended_at=state.ended_at,
        wrapped_up=state.wrapped_up,
        text_out=chat or live.session.policy.text_out_on_call,
        insert_only=chat and live.session.policy.insert_only,
        chat_url=services.links.make(live.conversation_id) if chat and services.settings.demo else None,
    )
