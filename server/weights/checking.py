"""Whether the weights that are about to be loaded are what the manifest says."""

from concurrent.futures import ThreadPoolExecutor

from asr.graph import graph_folder
from server.settings import Settings
from server.weights.graph import wrong_graph
from server.weights.manifest import Weight, load_manifest
from server.weights.state import FileState, file_state

WRONG = (FileState.SIZE, FileState.HASH)


class DamagedWeights(Exception):
    """A file is not what the manifest says: loaded, it might end the process, or hear nonsense."""


def check_weights(settings: Settings) -> None:
    """Compare the speech models and encoders of this node with the manifest, as far as they are in it.

    Takes about 0.5 s per 100 MB. Raises DamagedWeights, and ManifestError. Missing files are for the loaders to tell.
    """
    folders = [
        look(language) for language in settings.asr_languages for look in (settings.speech_model, settings.encoder)
    ]
    known = {settings.models_dir / weight.name: weight for weight in load_manifest(settings.manifest_path()).select([])}
    used = {folder: known[folder] for folder in folders if folder in known}
    for folder, weight in used.items():
        if wrong := _wrong(weight, settings):
            files = ", ".join(wrong)
            raise DamagedWeights(f"{folder} is damaged ({files}): delete that folder and run `tici models fetch`")
        if wrong_graph(folder):
            graph = graph_folder(folder)
            raise DamagedWeights(f"{graph} is damaged, or of another model: `tici models compose` makes it anew")


def _wrong(weight: Weight, settings: Settings) -> list[str]:
    folder = settings.models_dir / weight.name
    with ThreadPoolExecutor() as threads:
        states = threads.map(lambda file: file_state(file, folder), weight.file)
        return [file.path for file, state in zip(weight.file, states, strict=True) if state in WRONG]
