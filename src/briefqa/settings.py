"""What can be set, and where each value came from.

A flag wins over the environment (``BRIEFQA_*``, nested names joined by ``__``),
that over ``briefqa.toml`` in the current folder, and that over the default.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
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
_NO_MODEL = "extractive"
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_TELLING = re.compile(r"key|secret|password|base_url|options|authorization", re.IGNORECASE)
_KEY_NAME = re.compile(r"(x-)?api[_-]?key|authorization|password|.*secret.*", re.IGNORECASE)


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


class ModelSettings(BaseModel):
    """A language model that may write answers, and how it is reached."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(
        default="openai",
        description="What it is reached through: openai, local, or a plug-in's name.",
    )
    base_url: str | None = Field(
        default=None, description="Address of its server, up to /chat/completions."
    )
    model: str | None = Field(
        default=None, description="Its name on that server; unset means the name it has here."
    )
    # In capitals, which keys are not: one that is put here by mistake is refused.
    api_key_env: str | None = Field(
        default=None,
        pattern=r"^[A-Z_][A-Z0-9_]*$",
        description="Environment variable that holds its key; unset, none is sent.",
    )
    context_tokens: int = Field(
        default=4096, ge=512, le=10_000_000, description="Most tokens of prompt and answer."
    )
    max_tokens: int = Field(default=512, ge=16, le=100_000, description="Most tokens of an answer.")
    timeout_s: float = Field(
        default=60, gt=0, le=3_600, description="Seconds in which a whole answer must have come."
    )
    temperature: float | None = Field(
        default=0, ge=0, le=2, description='How freely it writes; "server" leaves it to the server.'
    )
    options: dict[str, Any] = Field(
        default={}, description="What else is to be sent with each request, as it is."
    )

    @field_validator("base_url")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = "expected an address such as http://127.0.0.1:11434/v1"
            raise ValueError(msg)
        if parts.username or parts.password or parts.query or parts.fragment:
            msg = "an address holds no user, key or question mark; api_key_env is for the key"
            raise ValueError(msg)
        return value.rstrip("/")

    @field_validator("options")
    @classmethod
    def _check_options(cls, value: dict[str, Any]) -> dict[str, Any]:
        if any(_KEY_NAME.fullmatch(name) for name in _names(value)):
            msg = "no key belongs here, where it would be shown; api_key_env is for the key"
            raise ValueError(msg)
        return value

    @field_validator("temperature", mode="before")
    @classmethod
    def _leave_to_server(cls, value: object) -> object:
        return None if value == "server" else value


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
    risk: float | None = Field(
        default=None,
        ge=0.001,
        le=0.999,
        description="Share of the answers given that the documents may not hold; unset means the "
        "threshold of the calibration.",
    )
    chunking: ChunkingSettings = ChunkingSettings()
    documents: DocumentsSettings = DocumentsSettings()
    server: ServerSettings = ServerSettings()
    gate: GateSettings = GateSettings()
    model: str | None = Field(
        default=None,
        description="Language model that writes answers, one of `models` or local; unset, "
        "sentences of the documents are the answer.",
    )
    models: dict[str, ModelSettings] = Field(
        default={}, description="Language models, by the name they are asked for with."
    )

    @field_validator("models")
    @classmethod
    def _check_names(cls, value: dict[str, ModelSettings]) -> dict[str, ModelSettings]:
        for name in value:
            if name == _NO_MODEL or not _MODEL_NAME.fullmatch(name):
                msg = (
                    f"a language model cannot be called {name!r}; expected letters, digits and "
                    f"'-', '_', '.' or ':', and not {_NO_MODEL!r}, which stands for none"
                )
                raise ValueError(msg)
        return value

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


def _names(value: object) -> Iterator[str]:
    """Yield the names in a table, and in those inside it."""
    if isinstance(value, Mapping):
        yield from (str(name) for name in value)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _names(each)


def _flat(values: Mapping[str, object], above: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[above + name] = value
    return flat


def _explained(error: ValidationError) -> str:
    problems = []
    for problem in error.errors(include_url=False):
        name = ".".join(map(str, problem["loc"])) or "settings"
        # What is not shown may be a secret in the wrong place.
        is_told = not _TELLING.search(name)
        found = f" (found {problem['input']!r})" if is_told else ""
        problems.append(f"{name}: {problem['msg'].lower()}{found}")
    return "; ".join(problems) + "; `briefqa config show` lists every setting"
