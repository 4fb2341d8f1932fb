"""The study for programs: what is in force, checking a file, and previewing and applying it as background work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from pro_collector.commands.ask_job import ask_job, cancel_job
from pro_collector.commands.check_study import check_study
from pro_collector.commands.rehearse import MOST_PEOPLE, MOST_YEARS
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput, Conflict, NotFound, Outdated, Problem
from pro_collector.postgres.tables.jobs import JobHead
from pro_collector.views.jobs import JobShown, jobs_of_study, one_job
from pro_collector.views.protocol import ProtocolInForce, protocol_in_force, study_file
from pro_collector.web.api.models import model_of
from pro_collector.web.api.moments import Day
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit

NAME = "text"
LONGEST = 200_000
Study = model_of(ProtocolInForce, without=("examples",))
JobId = Annotated[UUID, Path(alias="job", description="the id of the job")]


class StudyFile(BaseModel):
    """A study file, as YAML."""

    text: str = Field(min_length=1, max_length=LONGEST)


class FileToRehearse(StudyFile):
    """A study file, as YAML, and for whom it is played; `price`: of one text segment."""

    participants: int = Field(default=200, ge=1, le=MOST_PEOPLE)
    years: float = Field(default=5.0, gt=0, le=MOST_YEARS)
    price: float = Field(default=0.0083, ge=0, le=100)
    starts: Day = date(2027, 1, 4)


class ToApply(BaseModel):
    """The preview whose file is put in force, and its version, so that no other one is."""

    job: UUID
    version: str = Field(max_length=100)


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that has no mistakes; a file with mistakes is refused with all of them."""

    version: str
    warnings: Sequence[str]


class Job(BaseModel):
    """Work that is done in the background: ask for it at `/jobs/{job}` until it has ended."""

    job: UUID


async def study_in_force(visit: Visit, response: Response) -> ProtocolInForce:
    """The study in force: its assessments in words, its sites and events, and its versions. `ETag`: the version."""
    shown = await protocol_in_force(visit.rt, visit.study, visit.sites)
    response.headers["ETag"] = f'"{shown.version}"'
    return shown


async def file_of_study(visit: Visit, version: Annotated[str | None, Query(max_length=100)] = None) -> StudyFile:
    """The study file of a version, or of that in force."""
    return StudyFile(text=await study_file(visit.rt, visit.study, version))


async def check_file(visit: Visit, sent: StudyFile) -> Checked:
    """Check a file; nothing is stored."""
    return await _checked(visit, sent.text)


async def rehearse_file(visit: Visit, sent: FileToRehearse) -> Job:
    """Have a file played for made-up patients: burden, cost, what is missing."""
    await _checked(visit, sent.text)
    asked = {**sent.model_dump(mode="json"), "file": NAME}
    return Job(job=await ask_job(visit.acts, visit.study, "rehearse", asked, by=visit.who.name))


async def preview_file(visit: Visit, sent: StudyFile) -> Job:
    """Have the effects of a file computed: who is affected, and how."""
    await _checked(visit, sent.text)
    asked = {"text": sent.text, "file": NAME}
    return Job(job=await ask_job(visit.acts, visit.study, "preview", asked, by=visit.who.name))


async def apply_file(visit: Visit, sent: ToApply) -> Job:
    """Put the file of a preview in force, if the preview still holds."""
    _must_amend(visit)
    previewed = await one_job(visit.rt, visit.study, str(sent.job), visit.sites)
    result = previewed.result
    if previewed.head.kind != "preview" or not result:
        raise Conflict("this job is no preview that is done")
    current = (await protocol_in_force(visit.rt, visit.study, visit.sites)).version
    if current != result["in_force"]:
        raise Outdated(f"version {current} has come in force since: preview it again")
    if sent.version != result["version"]:
        raise BadInput([Problem("", None, "version", f"expected the version of the preview: {result['version']}")])
    asked = {"text": result["text"], "file": result["file"]}
    return Job(job=await ask_job(visit.acts, visit.study, "apply", asked, by=visit.who.name))


async def list_of_jobs(visit: Visit) -> list[JobHead]:
    """The newest background work of a study."""
    return await jobs_of_study(visit.rt, visit.study)


async def job_of_study(visit: Visit, job: JobId) -> JobShown:
    """One job, with its result when it is done."""
    return await one_job(visit.rt, visit.study, str(job), visit.sites)


async def stop_job(visit: Visit, job: JobId) -> Job:
    """Stop a job that has not ended."""
    _must_amend(visit)
    await cancel_job(visit.acts, visit.study, job, by=visit.who.name)
    return Job(job=job)


async def _checked(visit: Visit, text: str) -> Checked:
    _must_amend(visit)
    found = await check_study(visit.rt, visit.study, text, NAME)
    if found.study is None:
        raise BadInput(list(found.mistakes))
    return Checked(found.study.version, found.warnings)


def _must_amend(visit: Visit) -> None:
    """Raise NotFound for somebody who may change the study at some of its sites only."""
    if visit.sites.names is not None:
        raise NotFound("a study is changed for all of its sites")


def add_study(routes: ApiRoutes) -> None:
    """Add these routes."""
    see, amend, tag = Act.see_people, Act.amend_study, "study"
    routes.add(see, OF_STUDY, study_in_force, answers=Study, tag=tag)
    routes.add(see, f"{OF_STUDY}/file", file_of_study, tag=tag)
    routes.add(amend, f"{OF_STUDY}/check", check_file, method="POST", tag=tag)
    routes.add(amend, f"{OF_STUDY}/rehearse", rehearse_file, method="POST", status=202, tag=tag)
    routes.add(amend, f"{OF_STUDY}/preview", preview_file, method="POST", status=202, tag=tag)
    routes.add(amend, f"{OF_STUDY}/apply", apply_file, method="POST", status=202, fresh=True, tag=tag)
    routes.add(see, f"{OF_STUDY}/jobs", list_of_jobs, tag=tag)
    routes.add(see, f"{OF_STUDY}/jobs/{{job}}", job_of_study, tag=tag)
    routes.add(amend, f"{OF_STUDY}/jobs/{{job}}/cancel", stop_job, method="POST", tag=tag)
