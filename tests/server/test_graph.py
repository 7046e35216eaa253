"""A speech model's graph, composed beforehand."""

import os
import stat
from pathlib import Path

import pytest

from asr.graph import GRAPH, WORDS, graph_folder
from server.weights.graph import FstTools, GraphError, compose, find_tools, lacks_graph, wrong_graph


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with the files that a graph is composed of."""
    folder = tmp_path / "models" / "speech"
    (folder / "graph").mkdir(parents=True)
    for name in ("HCLr.fst", "Gr.fst"):
        (folder / "graph" / name).write_bytes(name.encode())
    (folder / "graph/disambig_tid.int").write_text("7\n8\n")
    return folder


def programs(folder: Path, script: str) -> Path:
    """A folder of programs that all run `script`, with the plug-ins where Debian has them."""
    (folder / "bin").mkdir(parents=True)
    plugins = folder / "lib/machine/fst/22"
    plugins.mkdir(parents=True)
    for name in ("olabel_lookahead-fst.so", "ngram-fst.so"):
        (plugins / name).touch()
    for name in ("fstsymbols", "fstcompose", "fstrelabel", "fstconvert"):
        program = folder / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder / "bin"


LAST = 'for last; do :; done; case "$*" in *save_osymbols=*) p=${*#*save_osymbols=}; echo w 1 > "${p%% *}";; esac'


def tools(folder: Path, script: str) -> FstTools:
    found = find_tools(str(programs(folder, script)))
    assert found is not None
    return found


def test_the_programs_are_found_with_what_they_load(tmp_path: Path) -> None:
    found = tools(tmp_path / "usr", "exit 0")
    assert found.programs == tmp_path / "usr/bin"
    assert found.libraries == (tmp_path / "usr/lib/machine/fst/22", tmp_path / "usr/lib/machine")


def test_programs_without_plugins_are_of_no_use(tmp_path: Path) -> None:
    folder = programs(tmp_path / "usr", "exit 0")
    (tmp_path / "usr/lib/machine/fst/22/ngram-fst.so").unlink()
    assert find_tools(os.pathsep.join([str(tmp_path), str(folder)])) is None


def test_a_composed_graph_is_put_in_place_whole(model: Path, tmp_path: Path) -> None:
    assert lacks_graph(model)
    compose(model, tools(tmp_path / "usr", f'{LAST}; echo "$0 $last" > "$last"'))
    assert not lacks_graph(model)
    assert b"fstconvert" in (graph_folder(model) / GRAPH).read_bytes()
    assert (graph_folder(model) / WORDS).read_text() == "w 1\n"
    assert list(graph_folder(model).parent.iterdir()) == [graph_folder(model)]
    assert not wrong_graph(model)


def test_a_damaged_graph_is_told(model: Path, tmp_path: Path) -> None:
    compose(model, tools(tmp_path / "usr", f'{LAST}; echo "$0" > "$last"'))
    (graph_folder(model) / GRAPH).write_bytes(b"damaged")
    assert wrong_graph(model) and lacks_graph(model)


def test_a_graph_of_other_parts_is_composed_anew(model: Path, tmp_path: Path) -> None:
    openfst = tools(tmp_path / "usr", f'{LAST}; echo "$0" > "$last"')
    compose(model, openfst)
    (model / "graph/Gr.fst").write_bytes(b"another language")
    assert wrong_graph(model) and lacks_graph(model)
    compose(model, openfst)
    assert not wrong_graph(model) and not lacks_graph(model)


@pytest.mark.parametrize("script", ["echo 'ERROR: no such type' >&2", "echo broken >&2; exit 1"])
def test_a_failure_changes_nothing(model: Path, tmp_path: Path, script: str) -> None:
    before = sorted(model.rglob("*"))
    with pytest.raises(GraphError, match="fstsymbols failed"):
        compose(model, tools(tmp_path / "usr", script))
    assert sorted(model.rglob("*")) == before
    assert list(graph_folder(model).parent.iterdir()) == []
