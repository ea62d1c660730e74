"""What can be set of each part, and its bounds."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


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


class VectorsSettings(BaseModel):
    """How vectors are searched."""

    model_config = ConfigDict(extra="forbid")

    recall: float = Field(
        default=0.98,
        ge=0.5,
        le=1,
        description="Share of the ten nearest vectors that a search of a large index is to find; "
        "1 compares all.",
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
