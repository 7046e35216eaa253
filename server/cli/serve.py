"""`tici serve` and `tici demo`."""

from typing import Annotated

import typer

Host = Annotated[str | None, typer.Option(help="Address to listen on; loopback unless told otherwise.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")]


def serve(host: Host = None, port: Port = None) -> None:
    """Run the server until it is told to stop."""
    _run(host, port, demo=False)


def demo(host: Host = None, port: Port = None) -> None:
    """Run the server with demo users, the seed pack's articles, and recorded calls to replay."""
    _run(host, port, demo=True)


def _run(host: str | None, port: int | None, demo: bool) -> None:
    from server.running import StartError, read_settings, run

    try:
        read = read_settings()
        settings = read.model_copy(
            update={
                "host": read.host if host is None else host,
                "port": read.port if port is None else port,
                "demo": read.demo or demo,
            }
        )
        run(settings)
    except StartError as error:
        typer.echo(f"tici: {error}", err=True)
        raise typer.Exit(1) from error
