"""What can be set of the HTTP service."""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from briefqa.settings.addresses import checked_host, checked_origin
from briefqa.settings.keys import ADMIN, check_key_name, digest_as_configured, key_digest
from briefqa.settings.limits import LimitSettings


def _hashed(value: SecretStr) -> SecretStr:
    """Return a key as its hash, so that one in plain text is not kept any longer."""
    return SecretStr(digest_as_configured(key_digest(value.get_secret_value())))


_Key = Annotated[SecretStr, AfterValidator(_hashed)]
_Host = Annotated[str, AfterValidator(checked_host)]
_Origin = Annotated[str, AfterValidator(checked_origin)]


class ServerSettings(BaseModel):
    """Where the HTTP service listens, who may ask it, and who may change what it serves."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8321, ge=0, le=65535, description="Port to listen on; 0 picks one.")
    workers: int = Field(
        default=1,
        ge=1,
        le=256,
        description="Processes that answer, each with the index and the model in its memory; one a "
        "core answers the most questions a second.",
    )
    keys: dict[str, _Key] = Field(
        default={},
        description="Keys of those who may ask, by the name of each; without any, the service "
        "listens on the loopback interface only.",
    )
    admin_key: _Key | None = Field(
        default=None,
        description="Key for sending and removing documents over HTTP, and for all else; unset, "
        "neither is possible.",
    )
    allowed_hosts: list[_Host] = Field(
        default=[],
        description="Names by which the service may be addressed, beside localhost, the one it "
        "listens on, and IP addresses; * allows any.",
    )
    cors_origins: list[_Origin] = Field(
        default=[],
        description="Origins of other sites whose pages may call the service, such as "
        "https://app.example.org.",
    )
    requests_per_minute: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Most requests a minute by one key, or by one address where there are no "
        "keys; unset, there is no limit.",
    )
    max_upload_megabytes: int = Field(
        default=50, ge=1, le=10_000, description="Largest document that may be sent, in MB."
    )
    limits: LimitSettings = LimitSettings()
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least serious log lines that are written."
    )
    log_form: Literal["auto", "json", "console"] = Field(
        default="auto",
        description="What log lines are made for; auto means console on a terminal, else json.",
    )
    telemetry: bool | None = Field(
        default=None,
        description="Send traces over OTLP; unset, they are sent if OTEL_EXPORTER_OTLP_ENDPOINT "
        "is set.",
    )

    # Before the keys are: what is wrong with one is told with its name, which would be the
    # key where the two were written the wrong way round.
    @field_validator("keys", mode="before")
    @classmethod
    def _check_names(cls, value: object) -> object:
        for name in value if isinstance(value, dict) else ():
            check_key_name(str(name))
            if name == ADMIN:
                msg = f"{ADMIN!r} is the name of server.admin_key; give this key another"
                raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _check_that_keys_differ(self) -> Self:
        names: dict[bytes, str] = {}
        for name, digest in self.key_digests().items():
            if digest in names:
                msg = f"the keys {names[digest]!r} and {name!r} are the same; each needs its own"
                raise ValueError(msg)
            names[digest] = name
        return self

    def key_digests(self) -> dict[str, bytes]:
        """Return the SHA-256 of each key by its name, that of ``admin_key`` too."""
        keys = self.keys if self.admin_key is None else {**self.keys, ADMIN: self.admin_key}
        return {name: key_digest(key.get_secret_value()) for name, key in keys.items()}
