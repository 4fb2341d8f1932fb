"""A rehearsal told: as lines for a terminal, and as plain data."""

from typing import Any

from pro_collector.simulation.rehearse import Rehearsal
from pro_collector.simulation.tally import Tally, share

_BUSIEST = 5


def as_data(rehearsal: Rehearsal, tally: Tally, price: float) -> dict[str, Any]:
    """Everything a rehearsal found, ready for JSON; money in the currency of `price` (for one segment)."""
    return {
        "study": rehearsal.study.id,
        "version": rehearsal.study.version,
        "participants": tally.people,
        "years": rehearsal.years,
        "seed": rehearsal.seed,
        "person_weeks": tally.person_weeks,
        "replans": tally.replans,
        "burden": {
            "messages_per_week": _burden(tally.week_messages),
            "questions_per_week": _burden(tally.week_questions),
        },
        "messages": {"sms": tally.sent["sms"], "email": tally.sent["email"], "calls": tally.sent["call"]},
        "sms": {
            "segments_out": tally.segments,
            "segments_in": tally.texts_in,
            "cost": round((tally.segments + tally.texts_in) * price, 2),
            "price_per_segment": price,
        },
        "assessments": {name: _assessment(tally, name) for name in rehearsal.study.assessments},
        "busiest_hours": [
            {"hour": f"{hour:%Y-%m-%dT%H:00Z}", "messages": messages} for hour, messages in tally.busiest(_BUSIEST)
        ],
        "conflicts": [
            {"assessment": name, "reason": reason, "occasions": count} for name, reason, count in tally.conflicts()
        ],
    }


def as_lines(rehearsal: Rehearsal, tally: Tally, price: float) -> list[str]:
    """The same for a person to read."""
    data = as_data(rehearsal, tally, price)
    sms, sent = data["sms"], data["messages"]
    lines = [
        f"{data['study']} {data['version']}: {data['participants']} made-up people, {data['years']:g} years, "
        f"seed {data['seed']}: {data['person_weeks']} person-weeks, {data['replans']} replans",
        "",
        f"{'':24}{'expected':>9}{'completed':>10}{'partial':>8}{'missed':>7}{'complete':>9}{'missing':>8}{'by call':>8}"
        "  missed because",
    ]
    for name, found in data["assessments"].items():
        why = ", ".join(f"{reason} {count}" for reason, count in found["missed_because"].items())
        lines.append(
            f"{name:24}{found['expected']:9}{found['completed']:10}{found['partial']:8}{found['missed']:7}"
            f"{found['completion']:9.1%}{found['missingness']:8.1%}{found['answered_by'].get('call', 0):8}  {why}"
        )
    lines += ["", f"{'a week, each reporter':24}{'mean':>9}{'9 in 10':>10}{'most':>8}"]
    for name in ("messages", "questions"):
        week = data["burden"][f"{name}_per_week"]
        lines.append(f"{name:24}{week['mean']:9.2f}{week['p90']:10}{week['max']:8}")
    lines += [
        "",
        f"sent: {sent['sms']} texts ({sms['segments_out']} segments), {sent['email']} mails, {sent['calls']} calls by "
        f"the team; {sms['segments_in']} texts received; {sms['cost']:.2f} at {sms['price_per_segment']} a segment",
        "busiest hours: " + "; ".join(f"{each['hour']} {each['messages']}" for each in data["busiest_hours"]),
        "rules in each other's way: "
        + ("; ".join(f"{c['assessment']} {c['reason']} {c['occasions']}" for c in data["conflicts"]) or "none"),
    ]
    return lines


def _burden(values: list[int]) -> dict[str, float]:
    return {
        "mean": round(sum(values) / len(values), 4) if values else 0.0,
        "p90": share(values, 0.9),
        "max": max(values, default=0),
    }


def _assessment(tally: Tally, name: str) -> dict[str, Any]:
    found = tally.outcomes(name)
    return {
        "occasions": sum(found.states.values()),
        "expected": found.expected,
        "completed": found.states["completed"],
        "partial": found.states["partial"],
        "missed": found.states["missed"],
        "cancelled": found.states["cancelled"],
        "completion": round(found.completion, 4),
        "missingness": round(found.missingness, 4),
        "missed_because": dict(sorted(found.missed_because.items())),
        "cancelled_because": dict(sorted(found.cancelled_because.items())),
        "answered_by": dict(sorted(found.channels.items())),
    }
