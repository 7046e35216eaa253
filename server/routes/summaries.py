"""A conversation as a panel opens it."""

from server.auth import ChatLinks
from server.live.conversation import LiveConversation
from server.wire.events import Channel
from server.wire.panel import ConversationSummary


def summary(live: LiveConversation, links: ChatLinks) -> ConversationSummary:
    """What a panel needs to open a conversation."""
    state = live.session.state
    assert state.started is not None
    chat = state.started.channel is Channel.CHAT
    return ConversationSummary(
        conversation_id=live.conversation_id,
        channel=state.started.channel,
        external_id=state.started.external_id,
        language=state.started.language,
        queue=state.started.queue,
        customer=state.customer,
        started_at=state.started_at,
        ended_at=state.ended_at,
        wrapped_up=state.wrapped_up,
        text_out=chat or live.session.policy.text_out_on_call,
        insert_only=chat and live.session.policy.insert_only,
        chat_url=links.make(live.conversation_id) if chat else None,
    )
