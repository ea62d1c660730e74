"""What can be set, and where each value came from.

A flag wins over the environment (``BRIEFQA_*``, nested names joined by ``__``),
that over ``briefqa.toml`` in the current folder, and that over the default.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from briefqa.errors import SettingsError
from briefqa.settings.models import ModelSettings
from briefqa.settings.sections import (
    ChunkingSettings,
    DocumentsSettings,
    GateSettings,
    VectorsSettings,
)
from briefqa.settings.server import ServerSettings

CONFIG_FILE = "briefqa.toml"
_PREFIX = "BRIEFQA_"
_NESTED = "__"
_NO_MODEL = "extractive"
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_TELLING = re.compile(r"key|secret|password|base_url|options|authorization", re.IGNORECASE)


class Settings(BaseSettings):
    """Every setting, its default and its bounds."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter=_NESTED, toml_file=CONFIG_FILE, extra="forbid"
    )

    index: str = Field(
        default="index",
        description="Folder of the index, or its address in Milvus: milvus://HOST:PORT/NAME or "
        "milvus-lite:PATH.",
    )
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
    vectors: VectorsSettings = VectorsSettings()
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

    @field_validator("index", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, Path) else value

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
        # What is not shown may be a secret in the wrong place, or a table that holds one.
        is_told = not _TELLING.search(name) and not isinstance(problem["input"], Mapping)
        found = f" (found {problem['input']!r})" if is_told else ""
        problems.append(f"{name}: {problem['msg'].lower()}{found}")
    return "; ".join(problems) + "; `briefqa config show` lists every setting"
