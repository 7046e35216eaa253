"""After a call: when its suggestions were shown, as the server measured it."""

from typing import Any

import httpx

from server.replay.options import CallOptions
from server.replay.tally import lag_figures
from server.wire.events import Receipt
from server.wire.rest import ConversationDetail

_TIMEOUT = 10.0


async def fetch_receipts(options: CallOptions, conversation_id: str | None) -> dict[str, Receipt] | None:
    """Receipts by suggestion id; None if the server does not tell this sender."""
    if conversation_id is None:
        return None
    url = options.http_url(f"/v1/conversations/{conversation_id}")
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            answer = await client.get(url, headers=options.headers)
            if answer.status_code != httpx.codes.OK:
                return None
            return ConversationDetail.model_validate_json(answer.content).receipts
    except (httpx.HTTPError, ValueError):
        return None


def suggestion_lags(receipts: dict[str, Receipt]) -> list[float]:
    """Seconds from the end of the customer's speech to each card's push; a card that came before it counts as 0."""
    return [
        max(0.0, receipt.pushed - receipt.speech_end)
        for receipt in receipts.values()
        if receipt.pushed is not None and receipt.speech_end is not None
    ]


def receipts_summary(receipts: dict[str, Receipt] | None) -> dict[str, Any] | None:
    """Figures and the receipts themselves, for JSON."""
    if receipts is None:
        return None
    return {
        "count": len(receipts),
        **lag_figures("suggestion_lag", suggestion_lags(receipts)),
        "receipts": {suggestion: receipt.model_dump(mode="json") for suggestion, receipt in receipts.items()},
    }
