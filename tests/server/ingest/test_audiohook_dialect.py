"""AudioHook sessions as dialogues: recorded ones, what may happen in one, and all that a client can get wrong."""

import json

import numpy as np
import pytest
from audiohook_client import CONVERSATION, NO_ID, ORGANIZATION, SESSION, STEREO, Client, media, open_parameters, started
from hypothesis import given
from hypothesis import strategies as st

from server.ingest.audiohook import LONGEST
from server.ingest.audiohook_connector import AudioHookConnector
from server.ingest.audiohook_media import ENCODINGS
from server.ingest.connector import NotAdmitted, Upgrade
from server.ingest.dialect import (
    Audio,
    ChangeLanguage,
    Close,
    CloseWithin,
    CutUtterance,
    EndAudio,
    Missing,
    OpenCall,
    Refuse,
    SendText,
    Tell,
)
from server.wire import listen
from server.wire.base import ErrorCode
from server.wire.events import Card, Direction, Event, Receipt, SuggestionsRaised, WordTime
from tests.server.golden import FOLDER, LIMITS

SECOND = bytes(range(250)) * 64  # stereo PCMU


def session(**settings):
    return Client(**settings).open()


# --- recorded from the vendor's own client (purecloudlabs/audiohook-reference-implementation)


def recorded(name):
    return [json.loads(line) for line in (FOLDER / "audiohook" / f"{name}.jsonl").read_text().splitlines()]


def genesys(**fields):
    defaults = {
        "legs": {"external": "customer", "internal": "agent"},
        "api_key": "SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh",
        "secret": "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU=",
        "customer": "ani",
    }
    return AudioHookConnector.model_validate({"name": "genesys", "dialect": "audiohook"} | defaults | fields)


def upgrade_of(first):
    headers = first["headers"]
    return Upgrade(f"ws://{headers['host']}{first['target']}", first["now"], "127.0.0.1", headers)


@pytest.mark.parametrize("name", ["monitor", "paused", "mono"])
def test_a_recorded_session(name):
    first, *lines = recorded(name)
    connector = genesys()
    connector.admit(upgrade_of(first))
    client = Client(connector.dialect_for(upgrade_of(first), LIMITS))
    answers = [line["server"] for line in lines if "server" in line]
    for line in lines:
        if "text" in line:
            client.raw(line["text"])
        elif "binary" in line:
            client.audio(bytes.fromhex(line["binary"]))
        for action in client.actions:
            if isinstance(action, OpenCall) and not client.told:
                client.hear(client.dialect.started(started()))
                client.start = action.start
    assert client.told == answers
    sent = b"".join(bytes.fromhex(line["binary"]) for line in lines if "binary" in line)
    assert heard(client) == {
        spec.leg: sent[number :: len(client.start.legs)] for number, spec in enumerate(client.start.legs)
    }
    assert isinstance(client.actions[-1], EndAudio)


def heard(client):
    legs = {}
    for action in client.actions:
        if isinstance(action, Audio):
            for leg, raw in action.raw.items():
                legs[leg] = legs.get(leg, b"") + raw
    return legs


def test_a_recorded_request_counts_once_and_only_then():
    first = recorded("monitor")[0]
    connector = genesys()
    connector.admit(upgrade_of(first))
    for moment in (first["now"], first["now"] + 60):
        with pytest.raises(NotAdmitted) as refused:
            connector.admit(upgrade_of(first | {"now": moment}))
        assert refused.value.status == 401


# --- opening


def test_open_begins_a_call_and_is_answered_when_that_is_open():
    client = Client(customer="ani")
    (call,) = client.say("open", open_parameters())
    assert isinstance(call, OpenCall) and (call.resumable, call.supersede) == (False, True)
    start = call.start
    assert (start.external_id, start.customer, start.direction) == (CONVERSATION, "+15551234567", Direction.INBOUND)
    assert [(leg.leg, leg.role) for leg in start.legs] == [("customer", "customer"), ("agent", "agent")]
    assert (start.encoding, start.sample_rate, start.language) == ("mulaw", 8000, "zh")
    assert client.told == []
    client.hear(client.dialect.started(started()))
    assert client.last == {
        "version": "2",
        "id": SESSION,
        "type": "opened",
        "seq": 1,
        "clientseq": 1,
        "parameters": {"media": [STEREO], "startPaused": False},
    }


