"""The pages of an own page on which something is changed, with their paths below the person's page."""

from pro_collector.web.mine.acts import CHANGES, ChangePages
from pro_collector.web.mine.acts_correcting import CORRECT, CorrectingPages
from pro_collector.web.mine.acts_stopping import StoppingPages
from pro_collector.web.mine.acts_telling import TellingPages
from pro_collector.web.mine.door import NOW
from pro_collector.web.mine.guard import OwnPageEndpoint, OwnPageGuard

TAB = (CHANGES, "mine.acts.tab")


def acts(guard: OwnPageGuard) -> list[tuple[str, str, OwnPageEndpoint]]:
    """Each page as (path, method, endpoint). GET changes nothing. What is of the patient is not for a caregiver."""
    change, stopping = ChangePages(guard), StoppingPages(guard)
    telling, correcting = TellingPages(guard), CorrectingPages(guard)
    both: list[tuple[str, OwnPageEndpoint]] = [
        ("/hour", guard.of_patient(change.hour)),
        ("/quiet", guard.of_patient(change.quiet)),
        ("/language", change.language),
        ("/channel", change.channel),
        ("/pause", guard.of_patient(stopping.pause)),
        ("/stop/{channel}", stopping.stop),
        ("/leave/sure", stopping.leave_sure),
        (NOW, guard.of_patient(telling.now)),
        ("/question", telling.question),
        (CORRECT + "/{occasion}/{number:int}", correcting.answer),
    ]
    return [
        (CHANGES, "GET", change.changes),
        ("/leave", "GET", stopping.leave),
        ("/consent", "GET", guard.of_patient(telling.consent)),
        (CORRECT, "GET", correcting.which),
        (CORRECT + "/{occasion}", "GET", correcting.answers),
        *((path, method, page) for path, page in both for method in ("GET", "POST")),
    ]
