"""Every group of pages about one person."""

from pro_collector.web.team.person.asking import AskingActs
from pro_collector.web.team.person.consents import ConsentActs
from pro_collector.web.team.person.details import DetailActs
from pro_collector.web.team.person.erasing import ErasingActs
from pro_collector.web.team.person.page import PersonPages
from pro_collector.web.team.person.reaching import AddressActs
from pro_collector.web.team.person.states import StateActs
from pro_collector.web.team.person.treatment import TreatmentActs
from pro_collector.web.team.person.writing import WritingActs

OF_PERSON = (
    PersonPages,
    TreatmentActs,
    StateActs,
    DetailActs,
    AddressActs,
    ConsentActs,
    WritingActs,
    AskingActs,
    ErasingActs,
)
