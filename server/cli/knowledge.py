"""`tici kb`: the knowledge base in the database."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.stored import AsJson, fail, show, with_store
from server.settings import Settings

if TYPE_CHECKING:
    from kb.article import Article
    from kb.index import FusionWeights, Index
    from kb.pack import Pack
    from server.store import ImportReport, Store

kb_app = typer.Typer(no_args_is_help=True, help="The knowledge base: import, export and search articles.")

Lang = Annotated[str | None, typer.Option(help="Only articles in this language, such as zh or en.")]


@kb_app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="A knowledge-base file (JSONL), or the folder of a pack.")],
    as_json: AsJson = False,
) -> None:
    """Add new articles and new versions of changed ones. Importing the same again changes nothing.

    From a pack its wrap-up codes are taken too. A running server takes the change over by itself.
    """
    articles, pack = _read(source)

    async def add(store: "Store") -> "ImportReport":
        report = await store.import_articles(articles, by="cli")
        if pack is not None:
            await store.import_wrap_up_codes(wrap_up_codes(pack))
        return report

    report = with_store(add)
    value = {"added": report.added, "changed": report.changed, "unchanged": report.unchanged}
    show(value, [f"{report.added} added, {report.changed} changed, {report.unchanged} as they were."], as_json)


@kb_app.command()
def export(
    target: Annotated[Path, typer.Argument(help="File to write (JSONL); - for standard output.")],
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Write every approved article in force to a file that `tici kb import` reads."""
    from kb.files import write_articles

    articles = with_store(lambda store: store.export_articles(lang))
    if str(target) == "-":
        for article in articles:
            row = article.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
            typer.echo(json.dumps(row, ensure_ascii=False))
        return
    try:
        count = write_articles(target, articles)
    except OSError as error:
        fail(f"{target}: cannot be written ({error.strerror or error}); choose another path")
    show({"articles": count}, [f"{count} articles written to {target}."], as_json)


@kb_app.command()
def search(
    text: Annotated[str, typer.Argument(help="What a customer might say.")],
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most articles to list.")] = 5,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Find articles as the product does: words, meaning and sound. By words only where the encoder is missing."""
    articles = with_store(lambda store: store.effective_articles(lang))
    if not articles:
        fail("The knowledge base is empty: fill it with `tici kb import`.")
    find = _hybrid(articles, lang) or _lexical(articles)
    hits = find(text, limit)
    lines = [f"{hit['score']:.3f}  {hit['id']}  {hit['title']}\n       {hit['answer']}" for hit in hits]
    show(hits, lines or ["Nothing found."], as_json)


@kb_app.command()
def weights(
    queries: Annotated[Path, typer.Option(help='Questions with the right article, JSONL: {"text", "article"}.')],
    lang: Annotated[str, typer.Option(help="Language of the articles and questions: zh or en.")] = "zh",
    as_json: AsJson = False,
) -> None:
    """Learn how much words, meaning and sound count, from your own questions to the articles in force.

    The shipped weights stay unless the learned ones are better on questions that were held out. A server takes
    learned weights over at its next start.
    """
    from kb.files import FileError, read_queries
    from kb.learn import learn_checked, lessons
    from server.knowledge import weights_file

    articles = with_store(lambda store: store.effective_articles(lang))
    if not articles:
        fail("The knowledge base is empty: fill it with `tici kb import`.")
    index = _index(articles, lang)
    if index is None:
        fail("The encoder is missing: get it with `tici models fetch`.")
    try:
        learned = learn_checked(lessons(index, read_queries(queries)), index.weights)
    except FileError as error:
        fail(str(error))
    path = weights_file(Settings(), lang)
    learned.weights.save(path)
    lines = [
        f"{learned.queries} questions: right article first {learned.before:.1%} with the shipped weights, "
        f"{learned.after:.1%} with these (on questions held out).",
        f"Written to {path}.",
    ]
    show(asdict(learned) | {"file": str(path)}, lines, as_json)


def wrap_up_codes(pack: "Pack") -> list[Any]:
    """The pack's wrap-up codes as the store takes them; a missing name is the code itself."""
    from server.wire.rest import WrapUpCode

    return [
        WrapUpCode(
            code=item.code,
            parent=item.parent,
            name_zh=item.name_zh or item.name_en or item.code,
            name_en=item.name_en or item.name_zh or item.code,
        )
        for item in pack.wrap_up
    ]


def _read(source: Path) -> "tuple[list[Article], Pack | None]":
    from kb.files import FileError, read_articles
    from kb.pack import load_pack

    try:
        if source.is_dir():
            pack = load_pack(source)
            return list(pack.articles), pack
        return read_articles(source), None
    except FileError as error:
        fail(str(error))


Find = Callable[[str, int], list[dict[str, Any]]]


def _hybrid(articles: "list[Article]", lang: str | None) -> Find | None:
    """Search as the product does; None where the encoder's weights are missing, which is said."""
    from server.knowledge import fusion_weights

    language = lang or articles[0].lang
    index = _index(articles, language, fusion_weights(Settings(), language))
    if index is None:
        typer.echo("Searching by words only: the encoder is missing (`tici models fetch` gets it).", err=True)
        return None

    def find(text: str, limit: int) -> list[dict[str, Any]]:
        return [_hit(hit.article, hit.score, hit.matched) for hit in index.search(text, limit, lang=lang)]

    return find


def _index(articles: "list[Article]", lang: str, weights: "FusionWeights | None" = None) -> "Index | None":
    """The index of a server in this language; None where the encoder's weights are missing."""
    from kb.index import Index
    from suggest.encoder import MissingWeights, OnnxEncoder

    folder = Settings().encoder(lang)
    try:
        encoder = OnnxEncoder(folder) if folder is not None else None
    except MissingWeights:
        encoder = None
    except ValueError as error:
        fail(str(error))
    if encoder is None:
        return None
    index = Index(encoder, weights=weights, folder=Settings().data_dir / "index" / lang)
    index.add(articles)
    return index


def _lexical(articles: "list[Article]") -> Find:
    from kb.index import FusionWeights
    from kb.lexical import Lexical, jieba_segmenter, words_of

    segment = jieba_segmenter()
    lexical = Lexical(segment, reply_boost=FusionWeights().reply_boost)
    snapshot = lexical.update([], {article.id: words_of(article, segment) for article in articles})
    by_id = {article.id: article for article in articles}

    def find(text: str, limit: int) -> list[dict[str, Any]]:
        scores = lexical.search(snapshot, text, limit)
        best = sorted(scores.items(), key=lambda item: -item[1])
        return [_hit(by_id[article_id], score, by_id[article_id].name) for article_id, score in best]

    return find


def _hit(article: "Article", score: float, matched: str) -> dict[str, Any]:
    return {
        "id": article.id,
        "version": article.version,
        "title": article.name,
        "answer": article.reply,
        "matched": matched,
        "score": round(score, 4),
    }
