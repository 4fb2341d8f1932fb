"""Writes a study as ODM 1.3.2: its assessments, questionnaires and codes, and the data of its participants.

Source: CDISC ODM 1.3.2. An assessment is a StudyEvent that repeats, a questionnaire is a Form. An item without an
answer is null, with the reason as a flag: declined, not asked and unanswered are three things here as well. No words
are exported. What the research model says of a participant, a visit and an event is in forms of its own.
"""

from collections.abc import AsyncIterable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO
from uuid import UUID

from pro_collector import __version__
from pro_collector.domain.exchange.cdisc_qs import StudyData, number_text
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.research.tables import (
    TABLES,
    ColumnKind,
    ItemAnswer,
    ParticipantOfStudy,
    PlannedVisit,
    ScaleValue,
    TimelineRecord,
)
from pro_collector.research.xml_file import XmlFile

_TYPES: Mapping[ColumnKind, str] = {
    "id": "text", "text": "text", "integer": "integer", "number": "double", "boolean": "boolean", "date": "date",
    "instant": "datetime",
}  # fmt: skip
STATUSES = ("answered", "declined", "not-applicable", "not-asked", "masked", "unanswered", "no-value")
"""Why an item or a score is null; `answered`: with words, which are not exported."""
_MODEL = ("participants", "visits", "events")
"""The tables of the research model that are forms here."""
_PERSON, _UNPROMPTED = "participant", "unprompted"
ModelRow = ParticipantOfStudy | PlannedVisit | TimelineRecord


@dataclass(frozen=True, slots=True)
class OdmStudy:
    """A study with its title, newest version, questionnaires and participants.

    `assessments` in the order of the study file; `asked`: the questionnaires of each, and of reports that nobody had
    asked for.
    """

    study: str
    title: str
    version: str
    instruments: Sequence[Instrument]
    people: Sequence[ParticipantOfStudy]
    assessments: Sequence[str]
    asked: Mapping[str, Collection[str]]

    @property
    def version_oid(self) -> str:
        """The OID of the only version of the metadata that is in the file."""
        return f"MDV.{self.version}"


async def write(
    study: OdmStudy, rows: AsyncIterable[StudyData], created: datetime, as_of: datetime | None, stream: BinaryIO
) -> int:  # fmt: skip
    """Write the file; return the number of participants. `rows`: those of some participants at a time."""
    xml = XmlFile(stream)
    made, seen = (at.isoformat(timespec="seconds") for at in (created, as_of or created))
    head = {
        "xmlns": "http://www.cdisc.org/ns/odm/v1.3", "ODMVersion": "1.3.2", "FileType": "Snapshot",
        "Granularity": "All", "FileOID": f"ODM.{study.study}", "CreationDateTime": made,
        "AsOfDateTime": seen, "Originator": "pro-collector",
        "SourceSystem": "pro-collector", "SourceSystemVersion": __version__,
    }  # fmt: skip
    with xml.element("ODM", head):
        with xml.element("Study", {"OID": study.study}):
            with xml.element("GlobalVariables"):
                for name, text in (
                    ("StudyName", study.study), ("StudyDescription", study.title), ("ProtocolName", study.study)
                ):  # fmt: skip
                    xml.leaf(name, text=text)
            with xml.element("MetaDataVersion", {"OID": study.version_oid, "Name": f"version {study.version}"}):
                _metadata(xml, study)
        _sites(xml, study)
        with xml.element("ClinicalData", {"StudyOID": study.study, "MetaDataVersionOID": study.version_oid}):
            async for data in rows:
                _subjects(xml, data)
    return len(study.people)


