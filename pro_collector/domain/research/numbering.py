"""The number of a visit: the same for all participants, in CDISC datasets (VISITNUM) and in endpoints. Pure."""

from collections.abc import Iterable, Sequence

from pro_collector.domain.research.tables import PlannedVisit


def number_of_visit(assessments: Sequence[str], visit: PlannedVisit) -> int | None:
    """The place of the assessment in the study file, the number of its event, and the number of the time point.

    `assessments` in the order of the study file. The third visit after the second event of the first assessment is
    1002003. None for a visit that no schedule planned.
    """
    if not visit.planned or visit.assessment not in assessments:
        return None
    return (assessments.index(visit.assessment) + 1) * 1_000_000 + visit.anchor_n * 1000 + visit.visit_n


def order_of_assessments(versions: Iterable[Sequence[str]]) -> list[str]:
    """The assessments of all versions of a study file, each once; a later version adds its new ones at the end."""
    return list(dict.fromkeys(name for version in versions for name in version))
