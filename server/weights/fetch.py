"""Installing weights: from their sources in order, verified file by file, whole or not at all."""

import shutil
from collections.abc import Callable
from pathlib import Path

from server.weights.archive import extract
from server.weights.convert import BadTensors, convert
from server.weights.manifest import Source, Weight, WeightFile
from server.weights.state import FileState, file_state, present
from server.weights.transfer import SourceError, find_archive, obtain

Progress = Callable[[str, int, int | None], None]
"""Called with the weight and the kind of source, the bytes so far, and the bytes in all (None: not known)."""


class WeightsUnavailable(Exception):
    """No source gave a weight; the message names each file, its hash and where to put it by hand."""

    def __init__(self, weight: Weight, missing: list[WeightFile], problems: list[str], models_dir: Path) -> None:
        self.weight = weight
        self.problems = problems
        lines = [f"Could not get {weight.name} ({weight.use}). What was tried:"]
        lines += [f"  - {problem}" for problem in problems]
        lines += ["Put these files there by hand:"]
        for file in missing:
            lines += [f"  {models_dir / weight.name / file.path}", f"    {file.size} bytes, sha256 {file.sha256}"]
        lines += ["or put one of these archives into a folder and run `tici models fetch --from FOLDER`:"]
        lines += [f"  {source.pattern}   ({source.label})" for source in weight.source]
        super().__init__("\n".join(lines))


class Fetcher:
    """Brings weights into `models_dir`. With `offline`, only that folder is used and no network.

    An offline folder holds either the files (`<weight>/<path>`) or the archives named in the manifest.
    """

    def __init__(self, models_dir: Path, progress: Progress, offline: Path | None = None) -> None:
        self._models_dir = models_dir
        self._work = models_dir / ".fetch"
        self._progress = progress
        self._offline = offline

    def fetch(self, weights: list[Weight]) -> list[str]:
        """Install what is missing and return its names; raises `WeightsUnavailable` at the first failure."""
        fetched = [weight.name for weight in weights if self._install(weight)]
        # Kept until here because one archive may serve several weights; after a failure it serves the next try.
        shutil.rmtree(self._work, ignore_errors=True)
        return fetched

    def _install(self, weight: Weight) -> bool:
        if present(weight, self._models_dir):
            return False
        staged = self._work / f"{weight.name}.new"
        staged.mkdir(parents=True, exist_ok=True)
        problems = self._collect(weight, staged)
        if missing := _missing(weight.file, staged):
            raise WeightsUnavailable(weight, missing, problems, self._models_dir)
        self._swap(staged, self._models_dir / weight.name)
        return True

    def _collect(self, weight: Weight, staged: Path) -> list[str]:
        """Fill `staged` with files at hand, then from each source until nothing is missing; returns what failed."""
        for folder in (self._models_dir, self._offline):
            if folder is not None:
                _adopt(_needed(weight, staged), folder / weight.name, staged)
        problems = []
        for source in weight.source:
            wanted = {member: file for file in _needed(weight, staged) if (member := source.member(file))}
            if not wanted:
                continue
            try:
                self._take(weight.name, source, wanted, staged)
            except SourceError as error:
                problems.append(f"{source.label}: {error}")
        return problems + _convert(weight, staged)

    def _take(self, name: str, source: Source, wanted: dict[str, WeightFile], staged: Path) -> None:
        if self._offline is not None:
            archive = find_archive(source, self._offline)
            if archive is None:
                raise SourceError(f"no {source.pattern} in {self._offline}")
            return extract(archive, wanted, staged)
        label = f"{name} ({source.kind})"
        archive = obtain(source, self._work, lambda done, total: self._progress(label, done, total))
        try:
            return extract(archive, wanted, staged)
        except SourceError:
            # Not what it should be: the next try must not start from it.
            archive.unlink(missing_ok=True)
            raise

    def _swap(self, staged: Path, target: Path) -> None:
        """Put the finished folder in place by renaming; a reader sees the old one or the new one, never half."""
        old = self._work / f"{target.name}.old"
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        staged.rename(target)


def _missing(files: list[WeightFile], folder: Path) -> list[WeightFile]:
    return [file for file in files if file_state(file, folder) is not FileState.OK]


def _needed(weight: Weight, folder: Path) -> list[WeightFile]:
    """Files that `folder` lacks, with those that are only needed to make others."""
    missing = _missing(weight.file, folder)
    return missing + _missing(weight.ingredients(missing), folder)


def _adopt(files: list[WeightFile], folder: Path, staged: Path) -> None:
    """Copy those of `files` that are right in `folder`."""
    for file in files:
        if file_state(file, folder) is FileState.OK:
            target = staged / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / file.path, target)


def _convert(weight: Weight, staged: Path) -> list[str]:
    """Make what has to be made and remove what it was made from; returns what failed."""
    ingredients = weight.ingredients(_missing(weight.file, staged))
    if weight.conversion is None or _missing(ingredients, staged):
        return []
    try:
        if ingredients:
            convert(weight.conversion.recipe, staged)
    except BadTensors as error:
        return [f"making {weight.name} failed: {error}"]
    for file in weight.conversion.input:
        (staged / file.path).unlink(missing_ok=True)
    wrong = [file.path for file in _missing(weight.file, staged) if (staged / file.path).exists()]
    return [f"making {weight.name} gave other bytes than the manifest expects: {', '.join(wrong)}"] if wrong else []
