"""The report of a rehearsal: as lines for a terminal, and as plain data."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from pro_collector.simulation.asking import Asked
from pro_collector.simulation.life import Life
from pro_collector.simulation.people import News, assumptions
from pro_collector.simulation.rehearse import Rehearsal
from pro_collector.simulation.tally import Tally, Totals, percentile
from scheduler.calendar import wall_time

_BUSIEST = 5
CASES = {"answered": "all answered", "unanswered": "none answered"}
"""The two cases that are counted: every question is answered at once, and nobody ever answers."""


def as_data(rehearsal: Rehearsal, tally: Tally, price: float) -> dict[str, Any]:
    """All results of a rehearsal as data for JSON; costs are in the currency of `price` (the price of one segment)."""
    return {
        "study": rehearsal.study.id,
        "version": rehearsal.study.version,
        "participants": tally.people,
        "years": rehearsal.years,
        "seed": rehearsal.seed,
        "person_weeks": tally.person_weeks,
        "replans": tally.replans,
        "assumed": assumptions(rehearsal.study),
        "assessments": {name: _assessment(tally, name) for name in rehearsal.study.assessments},
        "answered": _totals(tally.answered, price),
        "unanswered": _totals(tally.unanswered, price),
        "price_per_segment": price,
        "busiest_hours": [
            {"hour": f"{hour:%Y-%m-%dT%H:00Z}", "messages": messages} for hour, messages in tally.busiest(_BUSIEST)
        ],
        "conflicts": [
            {"assessment": name, "reason": reason, "occasions": count} for name, reason, count in tally.conflicts()
        ],
    }


def as_lines(rehearsal: Rehearsal, tally: Tally, price: float) -> list[str]:
    """The same results as lines for a person to read."""
    data = as_data(rehearsal, tally, price)
    conflicts = "; ".join(
        f"{conflict['assessment']} {conflict['reason']} {conflict['occasions']}" for conflict in data["conflicts"]
    )
    return [
        f"{data['study']} {data['version']}: {data['participants']} made-up people, {data['years']:g} years, "
        f"seed {data['seed']}: {data['person_weeks']} person-weeks, {data['replans']} replans",
        *(f"assumed, because the study file does not say: {name} {words}" for name, words in data["assumed"].items()),
        "",
        f"{'occasions':24}{'planned':>9}{'asked':>8}{'not asked':>11}  because",
        *(_occasions(name, counts) for name, counts in data["assessments"].items()),
        "",
        f"{'sent':24}{'texts':>9}{'segments':>10}{'received':>10}{'mails':>8}{'calls':>8}{'questions':>11}{'cost':>11}",
        *(_sent(words, data[case]) for case, words in CASES.items()),
        "",
        f"{'a week, each reporter':32}{'mean':>9}{'9 in 10':>10}{'most':>8}",
        *(_week(f"messages, {words}", data[case]["messages_per_week"]) for case, words in CASES.items()),
        _week("questions", data["answered"]["questions_per_week"]),
        "",
        "busiest hours: " + "; ".join(f"{hour['hour']} {hour['messages']}" for hour in data["busiest_hours"]),
        f"rules in each other's way: {conflicts or 'none'}",
    ]


def life_lines(life: Life) -> list[str]:
    """One simulated life, day by day: what the team learns, and the messages if nobody answers."""
    person = life.person
    traits = (person.site, person.arm, person.zone, person.language, person.sex)
    about = ", ".join(str(trait) for trait in traits if trait)
    news = [(item.at, f"told: {words}") for item in life.news for words in _news(item)]
    asked = [(asked.occasion.due_at, _asked(asked)) for asked in life.asked]
    return [
        f"enrolled on {person.enrolled_on}, born on {person.birth_date}: {about}",
        *(f"{at:%Y-%m-%d %H:%M}Z  {words}" for at, words in sorted([*news, *asked], key=lambda line: line[0])),
    ]


def _news(news: News) -> Iterator[str]:
    if news.event is not None:
        yield f"{news.event.kind} on {news.event.happened_on}" + ("" if news.event.first else ", corrected")
    if news.states is not None:
        state = news.states[-1]
        yield f"{state.kind} from {state.starts_on}" + (f" until {state.ends_on}" if state.ends_on else "")
    if news.zone is not None:
        yield f"moved to {news.zone}"


def _asked(asked: Asked) -> str:
    occasion, zone = asked.occasion, ZoneInfo(asked.occasion.zone)
    messages = [f"{message.channel} {wall_time(message.at, zone):%a %H:%M}" for message in asked.unanswered]
    return (
        f"{occasion.assessment} {occasion.point} {occasion.reporter}, {asked.questions} questions at most: "
        f"{', '.join(messages) or 'no channel reaches them'}"
    )


def _occasions(name: str, counts: dict[str, Any]) -> str:
    why = ", ".join(f"{reason} {count}" for reason, count in counts["not_asked_because"].items())
    return f"{name:24}{counts['planned']:9}{counts['asked']:8}{counts['not_asked']:11}  {why}".rstrip()


def _sent(words: str, totals: dict[str, Any]) -> str:
    return (
        f"{words:24}{totals['texts']:9}{totals['segments_out']:10}{totals['segments_in']:10}{totals['mails']:8}"
        f"{totals['calls']:8}{totals['questions']:11}{totals['cost']:11.2f}"
    )


def _week(words: str, week: dict[str, float]) -> str:
    return f"{words:32}{week['mean']:9.2f}{week['p90']:10}{week['max']:8}"


def _totals(totals: Totals, price: float) -> dict[str, Any]:
    return {
        "texts": totals.sent["sms"],
        "segments_out": totals.segments,
        "segments_in": totals.texts_in,
        "mails": totals.sent["email"],
        "calls": totals.sent["call"],
        "questions": totals.asked,
        "cost": round((totals.segments + totals.texts_in) * price, 2),
        "messages_per_week": _spread(totals.messages),
        "questions_per_week": _spread(totals.questions),
    }


def _spread(values: list[int]) -> dict[str, float]:
    return {
        "mean": round(sum(values) / len(values), 4) if values else 0.0,
        "p90": percentile(values, 0.9),
        "max": max(values, default=0),
    }


def _assessment(tally: Tally, name: str) -> dict[str, Any]:
    outcomes = tally.outcomes(name)
    return {
        "planned": outcomes.planned,
        "asked": outcomes.asked,
        "not_asked": outcomes.not_asked.total(),
        "not_asked_because": dict(sorted(outcomes.not_asked.items())),
    }
