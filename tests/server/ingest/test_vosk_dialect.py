"""The Vosk dialect as a dialogue, with the messages that alphacep's own clients send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ingest.dialect import Audio, Close, CutUtterance, EndAudio, Limits, OpenCall, Refuse, SendText, Tell
from server.ingest.vosk import QueryError, VoskDialect, parse_query
from server.wire import listen
from server.wire.base import ErrorCode
from server.wire.events import Role, WordTime

LIMITS = Limits(max_frame_bytes=16000, languages=frozenset({"zh"}))
ENDED = listen.Ended(conversation_id="1", samples={})
EMPTY = {"text": ""}


def client(**query):
    return VoskDialect(parse_query(query), LIMITS, lambda: "made-up")


def calling(config='{ "config" : { "sample_rate" : 8000 } }', offset=0.0, resume_from=0):
    dialect = client()
    assert dialect.receive_text(config) == []
    dialect.receive_bytes(bytes(320))
    dialect.started(listen.Started(conversation_id="1", resume_token="t", resume_from=resume_from), offset)
    return dialect


def final(text="您好", words=("您", "好"), start=1.0):
    times = [
        WordTime(text=word, start=start + n / 2, end=start + n / 2 + 0.4, confidence=0.9)
        for n, word in enumerate(words)
    ]
    return listen.Final(
        leg="unknown",
        utterance_id="u",
        text=text,
        start=start,
        end=start + 1,
        start_sample=0,
        end_sample=16000,
        words=times,
    )


def said(reply):
    assert isinstance(reply, SendText)
    return json.loads(reply.text)


def test_the_dialogue_of_test_py():
    sender = client()
    assert sender.receive_text('{ "config" : { "sample_rate" : 16000 } }') == []

    opened, audio = sender.receive_bytes(bytes(6400))
    assert isinstance(opened, OpenCall) and not opened.resumable
    assert opened.start.sample_rate == 16000 and opened.start.encoding == "pcm16"
    assert (opened.start.external_id, opened.start.legs[0].role) == ("made-up", Role.UNKNOWN)
    assert isinstance(audio, Audio) and audio.samples["unknown"].size == 3200
    assert sender.started(listen.Started(conversation_id="1", resume_token="t", resume_from=0)) == []

    assert [said(reply) for reply in sender.chunk_done()] == [{"partial": ""}]

    assert len(sender.receive_bytes(bytes(6400))) == 1
    sender.interim(listen.Interim(leg="unknown", text="您", start=0, end=0.4))
    assert [said(reply) for reply in sender.chunk_done()] == [{"partial": "您"}]

    assert sender.final(final()) == []
    (result,) = sender.chunk_done()
    assert said(result) == {
        "text": "您 好",
        "result": [
            {"conf": 0.9, "start": 1.0, "end": 1.4, "word": "您"},
            {"conf": 0.9, "start": 1.5, "end": 1.9, "word": "好"},
        ],
    }
    assert [said(reply) for reply in sender.chunk_done()] == [{"partial": ""}]

    assert sender.receive_text('{"eof" : 1}') == [EndAudio()]
    sender.final(final("再见", ("再见",), start=3.0))
    last, closed = sender.ended(ENDED)
    assert said(last)["text"] == "再见"
    assert closed == Close(1000, "")


def test_every_chunk_gets_one_reply_even_when_two_utterances_end_in_it():
    sender = calling()
    sender.final(final("一", ("一",), 1.0))
    sender.final(final("二", ("二",), 2.0))
    sender.interim(listen.Interim(leg="unknown", text="三", start=3, end=3.4))
    first, second = *sender.chunk_done(), *sender.chunk_done()
    assert said(first)["text"] == "一 二" and len(said(first)["result"]) == 2
    assert said(second) == {"partial": "三"}


def test_chunks_still_being_decoded_at_eof_get_their_replies():
    sender = calling()
    assert sender.receive_text('{"eof":1}') == [EndAudio()]
    assert [said(reply) for reply in sender.chunk_done()] == [{"partial": ""}]


@pytest.mark.parametrize("eof", ['{"eof" : 1}', '{"eof":1}', '{ "eof": true }\n', b'{"eof" : 1}'])
def test_clients_space_their_json_differently(eof):
    sender = calling()
    assert (sender.receive_bytes(eof) if isinstance(eof, bytes) else sender.receive_text(eof)) == [EndAudio()]
    assert sender.receive_text(str(eof)) == []


def test_reset_closes_the_utterance_and_the_call_goes_on():
    sender = calling()
    assert sender.receive_text('{"reset" : 1}') == [CutUtterance()]
    sender.final(final())
    assert [said(reply)["text"] for reply in sender.chunk_done()] == ["您 好"]
    assert isinstance(sender.receive_bytes(bytes(320))[0], Audio)


def test_eof_and_reset_before_any_audio_open_no_call():
    reset, *rest = client().receive_text('{"reset" : 1}')
    assert said(reset.reply) == EMPTY and rest == []
    told, closed = client().receive_text('{"eof" : 1}')
    assert said(told.reply) == EMPTY and closed == Tell(Close(1000, ""))


def test_seconds_count_from_the_connections_first_sample():
    sender = calling(offset=0.25, resume_from=4000)
    sender.final(final("您", ("您",), start=1.0))
    assert said(sender.chunk_done()[0])["result"][0]["start"] == 0.25


def test_words_can_be_switched_off_and_alternatives_asked_for():
    plain = calling('{"config": {"words": false}}')
    plain.final(final())
    assert said(plain.chunk_done()[0]) == {"text": "您 好"}
    several = calling('{"config": {"max_alternatives": 3}}')
    several.final(final())
    assert said(several.chunk_done()[0])["alternatives"][0]["text"] == "您 好"


def test_one_clients_config_does_not_touch_another():
    calling('{"config": {"sample_rate": 16000, "words": 0, "phrase_list": ["您好", "[unk]"], "model": "x"}}')
    (opened, _) = client().receive_bytes(bytes(320))
    assert opened.start.sample_rate == 8000
    other = calling()
    other.final(final())
    assert "result" in said(other.chunk_done()[0])


@pytest.mark.parametrize("rate", ["16000", 16000.0, "16000.0"])
def test_sample_rates_come_in_many_spellings(rate):
    sender = client()
    sender.receive_text(json.dumps({"config": {"sample_rate": rate}}))
    assert sender.receive_bytes(bytes(320))[0].start.sample_rate == 16000


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ([], ErrorCode.BAD_MESSAGE),
        ({"sample_rate": 4000}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({"sample_rate": 8000.5}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({"sample_rate": None}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({"sample_rate": float("nan")}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({"sample_rate": 10**400}, ErrorCode.UNSUPPORTED_SAMPLE_RATE),
        ({"max_alternatives": "many"}, ErrorCode.BAD_MESSAGE),
    ],
)
def test_a_config_that_cannot_be_is_refused(config, code):
    (refused,) = client().receive_text(json.dumps({"config": config}))
    assert isinstance(refused, Refuse) and (refused.code, refused.fatal) == (code, True)


def test_the_rate_cannot_change_during_the_call():
    assert calling().receive_text('{"config": {"words": 0}}') == []
    (refused,) = calling().receive_text('{"config": {"sample_rate": 16000}}')
    assert refused.code is ErrorCode.BAD_MESSAGE


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("hello", ErrorCode.BAD_MESSAGE),
        ("[1]", ErrorCode.BAD_MESSAGE),
        (bytes(319), ErrorCode.ODD_AUDIO_LENGTH),
        (bytes(16002), ErrorCode.FRAME_TOO_LARGE),
        ("x" * 16001, ErrorCode.FRAME_TOO_LARGE),
    ],
)
def test_bad_messages_are_refused_and_told_in_the_close_frame(message, code):
    sender = calling()
    (refused,) = sender.receive_bytes(message) if isinstance(message, bytes) else sender.receive_text(message)
    assert (refused.code, refused.fatal) == (code, True)
    (closed,) = sender.failed(refused.code, refused.message, refused.fatal)
    assert closed.code in (1008, 1009) and closed.reason.startswith(f"{code}: ")
    assert sender.receive_bytes(bytes(320)) == []


def test_close_reasons_fit_a_control_frame():
    (closed,) = calling().failed(ErrorCode.INTERNAL, "字" * 200, fatal=True)
    assert len(closed.reason.encode()) <= 123
    assert calling().failed(ErrorCode.TOO_FAST, "slow down", fatal=False) == []


def test_the_query_says_who_is_calling():
    sender = client(external_id="c-7", role="customer", queue="loans", agent="wang", customer="42", token="x")
    start = sender.receive_bytes(bytes(320))[0].start
    assert (start.external_id, start.queue, start.agent, start.customer) == ("c-7", "loans", "wang", "42")
    assert (start.legs[0].leg, start.legs[0].role) == ("customer", Role.CUSTOMER)


def test_a_bad_query_is_told():
    with pytest.raises(QueryError) as caught:
        parse_query({"role": "6222-secret"})
    assert caught.value.code is ErrorCode.BAD_MESSAGE and "role" in caught.value.message
    assert "secret" not in caught.value.message
    (refused,) = client(language="xx").receive_bytes(bytes(320))
    assert refused.code is ErrorCode.UNSUPPORTED_LANGUAGE


CONTROL = st.dictionaries(
    st.sampled_from(["config", "eof", "reset", "other"]),
    st.one_of(
        st.integers(),
        st.text(),
        st.dictionaries(
            st.sampled_from(["sample_rate", "words", "max_alternatives", "phrase_list"]),
            st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=2)),
        ),
    ),
).map(json.dumps)


@given(st.lists(st.one_of(st.text(), st.binary(max_size=400), CONTROL, CONTROL.map(str.encode)), max_size=12))
def test_nothing_a_client_says_raises(messages):
    sender = client()
    for message in messages:
        actions = sender.receive_text(message) if isinstance(message, str) else sender.receive_bytes(message)
        for action in actions:
            if isinstance(action, Refuse):
                sender.failed(action.code, action.message, action.fatal)
        sender.chunk_done()


@given(st.dictionaries(st.sampled_from(["external_id", "leg", "role", "language", "queue", "agent"]), st.text()))
def test_nothing_in_a_query_raises_anything_else(query):
    try:
        VoskDialect(parse_query(query), LIMITS, lambda: "x").receive_bytes(bytes(2))
    except QueryError as error:
        assert error.message
