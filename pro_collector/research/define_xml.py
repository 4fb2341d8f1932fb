"""Writes a Define-XML 2.1 document: what the datasets, variables and codes of an export are.

Source: CDISC Define-XML 2.1, on ODM 1.3.2. Lengths and codes are those of the data. Codes that are ours are marked as
an extension of the controlled terminology (`def:ExtendedValue`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO

from pro_collector import __version__
from pro_collector.domain.exchange.cdisc_datasets import CdiscDataset, Standard
from pro_collector.domain.exchange.cdisc_suppqs import QUALIFIERS, SuppqsRecord
from pro_collector.domain.exchange.cdisc_terms import OWN
from pro_collector.domain.research.tables import Column
from pro_collector.research.xml_file import Attributes, XmlFile

NAMESPACES = {
    "xmlns": "http://www.cdisc.org/ns/odm/v1.3",
    "xmlns:def": "http://www.cdisc.org/ns/def/v2.1",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
}
STANDARDS: Mapping[Standard, tuple[str, str]] = {"sdtm": ("SDTMIG", "3.4"), "adam": ("ADaMIG", "1.3")}
"""The implementation guide by standard: name and version."""
TERMINOLOGY = "2015-12-18"
"""The controlled terminology in which our terms were read."""
_CODED: Mapping[str, str] = {
    "QSTESTCD": "QSTEST", "PARAMCD": "PARAM", "QSCAT": "", "PARCAT1": "", "QSSTAT": "", "QSDRVFL": "", "QSEVAL": "",
    "SEX": "", "DTHFL": "", "AGEU": "", "ARMNRS": "", "SVPRESP": "", "SVOCCUR": "", "ABLFL": "", "ETCD": "ELEMENT",
    "QNAM": "QLABEL", "PARQUAL": "", "QSMETHOD": "",
}  # fmt: skip
"""The variables with a code list, each with the variable that decodes it, if there is one."""
_FROM_SUBJECT = frozenset({"QSORRES", "QSSTAT", "QSREASND", "QSDTC", "QSMETHOD", "QSEVAL", "SVSTDTC", "SVENDTC"})
_ASSIGNED = frozenset({"STUDYID", "DOMAIN", "RDOMAIN", "USUBJID", "SUBJID", "SITEID", "QSTESTCD", "QSTEST", "QSCAT"})


@dataclass(slots=True)
class DescribedDataset:
    """A dataset, the file that it is in, and what its records have: counted one by one, so that none needs be kept."""

    dataset: CdiscDataset
    file: str
    longest: dict[str, int] = field(default_factory=dict)
    """The bytes of the longest value of each variable that has one."""
    digits: dict[str, int] = field(default_factory=dict)
    """The most digits after the point, of variables with numbers."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """The codes of each variable that has a code list, with their decoded text or an empty one."""
    qualifiers: dict[str, int] = field(default_factory=dict)
    """Of SUPPQS: the length of the longest value of each qualifier."""

    def count(self, record: object) -> None:
        """Take a record into account."""
        for column in self.dataset.table.columns:
            name = column.name
            if (value := getattr(record, name)) is None:
                continue
            text = _text(value)
            self.longest[name] = max(self.longest.get(name, 0), len(text.encode()))
            if column.kind == "number":
                self.digits[name] = max(self.digits.get(name, 0), len(text.partition(".")[2]))
            if name in _CODED:
                decode = _CODED[name]
                self.codes.setdefault(name, {})[str(value)] = str(getattr(record, decode)) if decode else ""
        if isinstance(record, SuppqsRecord):
            self.qualifiers[record.QNAM] = max(self.qualifiers.get(record.QNAM, 0), len(record.QVAL))


def write(study: str, title: str, datasets: Sequence[DescribedDataset], created: datetime, stream: BinaryIO) -> int:
    """Write the document of the datasets of one standard; return how many there are."""
    xml = XmlFile(stream)
    standard = datasets[0].dataset.standard
    name, version = STANDARDS[standard]
    head = {
        **NAMESPACES, "ODMVersion": "1.3.2", "FileType": "Snapshot", "FileOID": f"DEFINE.{study}.{standard}",
        "CreationDateTime": created.isoformat(timespec="seconds"), "Originator": "pro-collector",
        "SourceSystem": "pro-collector", "SourceSystemVersion": __version__, "def:Context": "Other",
    }  # fmt: skip
    described = {"OID": f"MDV.{study}.{standard}", "Name": f"{study}, {name} {version}", "def:DefineVersion": "2.1.0"}
    with xml.element("ODM", head), xml.element("Study", {"OID": f"STUDY.{study}"}):
        with xml.element("GlobalVariables"):
            for element, text in (("StudyName", study), ("StudyDescription", title), ("ProtocolName", study)):
                xml.leaf(element, text=text)
        with xml.element("MetaDataVersion", described):
            _standards(xml, name, version)
            _qualifiers(xml, datasets)
            for each in datasets:
                _dataset(xml, each)
            for each in datasets:
                for column in each.dataset.table.columns:
                    _variable(xml, each, column)
            _qualifier_values(xml, datasets)
            _code_lists(xml, datasets)
    return len(datasets)


def _standards(xml: XmlFile, name: str, version: str) -> None:
    with xml.element("def:Standards"):
        xml.leaf("def:Standard", {"OID": "STD.IG", "Name": name, "Type": "IG", "Version": version, "Status": "Final"})
        xml.leaf("def:Standard", {
            "OID": "STD.CT", "Name": "CDISC/NCI", "Type": "CT", "PublishingSet": "SDTM", "Version": TERMINOLOGY,
            "Status": "Final",
        })  # fmt: skip


def _dataset(xml: XmlFile, each: DescribedDataset) -> None:
    dataset, name = each.dataset, each.dataset.name
    attributes = {
        "OID": f"IG.{name}", "Name": name, "Repeating": _yes(dataset.repeating), "IsReferenceData": "No",
        "SASDatasetName": name, "Domain": name.removeprefix("SUPP") if dataset.standard == "sdtm" else None,
        "Purpose": "Tabulation" if dataset.standard == "sdtm" else "Analysis", "def:Structure": dataset.structure,
        "def:ArchiveLocationID": f"LF.{name}", "def:StandardOID": "STD.IG",
    }  # fmt: skip
    with xml.element("ItemGroupDef", attributes):
        _description(xml, dataset.table.title)
        for n, column in enumerate(dataset.table.columns, 1):
            key = dataset.keys.index(column.name) + 1 if column.name in dataset.keys else None
            xml.leaf("ItemRef", {
                "ItemOID": f"IT.{name}.{column.name}", "OrderNumber": n, "Mandatory": _yes(not column.optional),
                "KeySequence": key,
            })  # fmt: skip
        xml.leaf("def:Class", {"Name": dataset.kind})
        with xml.element("def:leaf", {"ID": f"LF.{name}", "xlink:href": each.file}):
            xml.leaf("def:title", text=each.file)


def _variable(xml: XmlFile, each: DescribedDataset, column: Column) -> None:
    name = each.dataset.name
    kind, length, digits = _type(each, column)
    attributes = {
        "OID": f"IT.{name}.{column.name}", "Name": column.name, "DataType": kind, "Length": length,
        "SignificantDigits": digits, "SASFieldName": column.name,
    }  # fmt: skip
    with xml.element("ItemDef", attributes):
        _description(xml, column.meaning)
        if each.codes.get(column.name):
            xml.leaf("CodeListRef", {"CodeListOID": f"CL.{name}.{column.name}"})
        if (name, column.name) == ("SUPPQS", "QVAL"):
            xml.leaf("def:ValueListRef", {"ValueListOID": "VL.SUPPQS.QVAL"})
        else:
            xml.leaf("def:Origin", _origin(column.name))


def _origin(variable: str) -> dict[str, str]:
    if variable in _FROM_SUBJECT:
        return {"Type": "Collected", "Source": "Subject"}
    return {"Type": "Assigned" if variable in _ASSIGNED else "Derived", "Source": "Sponsor"}


def _type(each: DescribedDataset, column: Column) -> tuple[str, int | None, int | None]:
    """Data type, length and significant digits of a variable, by its values."""
    longest = each.longest.get(column.name, 1)
    if column.kind == "date":
        return "integer", 8, None
    if column.kind == "number":
        return "float", longest, each.digits.get(column.name, 0)
    if column.kind == "integer":
        return "integer", longest, None
    if column.name.endswith("DTC"):
        return "date", None, None
    return "text", longest, None


def _text(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else value.isoformat() if isinstance(value, date) else str(value)


def _code_lists(xml: XmlFile, datasets: Sequence[DescribedDataset]) -> None:
    for each in datasets:
        for column in each.dataset.table.columns:
            if codes := dict(sorted(each.codes.get(column.name, {}).items())):
                name = each.dataset.name
                attributes = {"OID": f"CL.{name}.{column.name}", "Name": f"{name} {column.meaning}", "DataType": "text"}
                with xml.element("CodeList", attributes):
                    for n, (code, decoded) in enumerate(codes.items(), 1):
                        _code(xml, n, code, decoded)


def _code(xml: XmlFile, n: int, code: str, decoded: str) -> None:
    extended = "Yes" if code.startswith(OWN) else None
    attributes: Attributes = {"CodedValue": code, "OrderNumber": n, "def:ExtendedValue": extended}
    if not decoded:
        return xml.leaf("EnumeratedItem", attributes)
    with xml.element("CodeListItem", attributes), xml.element("Decode"):
        xml.leaf("TranslatedText", {"xml:lang": "en"}, decoded)


def _described_qualifiers(datasets: Sequence[DescribedDataset]) -> Iterator[tuple[str, int]]:
    """Each qualifier of SUPPQS in the data, with the length of its longest value."""
    longest = {name: length for each in datasets for name, length in each.qualifiers.items()}
    return ((name, longest[name]) for name in QUALIFIERS if name in longest)


def _qualifiers(xml: XmlFile, datasets: Sequence[DescribedDataset]) -> None:
    """What QVAL of SUPPQS is, for each QNAM."""
    found = list(_described_qualifiers(datasets))
    if not found:
        return
    with xml.element("def:ValueListDef", {"OID": "VL.SUPPQS.QVAL"}):
        for n, (name, _) in enumerate(found, 1):
            reference: Attributes = {"ItemOID": f"IT.SUPPQS.QVAL.{name}", "OrderNumber": n, "Mandatory": "No"}
            with xml.element("ItemRef", reference):
                xml.leaf("def:WhereClauseRef", {"WhereClauseOID": f"WC.SUPPQS.{name}"})
    for name, _ in found:
        check = {"Comparator": "EQ", "SoftHard": "Soft", "def:ItemOID": "IT.SUPPQS.QNAM"}
        with xml.element("def:WhereClauseDef", {"OID": f"WC.SUPPQS.{name}"}), xml.element("RangeCheck", check):
            xml.leaf("CheckValue", text=name)


def _qualifier_values(xml: XmlFile, datasets: Sequence[DescribedDataset]) -> None:
    for name, length in _described_qualifiers(datasets):
        label, origin = QUALIFIERS[name]
        attributes: Attributes = {
            "OID": f"IT.SUPPQS.QVAL.{name}", "Name": name, "DataType": "text", "Length": length, "SASFieldName": name,
        }  # fmt: skip
        with xml.element("ItemDef", attributes):
            _description(xml, label)
            xml.leaf("def:Origin", {"Type": origin, "Source": "Sponsor"})


def _description(xml: XmlFile, text: str) -> None:
    with xml.element("Description"):
        xml.leaf("TranslatedText", {"xml:lang": "en"}, text)


def _yes(value: bool) -> str:
    return "Yes" if value else "No"
