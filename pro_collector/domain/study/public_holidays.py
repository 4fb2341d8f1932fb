"""The public holidays and the weekend of a country or of a part of it, from the library `holidays`."""

from datetime import date
from functools import cache

from pro_collector.domain.near import did_you_mean
from scheduler.weekdays import DaysOff


class PublicHolidays:
    """The public holidays of a place, in any year. Two of these are equal only if they are the same object."""

    def __init__(self, country: str, region: str | None) -> None:
        import holidays  # here, because it takes a while and few studies need it

        self._days = holidays.country_holidays(country, subdiv=region)

    @property
    def weekend(self) -> frozenset[int]:
        """The days of the week on which nobody works; Monday is 0."""
        return frozenset(self._days.weekend)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in self._days


@cache
def days_off(country: str, region: str | None) -> DaysOff:
    """The days off in a country (ISO 3166-1) or a part of it (ISO 3166-2); of an unknown place Saturday and Sunday."""
    try:
        found = PublicHolidays(country, region)
    except NotImplementedError:
        return DaysOff()
    return DaysOff(found.weekend, found)


def unknown_place(country: str, region: str | None) -> str | None:
    """Why the public holidays of a place are not known; None if they are."""
    import holidays

    regions = holidays.list_supported_countries().get(country)
    if regions is None:
        return f"the public holidays of `{country}` are not known"
    if region is not None and region not in regions:
        return f"`{country}` has no region `{region}` with its own public holidays{did_you_mean(region, regions)}"
    return None
