"""Mistakes about public holidays: places that have none on record, and studies that have no site."""

from collections.abc import Iterator, Mapping
from typing import Any

from pro_collector.domain.document import Path
from pro_collector.domain.study.public_holidays import unknown_place
from scheduler.rules import PUBLIC_HOLIDAYS, Schedule

Mistake = tuple[Path, str]


def holiday_mistakes(data: Mapping[str, Any], schedules: Mapping[str, Schedule]) -> Iterator[Mistake]:
    """The mistakes in a file that uses public holidays or working days; none in another."""
    blackout = data.get("blackout")
    silent = isinstance(blackout, list) and PUBLIC_HOLIDAYS in blackout
    if not silent and not any(schedule.asks_for_working_days for schedule in schedules.values()):
        return
    sites = data.get("sites")
    if silent and not sites:
        yield ("blackout",), f"`{PUBLIC_HOLIDAYS}` are those of a site, and this study has no sites"
    for name, site in sites.items() if isinstance(sites, dict) else ():
        country, region = (site.get(key) for key in ("country", "region")) if isinstance(site, dict) else (None, None)
        if isinstance(country, str) and isinstance(region, str | None):
            message = unknown_place(country, region)
            if message is not None:
                yield ("sites", name, "region" if region else "country"), message
