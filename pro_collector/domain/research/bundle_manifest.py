"""The manifest of a bundle: what is in it, how it was de-identified, which versions were used. Its JSON Schema too."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pro_collector.domain.document import text_like
from pro_collector.domain.instrument.definition import Slug
from pro_collector.domain.research.sharing import ShareFile
from pro_collector.domain.research.tables import ColumnKind

Format = Literal["pro-collector bundle 1"]
FORMAT: Format = "pro-collector bundle 1"
Count = Annotated[int, Field(ge=0)]
ToldCount = Count | Annotated[str, text_like("^<[0-9]+$", "a number such as `<5`")]
"""A number of participants as it may be told: one below k is `<k`."""
Sha256 = Annotated[str, text_like("^[0-9a-f]{64}$", "64 hex digits")]
FileName = Annotated[str, text_like(r"^[^/\\.][^/\\]*$", "the name of a file in the bundle, without a folder")]


class Open(BaseModel):
    """An immutable part of a manifest; a key that this version does not know is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Choices(ShareFile):
    """The share file from which the bundle was made."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class LevelTried(Open):
    """One level of coarseness: the traits that it keeps, and what it would have meant."""

    age_band_years: int | None = Field(description="years of an age band; null: no age")
    traits: tuple[str, ...] = Field(description="the other traits that are kept")
    smallest_group: ToldCount
    in_small_groups: ToldCount = Field(description="participants in groups smaller than k")
    groups: Count


class Anonymity(Open):
    """How participants are protected: k as it was asked for and as it was reached, and the level that was chosen."""

    k: Annotated[int, Field(ge=2)] = Field(description="how many participants must have the same traits")
    smallest_group: Count = Field(description="k as it was reached")
    left_out: ToldCount = Field(description="participants left out because their group was too small")
    age_band_years: int | None = Field(description="years of an age band; null: no age")
    traits: tuple[str, ...] = Field(description="the other traits that were kept")
    levels: tuple[LevelTried, ...]


class AskedInstrument(Open):
    """A questionnaire in the version in which it was asked."""

    id: str
    version: str
    hash: str = Field(description="hash of items and scoring; empty: not known")


class UsedScoring(Open):
    """A version of the scoring of a questionnaire, and how many scores it has."""

    instrument: str
    scoring_version: str
    scores: Count


class TableColumn(Open):
    """A column of a table: the name, the kind of its values, whether a cell may be empty, what it means."""

    name: str
    kind: ColumnKind
    optional: bool
    meaning: str


class BundleTable(Open):
    """A table of the research model, the file that holds it, and its columns in their order."""

    table: str
    file: FileName
    rows: Count
    columns: Annotated[tuple[TableColumn, ...], Field(min_length=1)]


class BundleFile(Open):
    """A file of the bundle, and the sum by which a change is noticed."""

    file: FileName
    rows: Count
    size: Count = Field(alias="bytes")
    sha256: Sha256


class BundleManifest(Open):
    """What `manifest.json` of a bundle says."""

    format: Format
    institution: Slug = Field(description="whose data they are")
    project: Slug = Field(description="whom it is for")
    study: str
    made_on: str = Field(description="day on which it was made (ISO 8601)")
    as_of: str | None = Field(description="the record as it was known then (ISO 8601); null: when it was made")
    product: str = Field(description="name and version of what made it")
    choices: Choices
    participants: Count
    without_consent: ToldCount = Field(description="participants left out because they had not agreed")
    anonymity: Anonymity
    instruments: tuple[AskedInstrument, ...]
    scoring: tuple[UsedScoring, ...]
    tables: Annotated[tuple[BundleTable, ...], Field(min_length=1)]
    public_key: Sha256 = Field(description="public key (Ed25519); trust only the one that the institution gave")
    files: tuple[BundleFile, ...] = Field(description="every file but the manifest and its signature")

    @model_validator(mode="after")
    def _each_table_has_a_sum(self) -> Self:
        """A table whose file has no sum could be changed, although the manifest is signed."""
        names = [each.table for each in self.tables]
        if "participants" not in names or len(set(names)) < len(names):
            raise ValueError("tables: expected participants, and no table twice")
        if missing := sorted({each.file for each in self.tables} - {each.file for each in self.files}):
            raise ValueError(f"files: these files of tables have no sum: {', '.join(missing)}")
        return self


def bundle_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a bundle's `manifest.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pro-collector:schema:bundle",
        **BundleManifest.model_json_schema(),
        "title": "pro-collector manifest of a bundle",
    }