def _metadata(xml: XmlFile, study: OdmStudy) -> None:
    names = [_PERSON, *study.assessments, _UNPROMPTED]
    with xml.element("Protocol"):
        for n, name in enumerate(names, 1):
            xml.leaf("StudyEventRef", {"StudyEventOID": f"SE.{name}", "OrderNumber": n, "Mandatory": "No"})
    for name in names:
        kind = {_PERSON: "Common", _UNPROMPTED: "Unscheduled"}.get(name, "Scheduled")
        repeating = "No" if name == _PERSON else "Yes"
        with xml.element("StudyEventDef", {"OID": f"SE.{name}", "Name": name, "Repeating": repeating, "Type": kind}):
            for form in _forms(study, name):
                xml.leaf("FormRef", {"FormOID": form, "Mandatory": "No"})
    for table in _MODEL:
        _form(xml, f"FO.{table}", table, [f"IG.{table}"], repeating=False)
    for one in study.instruments:
        groups = [f"IG.{_named(one)}", *([f"IG.{_named(one)}.scores"] if one.scales else [])]
        _form(xml, f"FO.{_named(one)}", f"{one.title}, version {one.version}", groups, repeating=False)
    for table in _MODEL:
        items = [(f"IT.{table}.{column.name}", not column.optional) for column in TABLES[table].columns]
        _group(xml, f"IG.{table}", table, items, repeating=table == "events")
    for one in study.instruments:
        name = _named(one)
        _group(xml, f"IG.{name}", f"{name} items", [(f"IT.{name}.{item.id}", False) for item in one.items])
        if one.scales:
            scores = [(f"IT.{name}.scores.{scale.id}", False) for scale in one.scales]
            _group(xml, f"IG.{name}.scores", f"{name} scores", scores)
    _items(xml, study)
    _code_lists(xml, study)


def _forms(study: OdmStudy, event: str) -> Iterator[str]:
    if event == _PERSON:
        yield from ("FO.participants", "FO.events")
        return
    yield "FO.visits"
    asked = study.asked.get(event, ())
    yield from (f"FO.{_named(one)}" for one in study.instruments if one.id in asked)


def _form(xml: XmlFile, oid: str, name: str, groups: Iterable[str], *, repeating: bool) -> None:
    with xml.element("FormDef", {"OID": oid, "Name": name, "Repeating": "Yes" if repeating else "No"}):
        for group in groups:
            xml.leaf("ItemGroupRef", {"ItemGroupOID": group, "Mandatory": "No"})


def _group(
    xml: XmlFile, oid: str, name: str, items: Sequence[tuple[str, bool]], *, repeating: bool = False
) -> None:  # fmt: skip
    with xml.element("ItemGroupDef", {"OID": oid, "Name": name, "Repeating": "Yes" if repeating else "No"}):
        for n, (item, mandatory) in enumerate(items, 1):
            xml.leaf("ItemRef", {"ItemOID": item, "OrderNumber": n, "Mandatory": "Yes" if mandatory else "No"})


def _items(xml: XmlFile, study: OdmStudy) -> None:
    for table in _MODEL:
        for column in TABLES[table].columns:
            oid = f"IT.{table}.{column.name}"
            with xml.element("ItemDef", {"OID": oid, "Name": column.name, "DataType": _TYPES[column.kind]}):
                _description(xml, column.meaning)
    for one in study.instruments:
        name = _named(one)
        for item in one.items:
            oid = f"IT.{name}.{item.id}"
            with xml.element("ItemDef", {"OID": oid, "Name": item.id, "DataType": item_type(item)}):
                if item.options:
                    xml.leaf("CodeListRef", {"CodeListOID": f"CL.{name}.{item.id}"})
        for scale in one.scales:
            oid = f"IT.{name}.scores.{scale.id}"
            with xml.element("ItemDef", {"OID": oid, "Name": scale.id, "DataType": "double"}):
                _description(xml, scale.title)


def item_type(item: Item) -> str:
    """The ODM data type of the codes of an item."""
    if item.options:
        return "integer" if all(isinstance(option.code, int) for option in item.options) else "text"
    return {"integer": "integer", "decimal": "double", "date": "date"}.get(item.kind, "text")


def _code_lists(xml: XmlFile, study: OdmStudy) -> None:
    with xml.element("CodeList", {"OID": "CL.status", "Name": "why there is no value", "DataType": "text"}):
        for status in STATUSES:
            xml.leaf("EnumeratedItem", {"CodedValue": status})
    for one in study.instruments:
        for item in one.items:
            if item.options:
                oid, name = f"CL.{_named(one)}.{item.id}", f"{_named(one)} {item.id}"
                with xml.element("CodeList", {"OID": oid, "Name": name, "DataType": item_type(item)}):
                    for n, option in enumerate(item.options, 1):
                        xml.leaf("EnumeratedItem", {"CodedValue": option.code, "OrderNumber": n})


