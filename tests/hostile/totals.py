"""What a hostile run must have kept: every answer once and where it belongs, nothing twice, nothing after a stop."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.hostile.people import Crowd, Meant, Question
from tests.hostile.run import HostileOffice


@dataclass
class Totals:
    """Counts of a run; `wrong` names everything that must not be."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The counts, one a line."""
        return [f"{name:58} {count:7}" for name, count in self.counts.items()]


async def totals(office: HostileOffice, crowd: Crowd) -> Totals:
    """Hold the record against what the carrier carried and what people meant."""
    found = Totals()
    await office.check_laws()
    await _answers(office, crowd, found)
    await _messages(office, found)
    await _occasions(office, found)
    found.counts["batches tried again after a deadlock"] = office.tried_again
    found.counts["texts that the carrier took after a stop"] = len(office.after_stop)
    found.wrong += [f"after a stop: {each}" for each in office.after_stop]
    for name in ("rate_limited", "refused", "failed_before", "failed_after", "reset_before", "reset_after", "silent"):
        found.counts[f"carrier: {name}"] = office.carrier.tally[name]
    for name in ("undelivered", "report_dropped", "report_repeated", "reply_lost", "reply_repeated", "reply_late"):
        found.counts[f"carrier: {name}"] = office.carrier.tally[name]
    found.counts["carrier: stop_mid_send"] = office.carrier.tally["stop_mid_send"]
    return found


async def _answers(office: HostileOffice, crowd: Crowd, found: Totals) -> None:
    """Each text that somebody wrote against what became of it."""
    rows = await office.rows(
        """
        SELECT i.provider_id, i.outcome, a.item, a.code AS value, p.code FROM vault.inbound i
        LEFT JOIN answer a ON a.inbound_id = i.id LEFT JOIN participant p ON p.id = a.participant_id
        """
    )
    became: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        became[row["provider_id"]].append(row)
    outcomes: Counter[str] = Counter()
    for sid, meant in crowd.meant.items():
        found.wrong += [f"{sid} {meant}: {problem}" for problem in _wrong_with(meant, became[sid])]
        outcomes[_outcome(meant, became[sid])] += 1
    found.counts["texts that people wrote"] = len(crowd.meant)
    found.counts["answers that people gave by text"] = sum(each.kind == "answer" for each in crowd.meant.values())
    for name, count in sorted(outcomes.items()):
        found.counts[f"  {name}"] = count
    found.counts["answers stored twice"] = sum(len(each) > 1 for each in became.values())
    await _web_answers(office, crowd, found)


def _wrong_with(meant: Meant, rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["never came in"]
    problems = ["stored twice"] if len(rows) > 1 else []
    if any(row["outcome"] is None for row in rows):
        problems.append("nobody read it")
    for row in rows:
        if row["item"] is None:
            continue
        if meant.kind != "answer" or meant.question != Question(row["code"], row["item"]):
            problems.append(f"stored as {row['code']} {row['item']}")
        elif row["value"] != str(meant.value):
            problems.append(f"stored as {row['value']}")
    return problems


def _outcome(meant: Meant, rows: list[dict[str, Any]]) -> str:
    if not rows:
        return f"{meant.kind}: lost"
    return f"{meant.kind}: {'stored' if rows[0]['item'] else rows[0]['outcome']}"


async def _web_answers(office: HostileOffice, crowd: Crowd, found: Totals) -> None:
    rows = await office.rows(
        "SELECT p.code, a.item, a.code AS value FROM answer a JOIN participant p ON p.id = a.participant_id"
        " WHERE a.mode = 'web' AND a.absent IS NULL"
    )
    for row in rows:
        if (Question(row["code"], row["item"]), int(row["value"])) not in crowd.on_the_web:
            found.wrong.append(f"nobody gave this on the web: {row}")
    found.counts["answers given on the web"] = len(rows)


async def _messages(office: HostileOffice, found: Totals) -> None:
    """How often each message of ours reached a phone."""
    reached: Counter[str] = Counter()
    for message in office.carrier.log.all():
        if message.direction == "outbound-api":
            reached[message.callback.partition("#")[0].rpartition("/")[2]] += message.status == "delivered"
    twice = {id for id, times in reached.items() if times > 1}
    states = await office.rows("SELECT state, count(*) AS n FROM message WHERE channel = 'sms' GROUP BY 1 ORDER BY 1")
    doubted = await office.rows("SELECT count(*) AS n FROM occasion_log WHERE what = 'unknown'")
    found.counts["messages"] = sum(row["n"] for row in states)
    for row in states:
        found.counts[f"  {row['state']}"] = row["n"]
    found.counts["attempts whose outcome was unknown"] = doubted[0]["n"]
    found.counts["messages that reached a phone twice"] = len(twice)
    unsettled = [row for row in states if row["state"] in ("requested", "claimed", "unknown")]
    found.wrong += [f"message {id} reached a phone twice" for id in twice]
    found.wrong += [f"{row['n']} messages are still {row['state']}" for row in unsettled]


async def _occasions(office: HostileOffice, found: Totals) -> None:
    rows = await office.rows("SELECT state, count(*) AS n FROM occasion GROUP BY 1 ORDER BY 1")
    found.counts["conversations"] = sum(row["n"] for row in rows)
    for row in rows:
        found.counts[f"  {row['state']}"] = row["n"]
    found.wrong += [f"{row['n']} are {row['state']}" for row in rows if row["state"] in ("planned", "open", "invited")]
