"""The demo calls in real time: is the right card there, how soon, and how often was an early card wrong?"""

import json
from pathlib import Path

import pytest

from tests.bench.summary import report
from tests.server.demo_run import play_demo_call
from tests.server.node import Node

pytestmark = pytest.mark.bench


@pytest.mark.timeout(600)
async def test_demo_calls(tmp_path: Path, models_dir: Path, pack_dir: Path) -> None:
    node = Node(tmp_path / "data", models_dir)
    node.launch()
    try:
        node.wait_ready()
        names = sorted(path.stem for path in (pack_dir / "calls").glob("*.json"))
        runs = [await play_demo_call(node, name) for name in names]
    finally:
        node.stop()
    print(json.dumps(report(runs), ensure_ascii=False, indent=2))
    for run in runs:
        for question in run.questions:
            print(question.first_correct, question.right_first, question.article, question.shown, question.text)
