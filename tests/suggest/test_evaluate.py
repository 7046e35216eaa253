import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kb.article import Article
from kb.files import Query, write_articles
from server.cli import main
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.evaluate import evaluate_intent, evaluate_retrieval
from suggest.samples import Sample
from tests.suggest.conftest import ARTICLES, OOS, samples

QUERIES = [Query(text="退款几天到账", article="refund-time"), Query(text="开电子发票", article="invoice")]


def test_intent_report_without_oos_has_only_what_was_measured(classifier: IntentClassifier):
    report = evaluate_intent(classifier, [Sample(text="退款失败", intent="refund"), Sample(text="退款", intent="new")])
    assert set(report.as_dict()) == {"accuracy", "macro_f1", "n", "ms_per_text_p50"}
    assert report.accuracy == 0.5 and report.n == 2 and report.ms_per_text_p50 > 0


def test_retrieval_report(encoder: OnnxEncoder):
    report = evaluate_retrieval(ARTICLES, QUERIES, encoder)
    assert list(report.as_dict()) == ["r_at_1", "r_at_3", "r_at_5", "mrr", "ms_p50", "ms_p95", "n"]
    assert (report.r_at_1, report.mrr, report.n) == (1.0, 1.0, 2) and report.ms_p95 >= report.ms_p50 > 0


def test_ranks_are_counted(encoder: OnnxEncoder):
    twins = [Article(id=name, title="怎么退款", answer="x") for name in "abcdef"]
    report = evaluate_retrieval(twins, [Query(text="怎么退款", article=name) for name in "abcdef"], encoder)
    assert report.r_at_1 == pytest.approx(1 / 6) and report.r_at_3 == 0.5 and report.r_at_5 == pytest.approx(5 / 6)
    assert report.mrr == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5 + 1 / 6) / 6)


def test_unknown_articles_are_refused(encoder: OnnxEncoder):
    with pytest.raises(ValueError, match="`gone`"):
        evaluate_retrieval(ARTICLES, [Query(text="t", article="gone")], encoder)


def lines(path: Path, rows: list[dict[str, str]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_commands_end_to_end(models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TICI_MODELS_DIR", str(models_dir))
    rows = lines(tmp_path / "s.jsonl", [{"text": s.text, "intent": s.intent} for s in samples()])
    oos = lines(tmp_path / "o.jsonl", [{"text": text} for text in OOS.split("|")])
    out = str(tmp_path / "model")
    run = CliRunner().invoke
    trained = run(main, ["train", "--samples", rows, "--oos", oos, "--out", out, "--silent", "thanks", "--json"])
    assert trained.exit_code == 0, trained.output
    assert json.loads(trained.stdout)["silent"] == ["thanks"]
    intent = run(main, ["eval", "intent", "--model", out, "--samples", rows, "--oos", oos, "--json"])
    assert json.loads(intent.stdout).keys() >= {"accuracy", "macro_f1", "n", "ms_per_text_p50", "auroc",
                                                "accept_rate", "false_accept_rate"}  # fmt: skip
    monkeypatch.setenv("TICI_INTENT_MODEL_ZH", out)
    live = run(main, ["eval", "intent", "--samples", rows, "--json"])
    assert json.loads(live.stdout)["accuracy"] == json.loads(intent.stdout)["accuracy"] > 0.9
    write_articles(tmp_path / "kb.jsonl", ARTICLES)
    queries = lines(tmp_path / "q.jsonl", [query.model_dump() for query in QUERIES])
    found = run(main, ["eval", "retrieval", "--kb", str(tmp_path / "kb.jsonl"), "--queries", queries, "--json"])
    assert json.loads(found.stdout)["r_at_1"] == 1.0


def test_commands_say_what_is_wrong(models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TICI_MODELS_DIR", str(models_dir))
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": "a"}\n')
    run = CliRunner().invoke
    broken = run(main, ["train", "--samples", str(bad), "--out", str(tmp_path / "m")])
    assert broken.exit_code == 1 and "bad.jsonl, line 1: `intent`" in broken.stderr and broken.stdout == ""
    empty = tmp_path / "empty"
    empty.mkdir()
    good = lines(tmp_path / "s.jsonl", [{"text": "a", "intent": "b"}])
    missing = run(main, ["eval", "intent", "--model", str(empty), "--samples", good])
    assert missing.exit_code == 1 and "tici train" in missing.stderr
    assert run(main, ["eval", "intent"]).exit_code == 2
    assert run(main, ["eval", "intent", "--samples", good, "--lang", "xx"]).exit_code == 1


def test_a_pack_beside_the_samples_names_the_small_talk(tmp_path: Path):
    from server.cli.train import pack_silent

    assert pack_silent(tmp_path) == []
    (tmp_path / "pack.toml").write_text('name = "p"\n[[intents]]\nid = "chat"\ncards = false\n')
    write_articles(tmp_path / "articles.jsonl", [Article(id="a", title="t", answer="x")])
    assert pack_silent(tmp_path) == ["chat"]
