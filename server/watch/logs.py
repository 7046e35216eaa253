"""The log: lines for people, or one JSON object per line for machines.

Our own messages are written `conversation %s: what happened: %s`, the last value being an error's class; a machine
gets the same in fields, with the sentence between them as the event's name. What an exception says is never written,
since it may repeat what somebody sent: its class and where it was raised tell enough.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any, Literal

OURS = frozenset({"server", "asr", "kb", "suggest"})
"""Loggers whose messages are known not to hold what somebody said or sent."""
LONGEST = 300
"""Characters of another library's message."""
FRAMES = 6
_CONVERSATION = "conversation %s: "
_ERROR = ": %s"
_VALUE = re.compile(r"\s*\(?%[-+ #0]*[\d.]*[a-z]\)?")


class Careful(logging.Formatter):
    """A line for people, without what exceptions say."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and its traceback."""
        record.exc_text = None  # another handler may have left its own there
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without its traceback."""
        record.message = said(record)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """Where it was raised, and the class."""
        return "".join(traceback.format_tb(ei[2])) + _class_of(ei[1])


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            "message": said(record),
            **_values(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _class_of(record.exc_info[1])
            frames = traceback.extract_tb(record.exc_info[2])[-FRAMES:]
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False)


def configure(form: Literal["text", "json"]) -> None:
    """Write the log of this process to its standard error, in that form."""
    handler = logging.StreamHandler()
    text = Careful("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler.setFormatter(JsonLines() if form == "json" else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def said(record: logging.LogRecord) -> str:
    """The message. Of another library's only the first line: asyncio goes on with what an exception says."""
    message = record.getMessage()
    return message if _is_ours(record) else message.strip().partition("\n")[0][:LONGEST]


def _event(record: logging.LogRecord) -> str:
    """What happened, the same for every such message: its name, or the sentence without its values."""
    named: str | None = getattr(record, "event", None)
    if named is not None:
        return named
    template = str(record.msg).strip().partition("\n")[0][:LONGEST]
    sentence = template.removeprefix(_CONVERSATION).removesuffix(_ERROR)
    return _VALUE.sub("", sentence).strip(" :")


def _values(record: logging.LogRecord) -> dict[str, Any]:
    """The conversation, the error, and whatever else was given in `fields`."""
    values: dict[str, Any] = dict(getattr(record, "fields", {}))
    arguments = record.args if _is_ours(record) and isinstance(record.args, tuple) else ()
    template = str(record.msg)
    if arguments and template.startswith(_CONVERSATION):
        values["conversation"] = str(arguments[0])
    if arguments and template.endswith(_ERROR):
        values["error"] = str(arguments[-1])
    return values


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _class_of(error: BaseException | None) -> str:
    return type(error).__name__