@pytest.mark.parametrize(("setting", "customer"), [(None, None), ("ani", "+15551234567"), ("dnis", "+18005556789")])
def test_which_number_is_the_customer_is_a_setting(setting, customer):
    assert session(customer=setting).start.customer == customer


def test_only_who_was_authenticated_takes_over_a_leg():
    (call,) = Client(authentic=False).say("open", open_parameters(continuedSessions=[{"id": SESSION}]))
    assert not call.supersede


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([STEREO, media("external")], STEREO),
        ([media("external"), STEREO], STEREO),
        ([media("internal", "external")], media("internal", "external")),
        ([media("external"), media("internal")], media("external")),
        ([media("external", "internal", kind="OPUS"), media("internal")], media("internal")),
        ([media("external", rate=16000), media("external", kind="L16")], media("external", kind="L16")),
        ([media("external", "external"), media("internal")], media("internal")),
        ([media("external", "internal", type_="video"), media("external")], media("external")),
        ([media("external", "third"), media("external")], media("external")),
    ],
)
def test_one_of_the_offered_media_is_chosen(offered, chosen):
    client = Client().open(media=offered)
    assert client.last["parameters"]["media"] == [chosen]
    assert client.start.encoding == ENCODINGS[chosen["format"]]


@pytest.mark.parametrize(
    "offered", [[], [media()], [media("external", kind="OPUS")], [media("external", rate=16000)], [media("third")]]
)
def test_without_media_that_is_understood_the_client_is_told_to_leave(offered):
    client = Client().open(media=offered)
    assert client.kinds == ["disconnect"]
    assert client.last["parameters"]["reason"] == "error"
    assert client.last["parameters"]["info"].startswith("unsupported_encoding: media: offer PCMU or L16 at 8000 Hz")


def test_a_connector_that_listens_to_one_channel_prefers_it_alone():
    legs = {"external": Client().dialect._settings.legs["external"]}
    client = session(legs=legs)
    assert client.last["parameters"]["media"] == [media("external")]
    stereo = Client(legs=legs).open(media=[STEREO])
    (audio,) = stereo.audio(SECOND)
    assert audio.raw == {"customer": SECOND[0::2]}


def test_a_probe_is_answered_and_leaves_nothing():
    client = Client()
    participant = open_parameters()["participant"] | {"id": NO_ID}
    actions = client.say("open", open_parameters(conversationId=NO_ID, participant=participant))
    assert client.kinds == ["opened"] and not any(isinstance(action, OpenCall) for action in actions)
    assert client.audio(SECOND) == []
    assert client.say("resumed", {"start": "PT1S", "discarded": "PT3S"}) == []
    client.say("ping")
    client.say("close", {"reason": "end"})
    assert client.kinds == ["opened", "pong", "closed"]
    assert not any(isinstance(action, OpenCall | Audio | Missing | EndAudio) for action in client.actions)


def test_an_organisation_that_did_not_sign_is_not_authorised():
    client = Client().open(organizationId=NO_ID)
    assert client.last["type"] == "disconnect" and client.last["parameters"]["reason"] == "unauthorized"
    assert ORGANIZATION not in json.dumps(client.told)


# --- languages


@pytest.mark.parametrize(("tag", "language"), [("zh-CN", "zh"), ("cmn-CN", "zh"), ("en-us", "en"), (None, "zh")])
def test_the_language_of_the_call(tag, language):
    client = Client().open(language=tag)
    assert client.start.language == language
    assert client.last["parameters"]["startPaused"] is False


def test_a_language_that_is_not_understood_pauses_the_stream_until_it_is():
    client = Client().open(language="fr-FR")
    assert client.last["parameters"]["startPaused"] is True
    client.say("paused")
    client.say("update", {"language": "de-DE"})
    actions = client.say("update", {"language": "en-GB"})
    assert client.kinds == ["opened", "updated", "updated", "resume"]
    assert ChangeLanguage("en") in actions
    client.say("update", {"language": "fr-FR"})
    assert client.kinds[-2:] == ["updated", "pause"]


def test_an_update_cuts_the_utterance_and_changes_what_is_spoken():
    client = session()
    assert CutUtterance() in client.say("update", {"language": "zh-CN"})
    assert not any(isinstance(action, ChangeLanguage) for action in client.actions)
    assert ChangeLanguage("en") in client.say("update", {"language": "en-US"})
    assert client.kinds == ["opened", "updated", "updated"]


