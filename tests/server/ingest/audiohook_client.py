"""An AudioHook client for tests: numbers its messages and reads the answers, with or without a socket."""

import json
from dataclasses import replace

from server.ingest.audiohook import AudioHookDialect
from server.ingest.audiohook_settings import AudioHookSettings
from server.ingest.dialect import EndAudio, OpenCall, Refuse, SendText, Tell
from server.wire import listen
from server.wire.events import Role
from tests.server.golden import LIMITS

SESSION = "30b0e395-84d3-4570-ac13-9a62d8f514c0"
ORGANIZATION = "d7934305-0972-4844-938e-9060eef73d05"
CONVERSATION = "090eaa2f-72fa-480a-83e0-8667ff89c0ec"
NO_ID = "00000000-0000-0000-0000-000000000000"
CUSTOMER = listen.LegSpec(leg="customer", role=Role.CUSTOMER)
AGENT = listen.LegSpec(leg="agent", role=Role.AGENT)
SETTINGS = AudioHookSettings(
    legs={"external": CUSTOMER, "internal": AGENT},
    session_id=SESSION,
    organization_id=ORGANIZATION,
    authentic=True,
    transcripts=True,
    interims=True,
    suggestions=True,
)


def media(*channels, kind="PCMU", rate=8000, type_="audio"):
    return {"type": type_, "format": kind, "channels": list(channels), "rate": rate}


STEREO = media("external", "internal")


def open_parameters(**changes):
    defaults = {
        "organizationId": ORGANIZATION,
        "conversationId": CONVERSATION,
        "participant": {
            "id": "883efee8-3d6c-4537-b500-6d7ca4b92fa0",
            "ani": "tel:+15551234567",
            "aniName": "John Doe",
            "dnis": "+18005556789",
        },
        "media": [STEREO, media("external"), media("internal")],
    }
    return {name: value for name, value in (defaults | changes).items() if value is not None}


class Client:
    """Speaks to a dialect directly; `told` is all that it answered, `actions` all that it asked for."""

    def __init__(self, dialect=None, **settings):
        self.dialect = dialect or AudioHookDialect(replace(SETTINGS, **settings), LIMITS)
        self.id = SESSION
        self.seq = 0
        self.serverseq = 0
        self.position = 0.0
        self.told = []
        self.replies = []
        self.actions = []

    def message(self, kind, parameters=None, **changes):
        """The next message, with changes."""
        self.seq += 1
        return {
            "version": "2",
            "type": kind,
            "id": self.id,
            "seq": self.seq,
            "serverseq": self.serverseq,
            "position": f"PT{self.position}S",
            "parameters": {} if parameters is None else parameters,
        } | changes

    def say(self, kind, parameters=None, **changes):
        return self.raw(json.dumps(self.message(kind, parameters, **changes)))

    def raw(self, text):
        return self._take(self.dialect.receive_text(text))

    def audio(self, data):
        return self._take(self.dialect.receive_bytes(data))

    def open(self, **changes):
        actions = self.say("open", open_parameters(**changes))
        for action in actions:
            if isinstance(action, OpenCall):
                self.start = action.start
                self.hear(self.dialect.started(started()))
        return self

    def hear(self, replies):
        """Take the server's replies; its messages must be numbered as the protocol says."""
        for reply in replies:
            self.replies.append(reply)
            if isinstance(reply, SendText):
                said = json.loads(reply.text)
                self.serverseq += 1
                assert (said["version"], said["seq"]) == ("2", self.serverseq)
                self.told.append(said)
        return replies

    def _take(self, actions):
        for action in actions:
            self.actions.append(action)
            match action:
                case Tell(reply):
                    self.hear([reply])
                case Refuse(code, message, fatal):
                    self.hear(self.dialect.failed(code, message, fatal))
                case EndAudio():
                    self.hear(self.dialect.ended(listen.Ended(conversation_id="1", samples={})))
        return actions

    @property
    def kinds(self):
        return [said["type"] for said in self.told]

    @property
    def last(self):
        return self.told[-1]

    @property
    def entities(self):
        return [entity for said in self.told if said["type"] == "event" for entity in said["parameters"]["entities"]]


def started(resume_from=0):
    return listen.Started(conversation_id="1", resume_token="t", resume_from=resume_from)
