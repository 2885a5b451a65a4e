"""CronJobs. One that is accepted is ready; what its newest run did is a notice of the service."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import Health
from cantata.core.health.reading import Head, Live, PodTemplate, images_of, read
from cantata.core.model.states import HealthState


class JobTemplateSpec(msgspec.Struct, frozen=True, rename="camel"):
    template: PodTemplate = PodTemplate()


class JobTemplate(msgspec.Struct, frozen=True, rename="camel"):
    spec: JobTemplateSpec = JobTemplateSpec()


class CronJobSpec(msgspec.Struct, frozen=True, rename="camel"):
    suspend: bool | None = None
    job_template: JobTemplate = JobTemplate()


class CronJob(Head, frozen=True, rename="camel"):
    spec: CronJobSpec = CronJobSpec()


def observe_cron_job(live: Live) -> Health:
    """`desired` is 0 for a suspended CronJob: like a workload of zero pods it is ready, or paused when
    asked for."""
    cron_job = read(live, CronJob)
    suspended = bool(cron_job.spec.suspend)
    return Health(
        HealthState.READY,
        message="the schedule is suspended" if suspended else "",
        ready=0 if suspended else None,
        desired=0 if suspended else None,
        images=images_of(cron_job.spec.job_template.spec.template.spec),
    )