def test_the_supported_languages_are_told_to_who_asks():
    told = Client().open(supportedLanguages=True).last["parameters"]["supportedLanguages"]
    assert {"en-US", "zh-CN"} <= set(told)
    assert "supportedLanguages" not in session().last["parameters"]


# --- audio, and where it is missing


def test_stereo_audio_becomes_two_legs():
    client = session()
    (audio,) = client.audio(SECOND)
    assert (audio.raw, audio.encoding) == ({"customer": SECOND[0::2], "agent": SECOND[1::2]}, "mulaw")
    linear = np.arange(800, dtype="<i2")
    client = Client().open(media=[media("internal", "external", kind="L16")])
    (audio,) = client.audio(linear.tobytes())
    assert audio.samples["agent"].tolist() == linear[0::2].tolist()
    assert audio.samples["customer"].tolist() == linear[1::2].tolist()


def missing(actions):
    return [(action.leg, action.samples / 8000, action.reason) for action in actions if isinstance(action, Missing)]


def test_what_was_discarded_is_missing_on_both_legs():
    client = session()
    client.audio(SECOND)
    actions = client.say("discarded", {"start": "PT1.0S", "discarded": "PT2.5S"})
    assert missing(actions) == [("customer", 2.5, "discarded"), ("agent", 2.5, "discarded")]
    assert missing(client.say("discarded", {"start": "PT1S", "discarded": "PT2.5S"})) == []


def test_a_pause_closes_the_utterance_and_its_time_is_missing():
    client = session()
    client.audio(SECOND)
    assert client.say("paused") == [CutUtterance()]
    client.position = 9.0
    client.say("ping")
    assert missing(client.actions) == []
    actions = client.say("resumed", {"start": "PT1S", "discarded": "PT8S"})
    assert missing(actions) == [("customer", 8.0, "paused"), ("agent", 8.0, "paused")]
    assert isinstance(client.audio(SECOND)[0], Audio)


def test_audio_that_never_came_shows_by_the_position():
    client = session()
    client.audio(SECOND)
    client.position = 1.9
    client.say("ping")
    assert missing(client.actions) == []
    client.position = 4.0
    client.say("ping")
    assert missing(client.actions) == [("customer", 3.0, "lost"), ("agent", 3.0, "lost")]
    client.position = 0.5
    client.say("ping")
    assert len(missing(client.actions)) == 2


def test_what_is_numbered_is_said_before_anything_that_takes_time():
    client = session()
    client.position = 9.0
    assert [type(action) for action in client.say("ping")] == [Tell, Missing, Missing]
    told = [isinstance(action, Tell) for action in client.say("update", {"language": "en-US"})]
    assert told == [True, False, False]


def test_no_stream_is_longer_than_a_call():
    client = session()
    client.say("discarded", {"start": "PT0S", "discarded": f"PT{LONGEST // 8000 + 1}S"})
    assert client.last["type"] == "disconnect"


def test_keys_are_never_read():
    client = session()
    assert client.say("dtmf", {"digit": "7"}) == []
    assert "7" not in json.dumps(client.told[1:])


@pytest.mark.parametrize("kind", ["playback_started", "playback_completed", "something_of_tomorrow"])
def test_what_needs_no_answer_is_passed_over(kind):
    client = session()
    assert client.say(kind, {"a": 1}) == []
    client.say("ping", {"rtt": "PT0.1S"})
    assert client.kinds == ["opened", "pong"]


# --- the back channel


def final(leg="customer", start=1.0, words=("您", "好"), end_sample=24000, confidence=0.8):
    times = [
        WordTime(text=word, start=start + n * 0.5, end=start + n * 0.5 + 0.4, confidence=confidence)
        for n, word in enumerate(words)
    ]
    return listen.Final(
        leg=leg,
        utterance_id="u",
        text="".join(words),
        start=start - 0.2,
        end=start + 2,
        start_sample=0,
        end_sample=end_sample,
        words=times,
    )


def interim(leg="customer", text="您"):
    return listen.Interim(leg=leg, text=text, start=1.0, end=1.5)


