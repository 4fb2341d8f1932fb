"""The way through the form: the number of each question in its address, and where a person goes next."""

from pro_collector.domain.conversation.survey import Place, Survey, asked_places, open_places
from pro_collector.web.form.store import OpenForm

START = ""
REVIEW = "/review"
DONE = "/done"


def question(survey: Survey, place: Place) -> str:
    """The address of a question below its link, as `/q/3`.

    It counts every question of the survey, also those that branching skips: an address means the same question
    whatever was answered meanwhile. The number a person reads is `survey.progress`.
    """
    return f"/q/{_places(survey).index(place) + 1}"


def place_at(survey: Survey, number: int) -> Place | None:
    """The question with this number in its address, if it is one that is asked as things stand."""
    places = _places(survey)
    if not 1 <= number <= len(places):
        return None
    return places[number - 1] if places[number - 1] in asked_places(survey) else None


def following(form: OpenForm) -> str:
    """Where the person goes now: the first open question, then the review, and after that the thanks."""
    first = next(iter(open_places(form.survey)), None)
    if first is not None and not form.closed:
        return question(form.survey, first)
    return DONE if form.finished or form.closed else REVIEW


def before(survey: Survey, place: Place | None) -> str:
    """Where Back leads from a question (no place: from the review): to the question before it, or to the start."""
    places = asked_places(survey)
    here = places.index(place) if place in places else len(places)
    return question(survey, places[here - 1]) if here else START


def _places(survey: Survey) -> list[Place]:
    return [Place(instrument.id, item.id) for instrument in survey.instruments for item in instrument.items]
