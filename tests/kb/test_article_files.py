import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from kb.article import Article
from kb.files import FileError, read_articles, read_queries, write_articles
from kb.pack import load_pack


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows))
    return path


def test_only_id_answer_and_one_phrasing_are_required():
    article = Article.model_validate({"id": "a", "answer": "好", "questions": ["怎么办"]})
    assert article.name == "怎么办" and article.phrasings == ("怎么办",) and article.intent is None
    assert article.reply == article.reply_to_send == "好"


def test_text_to_send_may_differ_from_what_is_said():
    article = Article(id="a", title="t", answer="说", answer_text="写")
    assert (article.reply, article.reply_to_send) == ("说", "写")


def test_title_comes_first_and_repeats_are_dropped():
    assert Article(id="a", title="甲", questions=("乙", "甲"), answer="x").phrasings == ("甲", "乙")


@pytest.mark.parametrize(
    "row", [{"id": "a", "answer": "x"}, {"id": "", "title": "t", "answer": "x"}, {"id": "a", "title": "t"}]
)
def test_incomplete_articles_are_refused(row: dict[str, str]):
    with pytest.raises(ValidationError):
        Article.model_validate(row)


def test_unknown_keys_survive_a_round_trip(tmp_path: Path):
    source = write(tmp_path / "kb.jsonl", {"id": "a", "title": "t", "answer": "x", "owner": "ops", "tags": ["z"]})
    write_articles(tmp_path / "out.jsonl", read_articles(source))
    assert json.loads((tmp_path / "out.jsonl").read_text()) == json.loads(source.read_text())


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: not valid JSON"),
        ({"id": "b", "answer": "x"}, "line 2: give a title or at least one question"),
        ({"id": "b", "title": "t"}, "line 2: `answer`"),
        ({"id": "a", "title": "t", "answer": "x"}, "line 2: id `a` was used on line 1"),
        ("[1]", "line 2"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, line: object, says: str):
    path = write(tmp_path / "kb.jsonl", {"id": "a", "title": "t", "answer": "x"}, line)
    with pytest.raises(FileError, match=r"kb\.jsonl") as caught:
        read_articles(path)
    assert says in str(caught.value)


def test_missing_empty_and_misencoded_files(tmp_path: Path):
    with pytest.raises(FileError, match="cannot be read"):
        read_articles(tmp_path / "none.jsonl")
    with pytest.raises(FileError, match="holds no articles"):
        read_articles(write(tmp_path / "empty.jsonl", "", ""))
    (tmp_path / "gbk.jsonl").write_bytes('{"id":"甲"}'.encode("gbk"))
    with pytest.raises(FileError, match="UTF-8"):
        read_articles(tmp_path / "gbk.jsonl")


def test_a_byte_order_mark_is_no_error(tmp_path: Path):
    (tmp_path / "q.jsonl").write_text('\ufeff{"text": "t", "article": "a"}\n', encoding="utf-8")
    assert read_queries(tmp_path / "q.jsonl")[0].article == "a"


def test_pack(tmp_path: Path):
    write(tmp_path / "articles.jsonl", {"id": "a", "title": "t", "answer": "x", "intent": "i"})
    head = 'name = "p"\n[[intents]]\nid = "i"\n[[intents]]\nid = "chat"\ncards = false\n'
    (tmp_path / "pack.toml").write_text(head + '[[wrap_up]]\ncode = "ok"\n[[wrap_up]]\ncode = "b"\nparent = "ok"\n')
    pack = load_pack(tmp_path)
    assert pack.silent_intents == {"chat"} and pack.wrap_up[1].parent == "ok" and pack.samples is None


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('name = "p"\n[[intents]]\nid = "other"\n', "which pack.toml does not list"),
        ('name = "p"\n[[wrap_up]]\ncode = "b"\nparent = "none"\n', "not listed above"),
        ("name = ", "not valid TOML"),
        ('version = "1"', "`name`"),
    ],
)
def test_bad_packs(tmp_path: Path, toml: str, says: str):
    write(tmp_path / "articles.jsonl", {"id": "a", "title": "t", "answer": "x", "intent": "i"})
    (tmp_path / "pack.toml").write_text(toml)
    with pytest.raises(FileError, match=says):
        load_pack(tmp_path)