def test_a_final_is_a_transcript_with_words_and_times():
    client = session()
    client.hear(client.dialect.final(final("agent")))
    (entity,) = client.entities
    data = entity["data"]
    assert (entity["type"], data["channelId"], data["isFinal"]) == ("transcript", 1, True)
    assert (data["offset"], data["duration"]) == ("PT1S", "PT0.9S")
    (alternative,) = data["alternatives"]
    assert (alternative["confidence"], alternative["languages"]) == (0.8, ["zh-CN"])
    (display,) = alternative["interpretations"]
    assert (display["type"], display["transcript"]) == ("display", "您好")
    assert display["tokens"][1] == {
        "type": "word",
        "value": "好",
        "confidence": 0.8,
        "offset": "PT1.5S",
        "duration": "PT0.4S",
        "language": "zh-CN",
    }


def test_interims_share_the_id_of_their_final_and_come_once_a_second():
    client = session()
    for _ in range(30):
        client.hear(client.dialect.interim(interim()))
        client.hear(client.dialect.interim(interim("agent")))
        client.audio(SECOND[:1600])
    client.hear(client.dialect.final(final()))
    client.hear(client.dialect.interim(interim(text="")))
    data = [entity["data"] for entity in client.entities if entity["data"]["channelId"] == 0]
    assert [one["isFinal"] for one in data] == [False, False, False, True]
    assert len({one["id"] for one in data}) == 1
    client.audio(SECOND)
    client.hear(client.dialect.interim(interim()))
    assert client.entities[-1]["data"]["id"] != data[0]["id"]


def test_interims_are_left_out_after_a_complaint_of_too_many_messages():
    client = session()
    client.say("error", {"code": 429, "message": "slow down", "retryAfter": "PT2S"})
    client.audio(SECOND)
    assert client.dialect.interim(interim()) == []
    assert client.dialect.final(final()) != []
    client.audio(SECOND)
    assert client.dialect.interim(interim()) != []


def test_times_are_those_of_the_clients_stream():
    """Also where the leg has no time for a long pause, and where the session goes on with an older leg."""
    client = Client()
    client.say("open", open_parameters())
    client.hear(client.dialect.started(started(resume_from=80000), offset=5.0))
    client.audio(SECOND)
    client.say("paused")
    client.say("resumed", {"start": "PT1S", "discarded": "PT100S"})
    assert client.dialect.final(final(start=14.0, end_sample=80000)) == []
    client.hear(client.dialect.final(final(start=15.5, end_sample=90000)))
    client.hear(client.dialect.final(final(start=17.0, end_sample=99000)))
    assert [entity["data"]["offset"] for entity in client.entities] == ["PT0.5S", "PT102S"]


def raised(*cards, seq=7):
    receipt = Receipt()
    payload = SuggestionsRaised(trigger="t", trigger_text="利率", cards=list(cards), receipt=receipt)
    return Event(conversation_id="1", seq=seq, at=0.0, payload=payload)


def card(**changes):
    fields = {
        "suggestion_id": CONVERSATION,
        "article_id": "a",
        "article_version": 1,
        "title": "Rates",
        "reply": "3 < 4 & <b>no</b>\nmore",
        "reply_to_send": "",
        "intent": None,
        "confidence": 0.71234,
        "matched": "what is the rate",
        "rank": 1,
        "source": "final",
        "model": "m",
    }
    return Card.model_validate(fields | changes)


def test_suggestions_are_an_agentassist_entity_whose_answers_are_plain_text_as_html():
    client = session()
    client.audio(SECOND)
    client.hear(client.dialect.event(raised(card(), card(matched=""))))
    (entity,) = client.entities
    first, second = entity["data"]["suggestions"]
    assert entity["type"] == "agentassist"
    assert first == {
        "type": "faq",
        "id": CONVERSATION,
        "confidence": 0.712,
        "position": "PT1S",
        "question": "what is the rate",
        "answer": "3 &lt; 4 &amp; &lt;b&gt;no&lt;/b&gt;<br>more",
    }
    assert second["question"] == "Rates"
    assert client.dialect.event(raised()) == []


@pytest.mark.parametrize("off", ["transcripts", "interims", "suggestions"])
def test_only_what_the_connector_wants_told_is_told(off):
    client = session(**{off: False})
    dialect = client.dialect
    told = {"interims": dialect.interim(interim()), "transcripts": dialect.final(final())}
    told["suggestions"] = dialect.event(raised(card()))
    assert {name for name, replies in told.items() if not replies} == {off}


def test_nothing_is_told_before_opened_or_after_the_end():
    waiting = Client()
    waiting.say("open", open_parameters())
    gone = session()
    gone.raw("{")
    for client in (waiting, gone):
        assert client.dialect.final(final()) == [] and client.dialect.event(raised(card())) == []


