"""The search graph of a speech model, composed once on disk.

Small Vosk models come as two graphs, pronunciations (`HCLr.fst`) and language (`Gr.fst`), which each recogniser
composes while it listens. That costs more processor time than all the rest of recognition together, and each
recogniser keeps its own copy of what it composed. Composed beforehand (`HCLG.fst`), the same graph gives the same
words for less than half of the time, and is held once. OpenFst's programs do it; without them the model works as it
comes.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from asr.graph import GRAPH, WORDS, graph_folder
from server.weights.state import sha256_of

DIGEST = f"{GRAPH}.sha256"
_PARTS = (Path("graph/HCLr.fst"), Path("graph/Gr.fst"), Path("graph/disambig_tid.int"))
_PROGRAMS = ("fstsymbols", "fstcompose", "fstrelabel", "fstconvert")
_PLUGINS = ("olabel_lookahead-fst.so", "ngram-fst.so")
_LONGEST = 1800


class GraphError(Exception):
    """A graph could not be composed; the model works as it comes, only slower."""


@dataclass(frozen=True, slots=True)
class FstTools:
    """OpenFst's programs: the folder they are in, and those that hold what they load while they run."""

    programs: Path
    libraries: tuple[Path, ...]

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run one of the programs to its end; raises `GraphError` with the last line of what it says."""
        paths = os.pathsep.join([*map(str, self.libraries), os.environ.get("LD_LIBRARY_PATH", "")]).rstrip(os.pathsep)
        try:
            done = subprocess.run(
                [self.programs / program, *arguments],
                env={**os.environ, "LD_LIBRARY_PATH": paths},
                capture_output=True, text=True, errors="replace", timeout=_LONGEST, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GraphError(f"{program} does not run: {error}") from error
        # Some failures are only told on the error stream.
        if done.returncode or "ERROR" in done.stderr:
            said = done.stderr.strip().splitlines() or ["it ended without a word"]
            raise GraphError(f"{program} failed: {said[-1]}")


def find_tools(path: str | None = None) -> FstTools | None:
    """OpenFst's programs in the folders of `path` (PATH if None), with the plug-ins for both kinds of graph."""
    for folder in filter(None, (path or os.environ.get("PATH", "")).split(os.pathsep)):
        programs = Path(folder)
        if all(os.access(programs / program, os.X_OK) for program in _PROGRAMS):
            # Debian keeps them in lib/<machine>/fst/<version>, and the library itself two folders above.
            for plugin in sorted(programs.parent.glob(f"lib/*/fst/*/{_PLUGINS[0]}")):
                if all((plugin.parent / name).is_file() for name in _PLUGINS):
                    return FstTools(programs.resolve(), (plugin.parent, plugin.parent.parents[1]))
    return None


def lacks_graph(model: Path) -> bool:
    """Whether a folder holds a speech model whose graph is yet to be composed, or anew."""
    return all((model / part).is_file() for part in _PARTS) and not _composed(model)


def wrong_graph(model: Path) -> bool:
    """Whether a composed graph is there and is not what was made of the model's parts."""
    return (graph_folder(model) / GRAPH).exists() and not _composed(model)


def compose(model: Path, tools: FstTools) -> None:
    """Compose a model's graph into its `graph_folder`.

    Takes about a minute, 1 GB of memory, 350 MB on disk when done and three times as much meanwhile. Raises
    `GraphError`, and OSError where the folder cannot be written; then nothing has changed.
    """
    pronunciations, language, markers = (model / part for part in _PARTS)
    folder = graph_folder(model)
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".graph-", dir=folder.parent) as temporary:
        work = Path(temporary)
        pairs = work / "pairs"
        pairs.write_text("".join(f"{marker}\t0\n" for marker in markers.read_text().split()))
        made = work / folder.name
        made.mkdir()
        words, graph, plain, composed = made / WORDS, made / GRAPH, work / "plain", work / "composed"
        for program, *arguments in (
            ("fstsymbols", "--clear_isymbols", "--clear_osymbols", f"--save_osymbols={words}", language, plain),
            ("fstcompose", pronunciations, plain, composed),
            # Marks that kept words apart while the graph was made; no sound goes with them.
            ("fstrelabel", f"--relabel_ipairs={pairs}", composed, plain),
            ("fstconvert", "--fst_type=const", plain, graph),
        ):
            tools.run(program, *arguments)
        (made / DIGEST).write_text("".join(f"{sha256_of(path)}  {name}\n" for name, path in _digested(model, made)))
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def _composed(model: Path) -> bool:
    """Whether the graph is what was made, and of the parts that the model has now (0.2 s per 100 MB)."""
    try:
        lines = (graph_folder(model) / DIGEST).read_text().splitlines()
        stated = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        return all(stated.get(name) == sha256_of(path) for name, path in _digested(model, graph_folder(model)))
    except OSError:
        return False


def _digested(model: Path, folder: Path) -> list[tuple[str, Path]]:
    """What the digest of the graph in `folder` names."""
    return [(GRAPH, folder / GRAPH), *((str(part), model / part) for part in _PARTS)]
