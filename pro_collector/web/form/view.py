"""The form for one reader: its language, the URLs of its pages, and the content of its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pro_collector.domain.conversation.survey import Place, answer_at, asked_places, find, progress
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.text import InstrumentText, ItemWording
from pro_collector.domain.study.emergency import Emergency, emergency_in
from pro_collector.errors import Misconfigured
from pro_collector.web.form.fields import Fields, Mistake, answer_text, choices, control, opt_outs, stored_fields
from pro_collector.web.form.pages import LanguageChoice
from pro_collector.web.form.path import REVIEW, previous_path, question
from pro_collector.web.form.store import OpenForm
from pro_collector.words import Words, day_as_said


@dataclass(frozen=True, slots=True)
class View:
    """A form in the language that its reader chose; `base` is the URL of its link."""

    form: OpenForm
    base: str
    language: str
    words: Words

    def at(self, path: str, note: str = "") -> str:
        """The URL of a page below the link, in the reader's language."""
        query = {"lang": self.language} if self.language != self.form.language else {}
        if note:
            query["note"] = note
        return f"{self.base}{path}{'?' if query else ''}{urlencode(query)}"

    @property
    def own_page(self) -> str:
        """The URL of the door to the reader's own page; empty if the study has none, or it is no device of theirs."""
        before, _, token = self.base.rpartition("/r/")
        return f"{before}/m/{token}" if self.form.own_page and self.form.mode == "web" else ""

    def wording(self, place: Place) -> ItemWording:
        """The wording of the question at `place`. Raises Misconfigured without such a question or words."""
        text, item = _text(self.form, place, self.language)
        wording = text.wording(item, self.form.survey.reads_as, self.form.survey.age)
        if wording is None:
            raise Misconfigured(f"{place} has no words in {self.language!r} for {self.form.survey.reporter}")
        return wording


def form_languages(form: OpenForm) -> list[str]:
    """The languages of the study in which every question of the form can be asked, the form's own first."""
    first, *others = form.survey.instruments
    common = [
        language
        for language in first.texts
        if (form.languages is None or language in form.languages or language == form.language)
        and all(instrument.can_ask_in(language, form.survey.reads_as) for instrument in (first, *others))
    ]
    return sorted(common, key=lambda language: (language != form.language, language))


def question_page(
    view: View, place: Place, nonce: str, fields: Fields | None = None, mistake: Mistake | None = None
) -> dict[str, Any]:
    """The content of the page of one question: with the stored answer, or with the fields just sent and the mistake."""
    survey = view.form.survey
    wording = view.wording(place)
    number, total = progress(survey, place)
    answer = answer_at(survey, place)
    kind = control(wording.item)
    return {
        "place": place,
        "nonce": nonce,
        "seen": shown_value(answer),
        "number": number,
        "total": total,
        "introduction": _introduction(view, place),
        "wording": wording,
        "control": kind,
        "choices": choices(wording) if kind == "choices" else (),
        "opt_outs": opt_outs(wording, view.words),
        "fields": stored_fields(kind, answer) if fields is None else fields,
        "mistake": mistake,
        "here": view.at(question(survey, place)),
        "back": view.at(previous_path(survey, place)),
    }


def review_page(view: View) -> dict[str, Any]:
    """The content of the review: each question with its answer and the URL to change it."""
    survey = view.form.survey
    rows = [_row(view, place) for place in asked_places(survey)]
    return {
        "rows": rows,
        "complete": all(row["answer"] is not None for row in rows),
        "here": view.at(REVIEW),
        "back": view.at(previous_path(survey, None)),
    }


def done_page(view: View) -> dict[str, Any]:
    """The content of the thanks; just after Finish also the advice, the next day, and what was answered."""
    after = view.form.afterwards
    contact = view.form.contact
    emergency = emergency_in(contact.emergency, view.language)
    told = emergency[0] if emergency else Emergency(medical="", crisis="")
    advice = after.advice if after else None
    asked = asked_places(view.form.survey) if after and after.answers and view.form.mode == "web" else []
    return {
        "closing": closing(view),
        "advice": advice.words(view.language, contact.phone, told) if advice else None,
        "urgent": advice is not None and advice.urgency != "calm",
        "next_on": day_as_said(view.words, after.next_on, after.today) if after and after.next_on else "",
        "rows": [_row(view, place) for place in asked],
    }


def languages(view: View, path: str, known: Mapping[str, Words]) -> list[LanguageChoice]:
    """The other languages of this page, with their own name if we have words in them, else with their code."""
    return [
        LanguageChoice(code, _own_name(code, known), f"{view.base}{path}?{urlencode({'lang': code})}")
        for code in form_languages(view.form)
        if code != view.language
    ]


def closing(view: View) -> str | None:
    """The closing words of the last instrument."""
    last = view.form.survey.instruments[-1]
    return last.texts[view.language].ending(view.form.survey.reads_as, view.form.survey.age)


def shown_value(answer: Answer) -> str:
    """An answer as stored in the page that showed it, to detect a change from elsewhere in the meantime."""
    return "" if answer is None else str(answer)


def _row(view: View, place: Place) -> dict[str, Any]:
    wording, answer = view.wording(place), answer_at(view.form.survey, place)
    return {
        "prompt": wording.prompt,
        "answer": None if answer is None else answer_text(wording, view.words, answer),
        "absent": isinstance(answer, Absent),
        "change": view.at(question(view.form.survey, place)),
    }


def _introduction(view: View, place: Place) -> str | None:
    """The introduction of the instrument, for its first question that is asked; else None."""
    asked = asked_places(view.form.survey)
    opening = next((asked_place for asked_place in asked if asked_place.instrument == place.instrument), None)
    text, _ = _text(view.form, place, view.language)
    survey = view.form.survey
    return text.opening(survey.reads_as, survey.age) if place == opening else None


def _text(form: OpenForm, place: Place, language: str) -> tuple[InstrumentText, Item]:
    question = find(form.survey, place)
    if question is None:
        raise Misconfigured(f"the survey has no question {place}")
    instrument, item = question
    return instrument.texts[language], item


def _own_name(code: str, known: Mapping[str, Words]) -> str:
    words = known.get(code) or known.get(code.split("-")[0])
    return words.say("name") if words else code
