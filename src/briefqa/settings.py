"""What can be set, and where each value came from.

A flag wins over the environment (``BRIEFQA_*``, nested names joined by ``__``),
that over ``briefqa.toml`` in the current folder, and that over the default.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from briefqa.errors import SettingsError

CONFIG_FILE = "briefqa.toml"
_PREFIX = "BRIEFQA_"
_NESTED = "__"


class ChunkingSettings(BaseModel):
    """How documents are cut."""

    model_config = ConfigDict(extra="forbid")

    size: int = Field(default=200, ge=16, le=8192, description="Most tokens of a chunk's own text.")
    prefix: int = Field(
        default=32, ge=0, le=256, description="Most tokens that title and headings may add."
    )


class DocumentsSettings(BaseModel):
    """How files are read, and how far a reader may go."""

    model_config = ConfigDict(extra="forbid")

    ocr: bool = Field(
        default=False, description="Have tesseract, if installed, read pages that are images."
    )
    ocr_languages: str = Field(
        default="eng",
        pattern=r"[A-Za-z_/]{2,40}(\+[A-Za-z_/]{2,40})*",
        description="Languages of those pages, as tesseract names them, joined by +.",
    )
    max_megabytes: int = Field(
        default=200, ge=1, le=100_000, description="Largest file that is read as a whole, in MB."
    )
    timeout_s: float = Field(
        default=300, gt=0, le=86_400, description="Longest time for one file, in seconds."
    )
    memory_megabytes: int = Field(
        default=3_000, ge=200, le=1_000_000, description="Most memory for reading a file, in MB."
    )


class ServerSettings(BaseModel):
    """Where the HTTP service listens, and who may change what it serves."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8321, ge=0, le=65535, description="Port to listen on; 0 picks one.")
    admin_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Key for sending and removing documents over HTTP; unset, neither is possible.",
    )
    max_upload_megabytes: int = Field(
        default=50, ge=1, le=10_000, description="Largest document that may be sent, in MB."
    )


class GateSettings(BaseModel):
    """On which questions an index must not get worse, and by how much."""

    model_config = ConfigDict(extra="forbid")

    questions: Path | None = Field(
        default=None,
        description="Question set that a build is measured on before it is published; unset, "
        "none is.",
    )
    measure: str | None = Field(
        default=None,
        description="Measure that must not fall; unset means evidence_recall@5, span_recall@5 or "
        "recall@5, the first that applies.",
    )
    margin: float = Field(
        default=0.02, ge=0, le=1, description="How much of the measure may be lost."
    )


class Settings(BaseSettings):
    """Every setting, its default and its bounds."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter=_NESTED, toml_file=CONFIG_FILE, extra="forbid"
    )

    index: Path = Field(default=Path("index"), description="Folder of the index.")
    embedder: str | None = Field(
        default=None,
        description="Embedding model, as name or name:argument; unset means the one of the index, "
        "or all-MiniLM-L6-v2 for a new index.",
    )
    reranker: str | None = Field(
        default=None,
        description="Model that orders the best passages anew, as name:argument; unset or empty "
        "means none.",
    )
    rerank_top: int = Field(
        default=20, ge=1, le=100, description="How many of the best passages are ordered anew."
    )
    top_k: int = Field(default=5, ge=1, le=100, description="How many passages to show.")
    chunking: ChunkingSettings = ChunkingSettings()
    documents: DocumentsSettings = DocumentsSettings()
    server: ServerSettings = ServerSettings()
    gate: GateSettings = GateSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor a secrets folder
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flag, environment, file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


@dataclass(frozen=True, slots=True)
class SettingOrigin:
    """One setting in force; ``origin`` is flag, environment, file or default."""

    name: str
    value: str
    origin: str


def load_settings(flags: Mapping[str, object] | None = None) -> Settings:
    """Return the settings in force.

    Args:
        flags: Values given on the command line, by name; nested ones as mappings. ``None``
            values count as not given.

    Raises:
        SettingsError: If a value is unknown, of the wrong type or out of bounds.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type] # validated by pydantic
    except ValidationError as error:
        raise SettingsError(_explained(error)) from error
    except (OSError, ValueError) as error:
        msg = f"{CONFIG_FILE} cannot be read: {error}"
        raise SettingsError(msg) from error


def origins(flags: Mapping[str, object] | None = None) -> list[SettingOrigin]:
    """Return every setting in force with where it came from, in the order declared.

    Raises:
        SettingsError: As `load_settings`.
    """
    settings = load_settings(flags)
    given = _flat({k: v for k, v in (flags or {}).items() if v is not None})
    in_file = _flat(TomlConfigSettingsSource(Settings)())
    in_environment = {
        name.removeprefix(_PREFIX).lower().replace(_NESTED, ".")
        for name in os.environ
        if name.upper().startswith(_PREFIX)
    }
    found: list[SettingOrigin] = []
    for name, value in _flat(settings.model_dump(mode="json")).items():
        if name in given:
            origin = "flag"
        elif name in in_environment:
            origin = f"environment ({_PREFIX}{name.upper().replace('.', _NESTED)})"
        elif name in in_file:
            origin = f"file ({CONFIG_FILE})"
        else:
            origin = "default"
        found.append(SettingOrigin(name, "" if value is None else str(value), origin))
    return found


def _flat(values: Mapping[str, object], above: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[above + name] = value
    return flat


def _explained(error: ValidationError) -> str:
    problems = (
        f"{'.'.join(map(str, problem['loc'])) or 'settings'}: {problem['msg'].lower()}"
        f" (found {problem['input']!r})"
        for problem in error.errors(include_url=False)
    )
    return "; ".join(problems) + "; `briefqa config show` lists every setting"
