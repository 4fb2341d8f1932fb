"""Read treatment from a REDCap project: what changed since the last reading, or everything."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pro_collector.channels.redcap import Redcap
from pro_collector.commands.source_reading import SourceReading, credential
from pro_collector.domain.feed.record import TreatmentRecord
from pro_collector.domain.feed.redcap_mapping import RedcapMapping
from pro_collector.domain.feed.redcap_rows import deleted_records, of_record, records_of
from pro_collector.errors import Misconfigured


async def read_redcap(
    mapping: RedcapMapping, standing: Sequence[TreatmentRecord], since: datetime | None, pace: int
) -> SourceReading:
    """Read the records that changed since (None: all), and find which of those that stood are gone."""
    token = credential(mapping.redcap.token, "the token of REDCap's API")
    async with Redcap(mapping.redcap.url, token, mapping.redcap.time_zone, pace) as redcap:
        id_field = await redcap.id_field()
        if (read_at := redcap.now) is None:
            raise Misconfigured("REDCap's answer has no header Date, so its clock is not known")
        ids = await redcap.ids(id_field, since=since)
        rows = await redcap.records(id_field, mapping.fields, ids)
        deleted = await _deleted(redcap, id_field, standing, since)
    found = records_of(rows, id_field, mapping, read_at)
    read = None if since is None else [*ids, *deleted]
    return SourceReading(read_at, found, _gone(standing, {each.id for each in found}, read))


async def _deleted(
    redcap: Redcap, id_field: str, standing: Sequence[TreatmentRecord], since: datetime | None
) -> list[str]:
    """The REDCap records that its log says were deleted, that are known here, and that were not made again since."""
    if since is None:
        return []
    logged = set(deleted_records(await redcap.deletions(since)))
    named = sorted(id for id in logged if any(of_record(each.source_id, id) for each in standing))
    again = await redcap.ids(id_field, records=named) if named else []
    return [id for id in named if id not in again]


def _gone(standing: Sequence[TreatmentRecord], found: set[UUID], read: Sequence[str] | None) -> list[TreatmentRecord]:
    """The records that are not in what was read. `read`: the REDCap records that were read or deleted; None: all."""
    missing = [each for each in standing if each.id not in found]
    return missing if read is None else [each for each in missing if any(of_record(each.source_id, id) for id in read)]
