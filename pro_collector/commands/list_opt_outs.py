"""The history of a participant's opt-outs: when, how and by whom each address stopped messages or got them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pro_collector.commands.record_treatment import find_participant
from pro_collector.postgres.tables import opt_outs
from pro_collector.postgres.tables.opt_outs import OptOut
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class OptOutHistory:
    """The opt-outs at the addresses of a participant, oldest first, and where they live."""

    zone: ZoneInfo
    opt_outs: Sequence[OptOut]


async def list_opt_outs(rt: Runtime, code: str, study: str | None = None) -> OptOutHistory:
    """The history of the opt-outs of a participant; it has no words. Raises NotFound, Conflict."""
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study)
        return OptOutHistory(ZoneInfo(person.zone), await opt_outs.of_participant(tx, person.id))
