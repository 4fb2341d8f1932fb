"""Navigation of the form: the URL of each question, and the next and the previous page."""

from pro_collector.domain.conversation.survey import Place, Survey, asked_places, open_places
from pro_collector.web.form.store import OpenForm

START = ""
REVIEW = "/review"
DONE = "/done"


def question(survey: Survey, place: Place) -> str:
    """The path of a question below its link, such as `/q/3`.

    It counts every question of the survey, also those that branching skips. So a path always means the same question,
    whatever was answered since. The number that a person reads is from `survey.progress`.
    """
    return f"/q/{_places(survey).index(place) + 1}"


def place_at(survey: Survey, number: int) -> Place | None:
    """The question with this number in its path; None if it does not exist or branching skips it now."""
    places = _places(survey)
    if not 1 <= number <= len(places):
        return None
    return places[number - 1] if places[number - 1] in asked_places(survey) else None


def next_path(form: OpenForm) -> str:
    """The path of the next page: the first open question, then the review, then the thanks."""
    first = next(iter(open_places(form.survey)), None)
    if first is not None and not form.closed:
        return question(form.survey, first)
    return DONE if form.finished or form.closed else REVIEW


def previous_path(survey: Survey, place: Place | None) -> str:
    """The path for Back: from a question (from the review, if `place` is None) to the one before, or to the start."""
    places = asked_places(survey)
    index = places.index(place) if place in places else len(places)
    return question(survey, places[index - 1]) if index else START


def _places(survey: Survey) -> list[Place]:
    return [Place(instrument.id, item.id) for instrument in survey.instruments for item in instrument.items]
