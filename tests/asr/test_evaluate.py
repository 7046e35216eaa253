import numpy as np
import pytest
import soundfile

from asr.error_rate import cer, wer
from asr.evaluate import ManifestError, evaluate, read_manifest
from tests.asr.fakes import FakeModel


def test_characters_count_over_the_whole_set():
    assert cer(["你好，世界！", "好的"], ["你 好 世", "好的"]) == pytest.approx(1 / 6)
    assert cer(["ＡＰＰ 登录"], ["app登录"]) == 0


def test_words_count_over_the_whole_set():
    assert wer(["Don't stop.", "OK then"], ["don't stop", "okay then"]) == pytest.approx(1 / 4)


def test_empty_references_are_refused():
    with pytest.raises(ValueError, match="empty"):
        cer(["，"], ["你"])
    with pytest.raises(ValueError, match="shorter"):
        cer(["你", "好"], ["你"])


def write(folder, *lines):
    manifest = folder / "manifest.tsv"
    manifest.write_text("\n".join(lines), encoding="utf-8")
    return manifest


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["file\ttext"], "line 1: the header"),
        ([""], "line 1: the header"),
        (["path\ttext"], "no line after the header"),
        (["path\ttext", "a.wav"], "line 2: expected a path, a tab and a text"),
        (["path\ttext", "a.wav\tone\ttwo"], "line 2: expected"),
        (["path\ttext", "a.wav\t "], "line 2: the path or the text is empty"),
    ],
)
def test_bad_manifests_name_the_line(tmp_path, lines, message):
    with pytest.raises(ManifestError, match=message):
        read_manifest(write(tmp_path, *lines))


def test_bad_sound_files_name_the_line(tmp_path):
    manifest = write(tmp_path, "path\ttext", "", "a.wav\t你好")
    with pytest.raises(ManifestError, match=r"line 3: .*no such file"):
        evaluate(manifest, "zh", FakeModel())
    (tmp_path / "a.wav").write_bytes(b"noise")
    with pytest.raises(ManifestError, match=r"line 3: .*not a sound file"):
        evaluate(manifest, "zh", FakeModel())
    soundfile.write(tmp_path / "a.wav", np.zeros(100, dtype=np.int16), 4000)
    with pytest.raises(ManifestError, match=r"line 3: .*8000 to 48000"):
        evaluate(manifest, "zh", FakeModel())


def test_quotes_in_a_text_are_just_text(tmp_path):
    (item,) = read_manifest(write(tmp_path, "path\ttext", 'a.wav\t"你好'))
    assert item.text == '"你好'


def test_files_of_any_rate_are_measured(tmp_path, zh_model, sentences):
    soundfile.write(tmp_path / "a.flac", sentences[0], 8000)
    soundfile.write(tmp_path / "b.wav", np.stack([np.repeat(sentences[0], 6)] * 2, axis=1), 48000)
    text = "我想查一下这个月的还款金额是多少"
    seen = []
    report = evaluate(
        write(tmp_path, "path\ttext", f"a.flac\t{text}", f"b.wav\t{text}"),
        "zh",
        zh_model,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (report.metric, report.n, seen) == ("cer", 2, [(1, 2), (2, 2)])
    assert report.error_rate < 0.2
    assert report.rtf > 0
    assert report.seconds == pytest.approx(2 * len(sentences[0]) / 8000, abs=0.01)
    assert set(report.as_dict()) == {"cer", "rtf", "n", "seconds"}
