"""The trainer's doors by HTTP, what a live call leaves for them, and that what they export trains a model."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from kb.article import Article
from server.app import create_app
from server.auth import ChatLinks, Doorkeeper
from server.cli import main
from server.hub import Hub
from server.knowledge import Knowledge
from server.live.conversations import Conversations
from server.services import Services
from server.session import Ask, Policy, Suggested
from server.settings import Settings
from server.store import QueuePolicy, Store, UserRole
from server.store.tables.organisation import AuditTable
from server.wire.events import Channel, SuggestionsUnsure
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from tests.server.session.dialogue import Dialogue, card

PASSWORD = "correct horse battery"
ORIGIN = "http://127.0.0.1"
REPOSITORY = Path(__file__).resolve().parents[2]
Json = dict[str, Any]


class Unsure(Knowledge):
    """Knows the articles, and suggests nothing."""

    guess: str | None = "card_lost"
    wordless = False

    async def suggest(self, ask: Ask) -> Suggested:
        """Silence, with a guess."""
        return Suggested(
            ask, (), "m", 0.0, 0.0, {"intent": 0.5}, guess=self.guess, confidence=0.31, wordless=self.wordless
        )


@dataclass
class Desk:
    """A node with a trainer, and chats to learn from."""

    services: Services
    http: httpx.AsyncClient
    actions: int = 0

    async def chat(self, *texts: str, queue: str = "cards", language: str = "zh") -> str:
        """A chat in which the customer wrote these; its id."""
        live = await self.services.conversations.open(
            channel=Channel.CHAT, external_id=f"chat-{self.next()}", language=language, queue=queue
        )
        for text in texts:
            message = f"m{self.next()}"
            await live.do(lambda session, text=text, message=message: session.customer_wrote(text, message, 1e9))
            await live.settle()
        return live.conversation_id

    def next(self) -> int:
        self.actions += 1
        return self.actions

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(f"/v1/training/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def decide(self, row: Json, decision: str, **values: Any) -> httpx.Response:
        body = {"action_id": f"a{self.next()}", "revision": row["revision"], "decision": decision, **values}
        return await self.http.post(f"/v1/training/samples/{row['sample_id']}", json=body)

    async def login(self, name: str) -> None:
        answer = await self.http.post("/v1/session", json={"login": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text

    async def audit(self, action: str) -> list[AuditTable]:
        async with self.services.store.read() as session:
            found = select(AuditTable).where(AuditTable.action == action)  # type: ignore[arg-type]
            return list((await session.execute(found)).scalars())


@pytest.fixture(scope="module")
def staffed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two trainers, an agent and two articles, to be copied."""
    path = tmp_path_factory.mktemp("staffed") / "tici.db"
    shutil.copy(template, path)
    asyncio.run(staff(path))
    return path


async def staff(path: Path) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{path}")
    early = Article(
        id="fee", title="提前还款收费吗", questions=("违约金多少",), answer="不收。", intent="loan_early_repay"
    )
    lost = Article(id="lost", title="银行卡丢了怎么挂失", answer="请打挂失电话。", intent="card_lost")
    english = Article(id="english", title="Is there a fee", answer="No.", intent="fees", lang="en")
    await store.import_articles([lost, early, english], "test")
    for login, role in (("wang", UserRole.TRAINER), ("zhao", UserRole.TRAINER), ("lin", UserRole.AGENT)):
        await store.users.add(login, PASSWORD, role)
    await store.close()


