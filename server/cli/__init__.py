"""The command line, `tici`: one file per command here, imported when the command is used."""

from typing import ClassVar

import typer

from server.cli.lazy import Lazy, LazyGroup


class Commands(LazyGroup):
    """What `tici` can do."""

    lazy: ClassVar[dict[str, Lazy]] = {
        "serve": Lazy("server.cli.serve:serve", "Run the server until it is told to stop."),
        "demo": Lazy("server.cli.serve:demo", "Run the server with demo users, articles and recorded calls."),
        "models": Lazy("server.cli.weights:models_app", "Fetch, compose, list and verify the model weights."),
        "kb": Lazy("server.cli.knowledge:kb_app", "Import, export and search articles."),
        "replay": Lazy("server.cli.replay:replay", "Play recorded audio into a server, as one call."),
        "train": Lazy("server.cli.train:train", "Train an intent model from labelled texts."),
        "eval": Lazy("server.cli.evaluate:app", "Measure intents, retrieval and speech recognition on your own files."),
        "bench": Lazy("server.cli.bench:bench_app", "Measure a running server."),
        "samples": Lazy("server.cli.samples:samples_app", "List samples from conversations, export them for training."),
        "user": Lazy("server.cli.users:user_app", "Add, list, change, disable and unlock users."),
        "key": Lazy("server.cli.keys:key_app", "Add, list and revoke keys of phone systems and web sites."),
        "queue": Lazy("server.cli.queues:queue_app", "Set what a queue allows: text during calls, chat, webhook."),
        "privacy": Lazy("server.cli.privacy:privacy_app", "Retention, legal holds, export, deletion, audit."),
        "db": Lazy("server.cli.database:db_app", "Bring the database up to date."),
    }


main = typer.Typer(name="tici", cls=Commands, no_args_is_help=True, pretty_exceptions_show_locals=False)


@main.callback()
def root() -> None:
    """Tici 提词: real-time assist for human agents. It hears the call and shows the next line."""