# --- the end


def test_close_is_answered_when_all_was_heard():
    client = session()
    assert client.dialect.receive_text(json.dumps(client.message("close", {"reason": "end"}))) == [EndAudio()]
    client.hear(client.dialect.final(final()))
    client.hear(client.dialect.ended(listen.Ended(conversation_id="1", samples={})))
    assert client.kinds == ["opened", "event", "closed"]
    assert client.replies[-1] == CloseWithin(1000, "", 5.0)


@pytest.mark.parametrize("reason", ["disconnect", "error", "reconnect"])
def test_a_session_that_another_one_may_follow_does_not_end_its_legs(reason):
    client = session()
    actions = client.say("close", {"reason": reason})
    assert client.kinds == ["opened", "closed"]
    assert not any(isinstance(action, EndAudio) for action in actions)
    assert client.replies[-1] == CloseWithin(1000, "", 5.0)


def test_close_is_answered_in_any_state():
    early = Client()
    early.say("close", {"reason": "error"})
    assert early.kinds == ["closed"]
    assert early.raw("{") == []
    gone = session()
    gone.raw("{")
    gone.say("close", {"reason": "disconnect"}, seq=77)
    assert gone.kinds == ["opened", "disconnect", "closed"] and gone.last["clientseq"] == 77


def test_a_socket_that_the_client_leaves_does_not_end_the_call():
    assert session().dialect.left() == []


# --- what goes wrong


def violations():
    parameters = open_parameters()
    yield "no json", lambda c: c.raw("hello")
    yield "no object", lambda c: c.raw("[]")
    yield "too deep", lambda c: c.raw("[" * 60000)
    yield "too large", lambda c: c.raw(json.dumps("x" * 70000))
    yield "other version", lambda c: c.say("ping", version="1")
    yield "number as version", lambda c: c.say("ping", version=2)
    yield "seq again", lambda c: c.say("ping", seq=1)
    yield "seq left out", lambda c: c.say("ping", seq=3)
    yield "seq no number", lambda c: c.say("ping", seq="2")
    yield "seq true", lambda c: c.say("ping", seq=True)
    yield "seq none", lambda c: c.say("ping", seq=None)
    yield "serverseq of the future", lambda c: c.say("ping", serverseq=2)
    yield "serverseq below zero", lambda c: c.say("ping", serverseq=-1)
    yield "id of another session", lambda c: c.say("ping", id=CONVERSATION)
    yield "id no uuid", lambda c: c.say("ping", id="me")
    yield "position of another kind", lambda c: c.say("ping", position="12")
    yield "position below zero", lambda c: c.say("ping", position="PT-1S")
    yield "position in minutes", lambda c: c.say("ping", position="PT1M")
    yield "position without end", lambda c: c.say("ping", position="PT" + "9" * 400 + "S")
    yield "position of next year", lambda c: c.say("ping", position="PT999999999S")
    yield "type no word", lambda c: c.say(7)
    yield "parameters no object", lambda c: c.say("ping", parameters=[])
    yield "a second open", lambda c: c.say("open", parameters)
    yield "close for no reason", lambda c: c.say("close")
    yield "close for another reason", lambda c: c.say("close", {"reason": "lunch"})
    yield "discarded without start", lambda c: c.say("discarded", {"discarded": "PT1S"})
    yield "resumed without length", lambda c: c.say("resumed", {"start": "PT1S"})
    yield "update without language", lambda c: c.say("update")
    yield "error without code", lambda c: c.say("error", {"message": "no"})
    yield "half a sample", lambda c: c.audio(b"\0" * 801)
    yield "too much audio", lambda c: c.audio(b"\0" * 70000)
    yield "audio in a pause", lambda c: (c.say("paused"), c.audio(SECOND))


@pytest.mark.parametrize("violation", [pytest.param(act, id=name) for name, act in violations()])
def test_a_violation_is_told_and_ends_the_session(violation):
    client = session()
    violation(client)
    assert client.kinds == ["opened", "disconnect"]
    assert client.last["parameters"]["reason"] == "error"
    assert isinstance(client.replies[-1], CloseWithin)
    refusal = next(action for action in client.actions if isinstance(action, Refuse))
    assert refusal.fatal and client.last["parameters"]["info"] == f"{refusal.code}: {refusal.message}"
    assert client.audio(SECOND) == [] and client.raw("more") == []
    assert client.hear(client.dialect.failed(ErrorCode.IDLE, "nothing came", fatal=True)) == [Close(1000, "")]


