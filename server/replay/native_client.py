"""The sending side of `/v1/listen`, without I/O."""

from pydantic import TypeAdapter, ValidationError

from server.replay.client import StreamClient
from server.replay.errors import BadOptionError, ReplayError
from server.replay.heard import Acked, Begin, Failed, FinalHeard, Finished, Heard, Received
from server.replay.options import CallOptions, role_of
from server.wire import listen

_ANSWER: TypeAdapter[listen.ListenServerMessage] = TypeAdapter(listen.ListenServerMessage)


class NativeClient(StreamClient):
    """One stream's words to the server; outlives connections, so that it can resume."""

    def __init__(self, options: CallOptions, legs: list[str], sample_rate: int) -> None:
        """`legs` in the order in which their samples are interleaved; raises `BadOptionError`."""
        self._rate = sample_rate
        self._start = _start(options, legs, sample_rate)
        self.options = options
        # Also in the URL, so that a node that is full can refuse before the upgrade.
        self.url = options.url_with({"external_id": options.external_id})

    def opening(self, position: int) -> list[str]:
        """The first message of a connection; the server says where to go on, whatever our `position`."""
        return [self._start.model_dump_json(exclude_none=True)]

    def begun(self) -> Begin | None:
        """Nothing: the server says when to begin."""
        return None

    def ending(self) -> list[str]:
        """The last message of the call."""
        return [listen.Stop().model_dump_json()]

    def receive(self, text: str) -> Received:
        """Understand a message of the server; raises `ReplayError` if it is none of ours."""
        try:
            message = _ANSWER.validate_json(text)
        except ValidationError as error:
            raise ReplayError("the server's answer is not of this protocol: is the URL right?") from error
        return Received(message, self._heard(message))

    def closed(self, reason: str, ending: bool) -> Heard | None:
        """Nothing: both the end and errors come as messages before the close."""
        return None

    def _heard(self, message: listen.ListenServerMessage) -> Heard | None:
        match message:
            case listen.Started():
                self._start = self._start.model_copy(update={"resume_token": message.resume_token})
                return Begin(message.resume_from, message.conversation_id)
            case listen.Ack():
                return Acked(message.leg, message.samples)
            case listen.Final():
                # The leg may have begun after the conversation; its own samples never end before its speech.
                end = min(round(message.end * self._rate), message.end_sample)
                return FinalHeard(message.leg, message.utterance_id, end)
            case listen.Ended():
                return Finished(message.samples)
            case listen.ListenError():
                return Failed(message.code, message.message, message.fatal)
            case _:
                return None


def _start(options: CallOptions, legs: list[str], sample_rate: int) -> listen.Start:
    try:
        return listen.Start(
            external_id=options.external_id,
            legs=[listen.LegSpec(leg=leg, role=role_of(leg)) for leg in legs],
            encoding=options.encoding,
            sample_rate=sample_rate,
            language=options.language,
            queue=options.queue,
            agent=options.agent,
            customer=options.customer,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadOptionError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
