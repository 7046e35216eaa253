"""WebSocket close codes for our error codes."""

from server.ingest.dialect import Close
from server.wire.base import ErrorCode

_MAX_REASON_BYTES = 123  # RFC 6455, 5.5: a control frame carries 125 bytes, two of them the code

_CODES = {
    ErrorCode.FRAME_TOO_LARGE: 1009,
    ErrorCode.STORAGE: 1011,
    ErrorCode.INTERNAL: 1011,
    ErrorCode.SHUTTING_DOWN: 1012,
    ErrorCode.OVERLOADED: 1013,
}
_POLICY_VIOLATION = 1008


def close_for(code: ErrorCode, message: str = "") -> Close:
    """How to close after the error `code`; the reason begins with the code's word, for clients and people."""
    reason = f"{code}: {message}" if message else str(code)
    short = reason.encode("utf-8", "replace")[:_MAX_REASON_BYTES].decode("utf-8", "ignore")
    return Close(_CODES.get(code, _POLICY_VIOLATION), short)