def _sites(xml: XmlFile, study: OdmStudy) -> None:
    first: dict[str, date] = {}
    for person in study.people:
        if person.site is not None:
            first[person.site] = min(first.get(person.site, person.enrolled_on), person.enrolled_on)
    if not first:
        return
    with xml.element("AdminData", {"StudyOID": study.study}):
        for site, since in sorted(first.items()):
            with xml.element("Location", {"OID": f"LOC.{site}", "Name": site, "LocationType": "Site"}):
                xml.leaf("MetaDataVersionRef", {
                    "StudyOID": study.study, "MetaDataVersionOID": study.version_oid,
                    "EffectiveDate": since.isoformat(),
                })  # fmt: skip


def _subjects(xml: XmlFile, data: StudyData) -> None:
    visits: dict[UUID, list[PlannedVisit]] = {}
    for visit in data.visits:
        visits.setdefault(visit.participant_id, []).append(visit)
    given: dict[UUID, list[ItemAnswer | ScaleValue]] = {}
    values: list[ItemAnswer | ScaleValue] = [*data.items, *data.scores]
    for row in values:
        given.setdefault(row.visit_id, []).append(row)
    events: dict[UUID, list[TimelineRecord]] = {}
    for event in data.events:
        events.setdefault(event.participant_id, []).append(event)
    for person in data.people:
        with xml.element("SubjectData", {"SubjectKey": person.participant_code}):
            if person.site is not None:
                xml.leaf("SiteRef", {"LocationOID": f"LOC.{person.site}"})
            with xml.element("StudyEventData", {"StudyEventOID": f"SE.{_PERSON}"}):
                _model_form(xml, "participants", [person])
                if own := events.get(person.participant_id):
                    _model_form(xml, "events", own)
            for visit in visits.get(person.participant_id, []):
                _visit(xml, visit, given.get(visit.visit_id, []))


def _visit(xml: XmlFile, visit: PlannedVisit, given: Sequence[ItemAnswer | ScaleValue]) -> None:
    with xml.element(
        "StudyEventData", {"StudyEventOID": f"SE.{visit.assessment}", "StudyEventRepeatKey": str(visit.visit_id)}
    ):
        _model_form(xml, "visits", [visit])
        for name in sorted({f"{row.instrument}.{row.instrument_version}" for row in given}):
            own = [row for row in given if f"{row.instrument}.{row.instrument_version}" == name]
            with xml.element("FormData", {"FormOID": f"FO.{name}"}):
                items = [row for row in own if isinstance(row, ItemAnswer)]
                scores = [row for row in own if isinstance(row, ScaleValue)]
                if items:
                    with xml.element("ItemGroupData", {"ItemGroupOID": f"IG.{name}"}):
                        for item in items:
                            _answer(xml, f"IT.{name}.{item.item}", item.code, item.status)
                if scores:
                    with xml.element("ItemGroupData", {"ItemGroupOID": f"IG.{name}.scores"}):
                        for score in scores:
                            value = None if score.value is None else number_text(score.value)
                            _answer(xml, f"IT.{name}.scores.{score.scale}", value, score.status)


def _answer(xml: XmlFile, oid: str, value: str | None, status: str) -> None:
    """A value, or nothing with the reason."""
    if value is not None:
        return xml.leaf("ItemData", {"ItemOID": oid, "Value": value})
    with (
        xml.element("ItemData", {"ItemOID": oid, "IsNull": "Yes"}),
        xml.element("Annotation", {"SeqNum": 1}),
        xml.element("Flag"),
    ):
        xml.leaf("FlagValue", {"CodeListOID": "CL.status"}, status)


def _model_form(xml: XmlFile, table: str, rows: Sequence[ModelRow]) -> None:
    """Rows of the research model as the groups of a form."""
    with xml.element("FormData", {"FormOID": f"FO.{table}"}):
        for row in rows:
            key = str(row.record_id) if isinstance(row, TimelineRecord) else None
            with xml.element("ItemGroupData", {"ItemGroupOID": f"IG.{table}", "ItemGroupRepeatKey": key}):
                for column in TABLES[table].columns:
                    value = getattr(row, column.name)
                    if value is not None and value != "":
                        xml.leaf("ItemData", {"ItemOID": f"IT.{table}.{column.name}", "Value": _text(value)})


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def _named(instrument: Instrument) -> str:
    return f"{instrument.id}.{instrument.version}"


def _description(xml: XmlFile, text: str) -> None:
    with xml.element("Description"):
        xml.leaf("TranslatedText", {"xml:lang": "en"}, text)