@pytest.fixture
async def desk(staffed: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    shutil.copy(staffed, tmp_path / "tici.db")
    settings = Settings(data_dir=tmp_path, packs_dir=REPOSITORY / "kb" / "packs")
    store = await Store.open(settings.resolved_database_url())
    knowledge = Unsure(store, {})
    await knowledge.refresh()
    live = Conversations(store, Hub[Any](), knowledge, Policy(), lambda said, reply: 0.0)
    services = Services(
        settings=settings,
        store=store,
        hub=cast(Any, None),
        knowledge=knowledge,
        conversations=live,
        calls=cast(Any, None),
        delivery=cast(Any, None),
        doorkeeper=Doorkeeper(store, settings),
        links=ChatLinks(b"secret", 1.0),
        demo=None,
    )
    app = create_app(settings)
    app.state.services = services
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        made = Desk(services, client)
        await made.login("wang")
        yield made
    await live.close()
    knowledge.close()
    await store.close()


async def test_a_chat_leaves_what_nobody_was_sure_of(desk: Desk) -> None:
    await desk.chat("我姓张，卡找不到了", "那张卡怎么也找不到了")
    page = await desk.get("samples")
    assert (page["total"], page["reasons"], page["ever"], page["done"]) == (2, {"uncertain": 2}, True, 0)
    row = page["rows"][0]
    assert (row["guess"], row["confidence"], row["threshold"], row["reason"]) == ("card_lost", 0.31, 0.5, "uncertain")
    detail = await desk.get(f"samples/{page['rows'][0]['sample_id']}")
    assert [turn["current"] for turn in detail["turns"]].count(True) == 1
    (read,) = await desk.audit("sample.context")
    assert read.by == "wang" and "卡" not in json.dumps(read.detail, ensure_ascii=False)


@pytest.mark.parametrize(("confidence", "noted"), [(0.5, [("intent", 0.5, 0.7)]), (0.9, [])])
def test_a_card_that_was_not_sure_is_noted_and_stays(confidence: float, noted: list[Any]) -> None:
    talk = Dialogue()
    talk.saying("我的卡丢了怎么办", card("lost", confidence))
    talk.customer("我的卡丢了怎么办呀", card("lost", confidence))
    unsure = [event.payload for event in talk.events if isinstance(event.payload, SuggestionsUnsure)]
    assert [(one.guess, one.confidence, one.threshold) for one in unsure] == noted
    assert talk.screen == ["lost"]


async def test_small_talk_and_secrets_are_not_kept(desk: Desk) -> None:
    cast(Unsure, desk.services.knowledge).wordless = True
    await desk.chat("好的好的谢谢你啊")
    cast(Unsure, desk.services.knowledge).wordless = False
    await desk.chat("我的卡号是 6222021234567890128 帮我查")
    (row,) = (await desk.get("samples"))["rows"]
    assert "6222" not in row["text"] and "0128" not in row["text"] and "[银行卡]" in row["text"]


async def test_label_correct_and_undo(desk: Desk) -> None:
    await desk.chat("那张卡怎么也找不到了", "我想早点把钱还清")
    first, second = (await desk.get("samples"))["rows"]
    assert (await desk.decide(first, "confirm")).json()["label"] == "card_lost"
    corrected = await desk.decide(second, "correct", intent="loan_early_repay", article_id="fee")
    assert (corrected.json()["label"], corrected.json()["article_id"]) == ("loan_early_repay", "fee")
    page = await desk.get("samples", since=1)
    assert (page["total"], page["done"], page["rows"]) == (0, 2, [])
    labelled = {c["intent"]: c["labelled"] for c in await desk.get("intents", lang="zh")}
    assert labelled["card_lost"] == labelled["loan_early_repay"] == 1 and labelled["fees"] == 0
    undone = await desk.http.delete(f"/v1/training/samples/{second['sample_id']}/decisions/a{desk.actions}")
    assert undone.status_code == 200 and undone.json()["state"] == "to_label"
    assert len(await desk.audit("sample.decide")) == 2 and len(await desk.audit("sample.undo")) == 1


async def test_what_cannot_be(desk: Desk) -> None:
    await desk.chat("那张卡怎么也找不到了")
    (row,) = (await desk.get("samples"))["rows"]
    for wrong in (
        {"intent": "no_such_intent"},
        {"intent": "fees", "article_id": "none"},
        {"intent": "fees", "article_id": "english"},
        {},
    ):
        assert (await desk.decide(row, "correct", **wrong)).status_code == 422
    assert (await desk.decide({**row, "sample_id": "none"}, "discard")).status_code == 404
    assert (await desk.decide(row, "discard")).status_code == 200
    await desk.login("zhao")
    late = await desk.decide(row, "confirm")
    assert late.status_code == 409 and "wang" in late.json()["problem"]["message"]


async def test_only_trainers_come_in(desk: Desk) -> None:
    await desk.chat("那张卡怎么也找不到了")
    (row,) = (await desk.get("samples"))["rows"]
    await desk.login("lin")
    for path in ("samples", f"samples/{row['sample_id']}", "intents", "articles", "export?lang=zh"):
        assert (await desk.http.get(f"/v1/training/{path}")).status_code == 403, path
    assert (await desk.decide(row, "discard")).status_code == 403
    assert (await desk.http.delete(f"/v1/training/samples/{row['sample_id']}/decisions/a")).status_code == 403


async def test_a_trainer_of_one_team_sees_no_other(desk: Desk) -> None:
    await desk.services.store.save_queue(QueuePolicy(queue="loans", team="loans"))
    await desk.chat("那张卡怎么也找不到了", queue="loans")
    assert (await desk.get("samples"))["total"] == 0
    assert (await desk.http.get("/v1/training/export", params={"lang": "zh"})).text == ""


@pytest.mark.parametrize(
    ("query", "found"), [("挂失", ["lost"]), ("违约金", ["fee"]), ("tqhk", ["fee"]), ("LOST", ["lost"]), ("股票", [])]
)
async def test_articles_by_title_question_and_initials(desk: Desk, query: str, found: list[str]) -> None:
    assert [article["article_id"] for article in await desk.get("articles", q=query, lang="zh")] == found


async def test_intents_have_names_and_initials(desk: Desk) -> None:
    by_id = {choice["intent"]: choice for choice in await desk.get("intents")}
    assert by_id["card_lost"] == {
        "intent": "card_lost", "name_zh": "银行卡挂失", "name_en": "Lost card", "initials": "yhkgs", "cards": True,
        "labelled": 0,
    }  # fmt: skip
    assert not by_id["greeting"]["cards"]


async def test_what_is_exported_trains(
    desk: Desk, tmp_path: Path, models_dir: Path, pack_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the door and by `tici samples export`; together with the pack's own samples it teaches a new intent."""
    new = ["咱们金库参观要预约吗", "金库开放日是哪天", "我想去金库参观", "参观金库收门票吗", "带孩子看看金库可以吗"]
    await desk.services.store.import_articles(
        [Article(id="v", title="参观金库", answer="可以。", intent="vault")], "test"
    )
    await desk.services.knowledge.refresh()
    await desk.chat(*new, "你们家猫叫什么名字呀")
    for row in (await desk.get("samples"))["rows"]:
        if row["text"] in new:
            answer = await desk.decide(row, "correct", intent="vault")
        else:
            answer = await desk.decide(row, "out_of_scope")
        assert answer.status_code == 200
    door = await desk.http.get("/v1/training/export", params={"lang": "zh"})
    assert door.headers["content-disposition"].endswith('"tici-samples-zh.jsonl"')
    assert sorted(json.loads(line)["text"] for line in door.text.splitlines()) == sorted(new)
    assert (await desk.http.get("/v1/training/export", params={"lang": "zh", "format": "oos"})).json() == {
        "text": "你们家猫叫什么名字呀"
    }
    assert len(await desk.audit("sample.export")) == 2

    monkeypatch.setenv("TICI_DATA_DIR", str(desk.services.settings.data_dir))
    monkeypatch.setenv("TICI_MODELS_DIR", str(models_dir))
    samples, oos = tmp_path / "samples.jsonl", tmp_path / "oos.jsonl"
    listed = await asyncio.to_thread(run, "samples", "list", "--state", "labelled", "--json")
    assert json.loads(listed)["total"] == 5
    told = await asyncio.to_thread(
        run, "samples", "export", "--lang", "zh", "--out", str(samples), "--oos", str(oos), "--json"
    )
    assert json.loads(told) == {"samples": 5, "oos": 1}
    assert sorted(samples.read_text("utf-8").splitlines()) == sorted(door.text.splitlines())
    for file, own in ((samples, "samples.jsonl"), (oos, "oos.jsonl")):
        some = (pack_dir / own).read_text("utf-8").splitlines(keepends=True)[::5]
        file.write_text("".join(some) + file.read_text("utf-8"), "utf-8")
    trained = await asyncio.to_thread(
        run, "train", "--samples", str(samples), "--oos", str(oos), "--out", str(tmp_path / "m"), "--json"
    )
    assert "vault" in json.loads(trained)["labels"]
    classifier = IntentClassifier.load(tmp_path / "m", OnnxEncoder(models_dir / "bge-small-zh-tici"))
    found = classifier.classify("金库能让我们进去参观一下吗")
    assert found.intent == "vault" and found.known


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_says_what_is_wrong(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(template, tmp_path / "tici.db")
    monkeypatch.setenv("TICI_DATA_DIR", str(tmp_path))
    wrong = CliRunner().invoke(main, ["samples", "list", "--state", "nonsense"])
    assert wrong.exit_code == 1 and "to_label" in wrong.stderr
    nowhere = CliRunner().invoke(main, ["samples", "export", "--out", str(tmp_path / "no" / "x.jsonl")])
    assert nowhere.exit_code == 1 and "cannot write" in nowhere.stderr
    empty = CliRunner().invoke(main, ["samples", "export", "--out", str(tmp_path / "x.jsonl")])
    assert empty.exit_code == 0 and "Nothing is labelled" in empty.stderr and (tmp_path / "x.jsonl").read_text() == ""
