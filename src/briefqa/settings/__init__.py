"""What can be set, where each value came from, and the way both are read."""

from briefqa.settings.limits import LimitSettings
from briefqa.settings.loading import CONFIG_FILE, SettingOrigin, Settings, load_settings, origins
from briefqa.settings.models import ModelSettings
from briefqa.settings.sections import (
    ChunkingSettings,
    DocumentsSettings,
    GateSettings,
    VectorsSettings,
)
from briefqa.settings.server import ServerSettings

__all__ = [
    "CONFIG_FILE",
    "ChunkingSettings",
    "DocumentsSettings",
    "GateSettings",
    "LimitSettings",
    "ModelSettings",
    "ServerSettings",
    "SettingOrigin",
    "Settings",
    "VectorsSettings",
    "load_settings",
    "origins",
]
