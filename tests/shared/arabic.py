"""A mock of a language that is read from right to left: English, with the words of a few pages in Arabic."""

from collections.abc import Mapping
from dataclasses import replace

from pro_collector.domain.instrument.definition import Instrument
from pro_collector.words import Words, load
from tests.shared.instruments import shipped

_PHRASES: Mapping[str, str] = {
    "form.name": "العربية",
    "form.direction": "rtl",
    "form.title": "أسئلتك",
    "form.skip": "انتقل إلى المحتوى",
    "form.call": "اتصل بالرقم {phone}",
    "form.start.lead": "بعض الأسئلة القصيرة في انتظارك.",
    "form.start.saved": "تُحفظ كل إجابة فورًا. يمكنك التوقف في أي وقت والعودة بالرابط نفسه.",
    "form.start.button": "ابدأ",
    "form.question.progress": "السؤال {number} من {total}",
    "form.question.next": "حفظ ومتابعة",
    "form.question.back": "رجوع",
    "form.question.or": "أو",
    "mail.button": "افتح الأسئلة",
    "mail.stop_link": "لا مزيد من هذه الرسائل",
    "mail.invitation.text": "مرحبًا،\n\n{whom}\n\nأسئلتك «{title}» جاهزة وتستغرق {duration}."
    "\n\n{link}\n\nأجب قبل {closes}.\n\nإن شعرت بتوعك فاتصل بالرقم {phone} أو {emergency_number}.\n\n"
    "{sender}\n{stop_link}: {unsubscribe}",
}
_QUESTIONS = {
    "pain": "خلال الأيام السبعة الماضية، ما شدة أسوأ ألم شعرت به؟",
    "nausea": "خلال الأيام السبعة الماضية، إلى أي حد شعرت بالغثيان؟",
}
_AMOUNTS = ("أبدًا", "قليلًا", "إلى حد ما", "كثيرًا", "كثيرًا جدًا")


def arabic_words() -> Words:
    """All phrases, those of the mock in Arabic."""
    english = load()["en"]
    return replace(english, language="ar", phrases={**english.phrases, **_PHRASES})


def arabic_diary() -> Instrument:
    """The symptom diary with its text in the mock."""
    diary = shipped("symptom-diary")
    english = diary.texts["en"]
    items = {
        name: item.model_copy(update={"prompt": {"self": _QUESTIONS[name]}} if name in _QUESTIONS else {})
        for name, item in english.items.items()
    }
    amounts = {
        code: text.model_copy(update={"label": {"self": _AMOUNTS[int(code)]}})
        for code, text in english.option_sets["how-much"].items()
    }
    text = english.model_copy(
        update={"language": "ar", "items": items, "option_sets": {**english.option_sets, "how-much": amounts}}
    )
    return diary.with_texts(text)
