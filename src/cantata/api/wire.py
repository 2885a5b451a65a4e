"""From the core's model to the wire: small pure functions, named for what they give.

Where the wire has the same field names as the model, msgspec copies them by name, so that a field added to
both needs no line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from cantata.actions.begin import Deployed
from cantata.contract.access import AuditInfo, TokenInfo
from cantata.contract.adjustments import AdjustmentsInfo
from cantata.contract.applications import (
    ApplicationDraft,
    ApplicationInfo,
    ApplicationStatusInfo,
    RevisionInfo,
    ServiceStatusInfo,
    ServiceVersionInfo,
)
from cantata.contract.cards import FailureCardInfo
from cantata.contract.clusters import ClusterInfo
from cantata.contract.configs import ConfigInfo, ConfigVersionInfo, Extends, LeafInfo, OverriddenInfo
from cantata.contract.events import EventInfo
from cantata.contract.findings import FindingInfo
from cantata.contract.holds import SkippedInfo
from cantata.contract.operations import DeployedInfo, OperationInfo
from cantata.contract.parity import ParityInfo, ServiceParityInfo
from cantata.contract.plans import (
    FieldChangeInfo,
    FieldDriftInfo,
    FoldedInfo,
    ForeignFieldInfo,
    ObjectInfo,
    ObjectPlanInfo,
    PlanInfo,
    ServicePlanInfo,
    ValueChangeInfo,
)
from cantata.contract.stored_plans import ApprovalInfo, StoredPlanInfo
from cantata.contract.templates import TemplateInfo, TemplateVersionInfo
from cantata.core.model import (
    access,
    applications,
    configs,
    events,
    findings,
    parity,
    plans,
    status,
    stored_plans,
    templates,
)
from cantata.core.model.adjustments import Adjustments
from cantata.core.values import Leaf


def config_info(config: configs.Config) -> ConfigInfo:
    return msgspec.convert(config, ConfigInfo, from_attributes=True)


def config_version_info(
    name: str, version: configs.ConfigVersion, *, tags: tuple[str, ...] = ()
) -> ConfigVersionInfo:
    return ConfigVersionInfo(
        id=version.id,
        config=name,
        number=version.number,
        extends=Extends(version.extends.config, version.extends.version) if version.extends else None,
        author=version.author,
        message=version.message,
        created_at=version.created_at,
        text=version.text,
        tags=tags,
    )


def leaf_info(leaf: Leaf) -> LeafInfo:
    return LeafInfo(
        key=".".join(leaf.path),
        value=leaf.value,
        origin=leaf.origin.layer,
        line=leaf.origin.line,
        secret=leaf.secret,
        overrides=tuple(_overridden(leaf)),
    )


def _overridden(leaf: Leaf) -> Iterator[OverriddenInfo]:
    weaker = leaf.overrides
    while weaker is not None:
        yield OverriddenInfo(weaker.value, weaker.origin.layer, weaker.origin.line, weaker.secret)
        weaker = weaker.overrides


def template_info(
    template: templates.Template, latest: templates.TemplateVersion | None = None, newer: str = ""
) -> TemplateInfo:
    """`newer` is a newer version of its chart in the market."""
    told = msgspec.convert(template, TemplateInfo, from_attributes=True)
    if latest is None:
        return told
    chart = latest.chart
    return msgspec.structs.replace(told, version=chart.version, digest=chart.digest, newer=newer)


def template_version_info(
    name: str, version: templates.TemplateVersion, *, content: bool = True
) -> TemplateVersionInfo:
    chart = version.chart
    return TemplateVersionInfo(
        id=version.id,
        template=name,
        number=version.number,
        chart=chart.name,
        chart_version=chart.version,
        app_version=chart.app_version,
        digest=chart.digest,
        origin=version.origin,
        author=version.author,
        created_at=version.created_at,
        files=chart.files if content else (),
        values_text=chart.values_text if content else "",
    )


def parity_info(name: str, services: Sequence[parity.ServiceParity]) -> ParityInfo:
    made = (msgspec.convert(service, ServiceParityInfo, from_attributes=True) for service in services)
    return ParityInfo(name, tuple(made))


def finding_info(finding: findings.Finding) -> FindingInfo:
    return msgspec.convert(finding, FindingInfo, from_attributes=True)


def cluster_info(cluster: access.Cluster) -> ClusterInfo:
    return msgspec.convert(cluster, ClusterInfo, from_attributes=True)


def application_draft(
    draft: ApplicationDraft, template_version: int | None, config_version: int | None
) -> applications.ApplicationDraft:
    """With the numbers of the versions that the draft may name otherwise."""
    pinned = msgspec.structs.replace(draft, template_version=template_version, config_version=config_version)
    return msgspec.convert(pinned, applications.ApplicationDraft, from_attributes=True)


def application_info(application: applications.Application) -> ApplicationInfo:
    return msgspec.convert(application, ApplicationInfo, from_attributes=True)


def operation_info(operation: applications.Operation) -> OperationInfo:
    return OperationInfo(
        id=operation.id,
        application=operation.application,
        verb=operation.verb.value,
        state=operation.state.value,
        services=operation.services,
        author=operation.author,
        cause=operation.cause,
        revision=operation.revision,
        error=operation.error,
        created_at=operation.created_at,
        started_at=operation.started_at,
        ended_at=operation.ended_at,
        done=operation.done,
        recreate=operation.recreate,
        failures=msgspec.convert(operation.failures, tuple[FailureCardInfo, ...], from_attributes=True),
        also=tuple(each.value for each in operation.also),
    )


def deployed_info(deployed: Deployed) -> DeployedInfo:
    operation = operation_info(deployed.operation) if deployed.operation else None
    plan = stored_plan_info(deployed.plan) if deployed.plan else None
    skipped = msgspec.convert(deployed.skipped, tuple[SkippedInfo, ...], from_attributes=True)
    return DeployedInfo(
        changed=deployed.changed,
        operation=operation,
        plan=plan,
        skipped=skipped,
        findings=tuple(map(finding_info, deployed.findings)),
    )


def status_info(seen: status.ApplicationStatus) -> ApplicationStatusInfo:
    return ApplicationStatusInfo(
        application=application_info(seen.application),
        state=seen.state.value,
        revision=seen.revision,
        services=msgspec.convert(seen.services, tuple[ServiceStatusInfo, ...], from_attributes=True),
        operation=operation_info(seen.operation) if seen.operation else None,
    )


def revision_info(revision: applications.Revision) -> RevisionInfo:
    return RevisionInfo(
        number=revision.number,
        state=revision.state.value,
        cause=revision.cause,
        author=revision.author,
        operation=revision.operation_id,
        created_at=revision.created_at,
        services=tuple(service_version_info(revision.services[name]) for name in sorted(revision.services)),
        notes=revision.notes,
    )


def service_version_info(version: applications.ServiceVersion) -> ServiceVersionInfo:
    return ServiceVersionInfo(
        service=version.service,
        template_version=version.template_version,
        config=tuple(f"{pin.config}@{pin.version}" for pin in version.config),
        changed_in=version.changed_in,
        kind=version.kind,
        images=version.images,
        engine=version.engine,
        adjustments=adjustments_info(version.adjustments),
    )


def adjustments_info(has: Adjustments) -> AdjustmentsInfo:
    return msgspec.convert(has, AdjustmentsInfo, from_attributes=True)


def event_info(event: events.Event) -> EventInfo:
    return EventInfo(event.id, event.application, event.type.value, event.at, event.data)


def plan_info(plan: plans.Plan) -> PlanInfo:
    return PlanInfo(
        application=plan.application,
        revision=plan.revision,
        changed=plan.changed,
        services=tuple(service_plan_info(service) for service in plan.services),
        intent=msgspec.convert(plan.intent, tuple[ValueChangeInfo, ...], from_attributes=True),
        order=plan.order,
        hooks=msgspec.convert(plan.hooks, tuple[ObjectInfo, ...], from_attributes=True),
        findings=tuple(finding_info(finding) for finding in plan.findings),
    )


def service_plan_info(plan: plans.ServicePlan) -> ServicePlanInfo:
    return ServicePlanInfo(plan.service, tuple(map(object_plan_info, plan.objects)), plan.rolls)


def stored_plan_info(kept: stored_plans.KeptPlan) -> StoredPlanInfo:
    plan, summary, needs = kept.plan, kept.plan.summary, kept.needed_role
    return StoredPlanInfo(
        id=plan.id,
        application=plan.application,
        state=plan.state.value,
        verb=summary.verb.value,
        services=summary.services,
        author=plan.author,
        cause=plan.cause,
        created_at=plan.created_at,
        expires_at=plan.expires_at,
        revision=summary.revision,
        creates=summary.creates,
        updates=summary.updates,
        recreates=summary.recreates,
        deletes=summary.deletes,
        rolls=summary.rolls,
        automatic=summary.automatic,
        approvals=tuple(ApprovalInfo(each.by, each.role.value, each.at) for each in plan.approvals),
        needs=needs.value if needs is not None else None,
        operation=plan.operation_id,
    )


def object_plan_info(plan: plans.ObjectPlan) -> ObjectPlanInfo:
    return ObjectPlanInfo(
        key=msgspec.convert(plan.key, ObjectInfo, from_attributes=True),
        action=plan.action.value,
        reason=plan.reason,
        changes=_changes(plan.changes),
        unverified=plan.unverified,
        drift=msgspec.convert(plan.drift, tuple[FieldDriftInfo, ...], from_attributes=True),
        foreign=msgspec.convert(plan.foreign, tuple[ForeignFieldInfo, ...], from_attributes=True),
        folded=tuple(FoldedInfo(each.reason.value, each.count) for each in plan.folded),
    )


def _changes(changes: tuple[plans.FieldChange, ...]) -> tuple[FieldChangeInfo, ...]:
    return tuple(FieldChangeInfo(change.path, change.old, change.new) for change in changes)


def token_info(token: access.Token) -> TokenInfo:
    return msgspec.convert(token, TokenInfo, from_attributes=True)


def audit_info(record: access.AuditRecord) -> AuditInfo:
    return msgspec.convert(record, AuditInfo, from_attributes=True)
