"""Identifiers: UUIDv7, sortable by time; utterances are named by where their audio lies."""

import uuid

import uuid_utils


def new_id() -> str:
    """A fresh UUIDv7."""
    return str(uuid_utils.uuid7())


def utterance_id(conversation_id: str, leg: str, start_sample: int) -> str:
    """The id of the utterance whose tile begins at `start_sample`: the same whoever decodes it and whenever."""
    return str(uuid.uuid5(uuid.UUID(conversation_id), f"{leg}:{start_sample}"))
