"""Speed of the planner and of a rehearsal: `python -m tests.bench_planning`. Times of this machine, best of several.

Beside each figure stands a ceiling measured in the same run: a plain Python loop, so that machines can be compared.
"""

import json
import timeit
from datetime import UTC, date, datetime
from uuid import UUID

from pro_collector.domain.instrument.branching import remaining
from pro_collector.domain.study.definition import load_study
from pro_collector.library import load_library
from pro_collector.resources import SCHEMAS
from pro_collector.simulation.rehearse import Rehearsal, rehearse
from scheduler.anchors import Anchor, Timeline
from scheduler.occasion import Plan
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.slot import slot
from tests.unit.scheduler.cases import rules, schedule

PLAN_LIMIT_MS, REHEARSE_LIMIT_S = 2.0, 10.0
NOW, HORIZON = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 6, 1, tzinfo=UTC)


def loop() -> float:
    """Seconds for a million turns of an empty arithmetic loop."""
    return min(timeit.repeat("for i in range(1000): i * i + 1", number=1000, repeat=5))


def ten_years() -> tuple[float, float, int]:
    """Seconds to plan one participant for ten years: at first, and again; and how many occasions that is."""
    phases = [{"every": "1w", "for": "2y"}, {"every": "3mo", "starting": "2y", "for": "8y"}]
    ladder = [{"channel": "sms"}, {"channel": "email", "after": "1d"}]
    decade = schedule(anchor="treatment_start", repeat=phases, reminders=["1d", "2d"], ladder=ladder)
    rulebook = rules(decade, quiet=("21:00", "08:00"), burden={"surveys": 3})
    who = Person(UUID(int=1), "America/New_York", date(2026, 1, 1))
    timeline = Timeline.of([Anchor("treatment_start", date(2026, 1, 5))])

    def planned() -> Plan:
        return plan(rulebook, who, timeline, NOW, HORIZON)

    first = min(timeit.repeat(planned, setup=slot.cache_clear, number=1, repeat=50))
    return first, min(timeit.repeat(planned, number=1, repeat=200)), len(planned().occasions)


def whole_study() -> float:
    """Seconds to rehearse 200 people for ten years in the demo study."""
    library = load_library()
    known = {name: library.get(name) for name in ("symptom-diary", "well-being-diary")}
    study = load_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml", known)
    questions = {name: len(remaining(instrument, {})) for name, instrument in known.items()}
    rehearsal = Rehearsal(study, known, questions, 200, 10, 1, date(2027, 1, 4))
    return timeit.timeit(lambda: rehearse(rehearsal), number=1)


def main() -> None:
    """Measure, and print one JSON object."""
    first, planned, occasions = ten_years()
    print(
        json.dumps(
            {
                "plan_ten_years_ms": round(planned * 1000, 2),
                "plan_ten_years_first_ms": round(first * 1000, 2),
                "occasions": occasions,
                "plan_limit_ms": PLAN_LIMIT_MS,
                "rehearse_200x10_s": round(whole_study(), 1),
                "rehearse_limit_s": REHEARSE_LIMIT_S,
                "million_loop_turns_ms": round(loop() * 1000, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
