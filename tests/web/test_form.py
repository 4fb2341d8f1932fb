"""The web form over real HTTP: from the neutral first page to the thanks, and everything that can happen between."""

from pro_collector.domain.answers import Absent
from pro_collector.library import load_library
from tests.web.memory_desk import MemoryDesk, desk
from tests.web.visit import visit

DIARY = load_library().get("symptom-diary")
OFFERED = ("pain", "tiredness", "nausea", "vomiting", "eating", "sleep", "worry")


def diary(**given: object) -> MemoryDesk:
    return desk(DIARY, **given)


async def test_a_whole_diary_from_the_link_to_the_thanks() -> None:
    record = diary()
    async with visit(record) as person:
        begun = await person.post(person.link)
        assert begun.goes_to == f"{person.link}/q/1"
        sent = {1: "3", 2: "10", 3: "1", 4: "0", 5: "asked-declined", 6: "4", 7: "0"}
        for number, value in sent.items():
            page = await person.question(number)
            assert f"Question {number} of {7 if number > 3 else 6}" in page.html
            expected = "/review" if number == 7 else f"/q/{number + 1}"
            assert (await person.send(page, number, answer=value)).goes_to == person.link + expected
        review = await person.get(f"{person.link}/review")
        assert review.heading == "Look over your answers"
        assert "I would rather not say" in review.html
        assert "3</dd>" in review.html
        assert (await person.post(f"{person.link}/review")).goes_to == f"{person.link}/done"
        thanks = await person.get(f"{person.link}/done")
    assert "Thank you. Your answers have been saved." in thanks.html
    assert record.survey.state == "completed"
    assert [record.value(item) for item in OFFERED] == [3, 10, 1, 0, Absent.ASKED_DECLINED, 4, 0]
    assert len(record.records) == 7