def bad_opens():
    yield {"organizationId": "me"}
    yield {"conversationId": "../../etc"}
    yield {"participant": None}
    yield {"participant": {"id": SESSION, "ani": "x" * 1000, "dnis": ""}}
    yield {"participant": {"id": SESSION, "ani": "\ud800", "dnis": ""}}
    yield {"media": None}
    yield {"media": "PCMU"}
    yield {"media": [STEREO] * 65}
    yield {"media": [{"type": "audio"}]}
    yield {"language": 7}
    yield {"supportedLanguages": "yes"}
    yield {"continuedSessions": [{"id": 1}]}


@pytest.mark.parametrize("changes", list(bad_opens()))
def test_a_bad_open_is_told_without_the_clients_words(changes):
    client = Client().open(**changes)
    assert client.kinds == ["disconnect"]
    assert not any(isinstance(action, OpenCall) for action in client.actions)
    assert "etc" not in client.last["parameters"]["info"]


def test_audio_before_open_and_before_opened():
    early = Client()
    early.audio(SECOND)
    assert early.kinds == ["disconnect"]
    waiting = Client()
    waiting.say("open", open_parameters())
    waiting.audio(SECOND)
    assert waiting.kinds == ["disconnect"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (ErrorCode.OVERLOADED, "error"),
        (ErrorCode.STORAGE, "error"),
        (ErrorCode.IDLE, "error"),
        (ErrorCode.UNAUTHENTICATED, "unauthorized"),
        (ErrorCode.SUPERSEDED, "completed"),
    ],
)
def test_what_goes_wrong_here_is_told(code, reason):
    client = session()
    client.hear(client.dialect.failed(code, "so it is", fatal=True))
    assert client.last["parameters"] == {"reason": reason, "info": f"{code}: so it is"}
    client.say("close", {"reason": "disconnect"})
    assert client.kinds == ["opened", "disconnect", "closed"]


def test_before_a_shut_down_the_client_is_asked_to_come_again_and_is_heard_until_then():
    client = session()
    replies = client.hear(client.dialect.failed(ErrorCode.SHUTTING_DOWN, "soon", fatal=True))
    assert client.kinds == ["opened", "reconnect"] and replies[-1] == CloseWithin(1012, "", 5.0)
    assert isinstance(client.audio(SECOND)[0], Audio)
    client.say("close", {"reason": "reconnect"})
    assert client.kinds[-1] == "closed"


def test_a_call_that_is_refused_while_shutting_down_is_not_asked_to_come_again():
    client = Client()
    client.say("open", open_parameters())
    client.hear(client.dialect.failed(ErrorCode.SHUTTING_DOWN, "soon", fatal=True))
    assert client.kinds == ["disconnect"]


# --- anything at all

_kinds = st.sampled_from(["open", "close", "discarded", "resumed", "paused", "update", "error", "ping", "dtmf", "x"])
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["PT1S", "end", SESSION]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_good = {
    "open": open_parameters(),
    "close": {"reason": "end"},
    "discarded": {"start": "PT1S", "discarded": "PT1S"},
    "resumed": {"start": "PT1S", "discarded": "PT1S"},
    "update": {"language": "en-US"},
    "error": {"code": 429, "message": ""},
}
_steps = st.lists(
    st.tuples(_kinds, st.none() | st.dictionaries(st.sampled_from(["reason", "start", "code", "media"]), _values))
    | st.binary(max_size=400)
    | st.text(max_size=30),
    max_size=12,
)


@given(_steps)
def test_no_sequence_of_messages_is_too_much(steps):
    """Nothing raises, one session begins at most one call, and after its end nothing comes of it."""
    client = Client()
    for step in steps:
        over = "closed" in client.kinds
        match step:
            case bytes():
                actions = client.audio(step)
            case str():
                actions = client.raw(step)
            case (kind, parameters):
                actions = client.say(kind, parameters if parameters is not None else _good.get(kind))
        assert not (over and actions)
        for action in actions:
            if isinstance(action, OpenCall):
                client.hear(client.dialect.started(started()))
    assert sum(isinstance(action, OpenCall) for action in client.actions) <= 1
    assert client.kinds.count("disconnect") <= 1 and client.kinds.count("closed") <= 1
    assert all(isinstance(reply, SendText | Close | CloseWithin) for reply in client.replies)
