"""What can be set of the HTTP service."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from briefqa.settings.limits import LimitSettings


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
