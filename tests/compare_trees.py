"""Whether two trees plan, score and read alike: writes what a tree does to made-up people, row by row, for `diff`.

    python -m tests.compare_trees write FILE

Run it in each of the two trees (copy this file into a tree that lacks it), then compare the two files with `diff`. A
line is one JSON object. All that is made up follows from `SEED`; nothing depends on the clock or on the order of files.
It uses only what stays when modules move: the packages `scheduler` and `pro_collector.cli`, the library, the corpus.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from pro_collector.cli.score import scored_rows
from pro_collector.cli.study import read_study
from pro_collector.library import load_library
from scheduler.anchors import ENROLMENT, Anchor, Timeline
from scheduler.occasion import Occasion
from scheduler.person import Person, Span
from scheduler.plan import plan
from scheduler.replan import Diff, replan
from scheduler.rulebook import Rules
from scheduler.rules import Burden, Hours, Schedule
from tests import replies_corpus

ROOT = Path(__file__).parent.parent
INSTRUMENTS = next(ROOT.glob("tests/**/conversations/instruments"))
SEED = 10
PEOPLE = 60
"""For each study file; each made-up study gets four."""
MADE_UP_STUDIES = 40
RESPONSES = 200
"""For each instrument and each of its policies for skipped items."""
FIRST_DAY = date(2026, 8, 1)
ZONES = (
    *("America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC"),
    *("America/Sao_Paulo", "Asia/Tehran", "Africa/Casablanca", "Pacific/Chatham", "America/St_Johns"),
)
REPEATED = ("cycle", "infusion", "dose")
Row = dict[str, Any]


def write(file: Path) -> None:
    """Write every row to `file`, and print how many of each kind there are."""
    counts: Counter[str] = Counter()
    with file.open("w", encoding="utf-8") as out:
        for kind, rows in (("plan", plan_rows()), ("score", score_rows()), ("reading", reading_rows())):
            for row in rows:
                counts[kind] += 1
                out.write(json.dumps({"kind": kind, **row}, default=_plain, ensure_ascii=False) + "\n")
    print(dict(counts))


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)


def plan_rows() -> Iterator[Row]:
    """Every occasion of every plan of every made-up life, and what each new plan changes."""
    files = [*ROOT.glob("schemas/studies/*.yaml"), *ROOT.glob("tests/**/study.yaml")]
    studies = [read_study(file, INSTRUMENTS) for file in files]
    for study, questions in sorted(studies, key=lambda read: (read[0].id, read[0].hash)):
        for number in range(PEOPLE):
            yield from _life(study.rules(questions), study.id, Random(f"{SEED} {study.hash} {number}"))
    for number in range(MADE_UP_STUDIES):
        random = Random(f"{SEED} made up {number}")
        rulebook = _rules(random)
        for _ in range(4):
            yield from _life(rulebook, f"made up {number}", random)


def _life(rulebook: Rules, where: str, random: Random) -> Iterator[Row]:
    """One person, planned at six moments: in between things happen, dates are corrected, and occasions are asked."""
    who, timeline = _person(rulebook, random), _timeline(rulebook, random)
    now = datetime(2026, 7, 1, random.randrange(24), random.randrange(60), random.randrange(60), tzinfo=UTC)
    stored: list[Occasion] = []
    for step in range(6):
        horizon = now + timedelta(days=random.choice((200, 400, 800)))
        planned = plan(rulebook, who, timeline, now, horizon, stored)
        diff = replan(stored, planned)
        head = {"study": where, "person": who.id, "step": step}
        yield from ({**head, "occasion": asdict(each)} for each in planned.occasions)
        yield {**head, "ended": (planned.ended_at, planned.ended_by), "changes": _changes(diff)}
        now += timedelta(days=random.choice((0, 1, 10, 45, 150)), minutes=random.randrange(1440))
        stored = [_asked(each, now, random) for each in _stored(diff)]
        who, timeline = _later(who, timeline, now.date(), random)
        rulebook = _amended(rulebook, now, random) if random.random() < 0.2 else rulebook


def _changes(diff: Diff) -> Row:
    moved = [(each.before.id, each.in_time, asdict(each.after)) for each in diff.moved]
    others = ("added", "cancelled", "kept", "stopped")
    return {"moved": moved, **{name: [_short(each) for each in getattr(diff, name)] for name in others}}


def _short(occasion: Occasion) -> tuple[object, ...]:
    return occasion.id, occasion.state, occasion.reason, occasion.detail


def _stored(diff: Diff) -> list[Occasion]:
    return [*diff.kept, *diff.added, *diff.cancelled, *diff.stopped, *(each.after for each in diff.moved)]


def _asked(occasion: Occasion, now: datetime, random: Random) -> Occasion:
    if occasion.state != "planned" or occasion.due_at > now or random.random() < 0.1:
        return occasion
    return replace(occasion, state=random.choice(("open", "invited", "started", "completed", "partial")))


def _person(rulebook: Rules, random: Random) -> Person:
    only = [entry.schedule.only for entry in rulebook.entries]
    chosen = {
        field: random.choice([None, *dict.fromkeys(name for each in only for name in getattr(each, names))])
        for field, names in (("arm", "arms"), ("site", "sites"), ("language", "languages"), ("sex", "sexes"))
    }
    quiet = random.choice((((time(13), time(14)),), ((time(20), time(9, 30)),), (), (), ()))
    return Person(
        UUID(int=random.getrandbits(128)),
        random.choice(ZONES),
        FIRST_DAY + timedelta(days=random.randrange(60)),
        random.choice((None, date(2014, 12, 31), date(2015, 2, 28), *[date(1980, 2, 29)] * 3)),
        states=tuple(_span(random) for _ in range(random.choice((0, 0, 1, 3)))),
        preferred_time=random.choice((None, None, time(2, 30), time(7), time(18, 45))),
        quiet=quiet,
        **chosen,
    )


def _span(random: Random) -> Span:
    kind = random.choice((*("paused", "hospital", "holiday", "stopped_texting", "moved") * 3, "withdrew"))
    starts_on = _day(random)
    ends_on = None if kind == "withdrew" else starts_on + timedelta(days=random.choice((1, 9, 30, 200)))
    return Span(kind, starts_on, random.choice((ends_on, ends_on, ends_on, None)))  # type: ignore[arg-type]


def _day(random: Random) -> date:
    return FIRST_DAY + timedelta(days=random.randrange(250))


def _timeline(rulebook: Rules, random: Random) -> Timeline:
    named = {name for entry in rulebook.entries for name in _events(entry.schedule)} - {ENROLMENT}
    anchors = []
    for kind in sorted(named | {"cycle"}):
        for key in range(1, random.randrange(2, 8)) if kind in REPEATED else ("",):
            recorded = random.choice((None, datetime.combine(_day(random), time(12), UTC)))
            anchors.append(Anchor(kind, _day(random), key=str(key), recorded_at=recorded))
    ending = sorted(rulebook.ending)
    if ending and random.random() < 0.1:
        anchors.append(Anchor(random.choice(ending), _day(random) + timedelta(days=200)))
    return Timeline.of(each for each in anchors if random.random() < 0.9)


def _events(said: Any) -> list[str]:
    named = [said.anchor, *(name for each in said.repeat for name in (each.from_event, each.until_event))]
    return [name for name in named if name is not None]


def _later(who: Person, timeline: Timeline, today: date, random: Random) -> tuple[Person, Timeline]:
    """The person and the timeline as known a while later: corrected, forgotten or new events, a new state or zone."""
    anchors = list(timeline.anchors)
    if anchors and random.random() < 0.4:
        at = random.randrange(len(anchors))
        anchors[at] = replace(anchors[at], on=anchors[at].on + timedelta(days=random.randrange(-20, 21)))
    if anchors and random.random() < 0.1:
        anchors.pop(random.randrange(len(anchors)))
    if random.random() < 0.3:
        anchors.append(
            Anchor("cycle", today - timedelta(days=random.randrange(-9, 20)), key=f"new {random.getrandbits(32)}")
        )
    if random.random() < 0.2:
        who = replace(who, states=(*who.states, _span(random))[-3:])
    if random.random() < 0.1:
        who = replace(who, zone=random.choice(ZONES))
    return who, Timeline.of(anchors)


def _rules(random: Random) -> Rules:
    """A made-up study with one to four assessments."""
    quiet = random.choice((None, ("21:00", "08:00"), ("02:00", "03:30"), ("09:00", "09:00")))
    burden = random.choice((None, {"surveys": 2}, {"questions": 20}))
    silent = random.choice(((), (date(2026, 12, 25),), tuple(FIRST_DAY + timedelta(days=90 + k) for k in range(14))))
    counts = {"diary": random.choice((5, 9))}
    schedules = [_schedule(random) for _ in range(random.randrange(1, 5))]
    return Rules.of(
        {chr(ord("a") + place): made for place, made in enumerate(schedules)},
        quiet=[Hours.model_validate({"from": quiet[0], "until": quiet[1]})] if quiet else [],
        blackout=silent,
        burden=Burden.model_validate(burden) if burden else None,
        ending=["death"],
        questions=counts,
    )


def _schedule(random: Random) -> Schedule:
    when = random.choice(
        (
            {"on_days": [-3, 1, 8]},
            {"offsets": ["2w", "1mo", "6w", "1y"]},
            {"repeat": {"every": "1w", "until": "surgery"}},
            {"repeat": [{"every": "5d", "count": 6}, {"every": "1mo", "starting": "30d", "for": "1y"}]},
            {"repeat": {"every": "2w", "from": "cycle", "for": "6mo"}},
            {"repeat": [{"every": "1d", "for": "3w"}, {"every": "1mo 3d", "count": 5}]},
        )
    )
    said = dict(
        instruments=["diary"],
        anchor=random.choice(("enrolment", "cycle", "surgery")),
        at=f"{random.randrange(24):02}:{random.choice((0, 30)):02}",
        fixed_time=random.random() < 0.3,
        window={
            "opens": random.choice(("0d", "-1d")),
            "closes": random.choice(("6h", "2d", "10d", "1mo")),
            "late_entry": random.choice(("0d", "1d")),
        },
        reminders=random.choice(([], ["3h"], ["1d", "2d"], ["1d 2h", "1mo"])),
        ladder=random.choice(([{"channel": "sms"}], [{"channel": "sms"}, {"channel": "email", "after": "1d"}])),
        late_anchor=random.choice(("miss", "open")),
        after_pause=random.choice(("skip", "catch_up")),
        priority=random.randrange(1, 4),
        reporter=random.choice(([], [], [{"below": 12, "by": "both"}, {"from": 12, "by": "self"}])),
        only=random.choice(({}, {"ages": {"from": 11, "below": 60}}, {"arms": ["a"]})),
    )
    return Schedule.model_validate({**said, **when})


def _amended(rulebook: Rules, now: datetime, random: Random) -> Rules:
    """The rules as an amendment of that moment leaves them."""
    kind = random.choice(("prospective", "backlog", "finish-old"))
    entries = []
    for entry in rulebook.entries:
        if kind == "finish-old" and entry.anchored_until is None:
            old, new = replace(entry, anchored_until=now), replace(entry, anchored_from=now)
            entries += [old, replace(new, schedule=new.schedule.model_copy(update={"at": time(15)}))]
        elif kind == "prospective":
            entries.append(replace(entry, asks_from=now))
        else:
            entries.append(replace(entry, backlog_until=now))
    return replace(rulebook, entries=tuple(entries))


def score_rows() -> Iterator[Row]:
    """The scores of made-up answers, some missing, some refused, to each instrument of ours and of the test studies."""
    library = load_library(INSTRUMENTS)
    for name in sorted(library.ids()):
        instrument = library.get(name)
        for policy in ("none", *sorted(instrument.imputations)):
            random = Random(f"{SEED} {name} {policy}")
            answers = [_answers(instrument.items, random) for _ in range(RESPONSES)]
            lines = [json.dumps({"id": number, "answers": row}).encode() for number, row in enumerate(answers)]
            yield from ({"policy": policy, **row} for row in scored_rows(instrument, lines, "made up", policy, True))


def _answers(items: Any, random: Random) -> Row:
    missing = random.choice((0.0, 0.02, 0.2, 0.6))
    return {item.id: None if random.random() < missing else _answer(item, random) for item in items}


def _answer(item: Any, random: Random) -> object:
    if random.random() < 0.001:
        return "not allowed"
    if item.options:
        return random.choice(item.options).code
    low, high = item.span or (-100.0, 100.0)
    return random.randint(int(low), int(high)) if item.kind == "integer" else random.randint(int(low), int(high)) / 4


def reading_rows() -> Iterator[Row]:
    """How each reply of the corpus is read, as an answer to its question and without one; in no order of files."""
    rows = [
        {
            "language": case.language,
            "text": case.text,
            "question": asdict(case.question),
            "reading": asdict(case.read()),
        }
        for case in replies_corpus.cases()
    ]
    unasked = [
        {"language": case.language, "text": case.text, "reading": asdict(replace(case, question=None).read())}  # type: ignore[arg-type]
        for case in replies_corpus.cases()
    ]
    distinct = {json.dumps(row, default=_plain): row for row in (*rows, *unasked)}
    yield from (row for _, row in sorted(distinct.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["write"])
    parser.add_argument("file", type=Path)
    write(parser.parse_args().file)
