"""Create an application: template + config + place. Nothing is deployed yet."""

from __future__ import annotations

from cantata.actions.audit import audit
from cantata.actions.deliveries import check_deliveries
from cantata.actions.ports import Ports
from cantata.core.decide.authorise import Noun, Verb, authorise
from cantata.core.drift import check_patterns
from cantata.core.model.access import Actor
from cantata.core.model.applications import Application, ApplicationDraft, UpdatePolicy
from cantata.core.model.drift import DriftPolicy
from cantata.core.model.errors import check_name
from cantata.errors import CantataError, Category, Place
from cantata.ports import Records


class OverridesInvalid(CantataError):
    category = Category.INVALID


async def create_application(
    ports: Ports, actor: Actor, project: str, draft: ApplicationDraft, *, origin: str = ""
) -> Application:
    """`origin` is the application that it is a clone of, for the audit.

    Raises `NameInvalid`, `NameTaken`, `TemplateNotFound`, `TemplateVersionNotFound`, `ConfigNotFound`,
    `ConfigVersionNotFound`, `ClusterNotFound`, `YamlInvalid`, `OverridesInvalid` and `DeliveryInvalid`."""
    await check_draft(ports, draft)
    check_updates(actor, project, UpdatePolicy.MANUAL, draft.updates)
    check_drift(actor, project, DriftPolicy.REPORT, draft)

    def write(records: Records) -> Application:
        check_versions(records, project, draft)
        application = records.applications.create(application_of(project, draft))
        note = f"cloned from {origin}" if origin else ""
        audit(records, actor, project, "create", "application", draft.name, note)
        return application

    return await ports.store.write(write)


def application_of(project: str, draft: ApplicationDraft) -> Application:
    """As it is created; the store gives it its id."""
    return Application(
        id="",
        project=project,
        name=draft.name,
        template=draft.template,
        template_version=draft.template_version,
        config=draft.config,
        config_version=draft.config_version,
        cluster=draft.cluster,
        namespace=draft.namespace or draft.name,
        release=draft.release or draft.name,
        create_namespace=draft.create_namespace,
        overrides=draft.overrides,
        service_overrides=draft.service_overrides,
        delivery=draft.delivery,
        updates=draft.updates,
        drift=draft.drift,
        drift_except=draft.drift_except,
    )


def check_updates(actor: Actor, project: str, present: UpdatePolicy, wanted: UpdatePolicy) -> None:
    """Who lets an application deploy by itself must be allowed to deploy it. Raises `Forbidden`."""
    if wanted is UpdatePolicy.AUTO and present is not wanted:
        authorise(actor, Verb.OPERATE, Noun.APPLICATION, project)


def check_drift(actor: Actor, project: str, present: DriftPolicy, draft: ApplicationDraft) -> None:
    """Whoever lets an application take back by itself must be allowed to. Raises `Forbidden`,
    `DriftExceptInvalid`."""
    check_patterns(draft.drift_except)
    if draft.drift is DriftPolicy.REVERT and present is not draft.drift:
        authorise(actor, Verb.OPERATE, Noun.APPLICATION, project)


async def check_draft(ports: Ports, draft: ApplicationDraft) -> None:
    """Names, that overrides are maps, and that the delivery says what a delivery may say."""
    check_name("application", draft.name)
    check_name("release", draft.release or draft.name)
    check_name("namespace", draft.namespace or draft.name)
    await check_overrides(ports, draft.overrides, f"overrides of application {draft.name}")
    for service, text in draft.service_overrides.items():
        await check_overrides(ports, text, f"overrides of service {service}")
    await check_deliveries(ports, draft.name, draft.delivery)


async def check_overrides(ports: Ports, text: str, what: str) -> None:
    """One map of plain values: overrides are kept and shown as they are written, so no secret may stand
    there."""
    documents = await ports.renderer.parse_yaml(text, file=what)
    if len(documents) > 1:
        raise OverridesInvalid(
            f"the {what} are more than one document", subject=what, hint="Take what follows `---` away."
        )
    for document in documents:
        if bytes(document.value)[:1] not in (b"{", b"n"):
            raise OverridesInvalid(
                f"the {what} are not a map",
                subject=what,
                place=Place(what, 1),
                hint="Write `key: value` lines.",
            )
        for node in document.nodes:
            if node.tag.startswith("!") and not node.tag.startswith("!!"):
                raise OverridesInvalid(
                    f"the {what} cannot hold a value with the tag {node.tag}",
                    subject=what,
                    place=Place(what, node.line, node.column, ".".join(node.path)),
                    hint="A secret belongs into the config: only there it is kept apart and masked.",
                )


def check_versions(records: Records, project: str, draft: ApplicationDraft) -> None:
    """The pinned versions must be there."""
    records.templates.version(records.templates.get(project, draft.template), draft.template_version)
    records.configs.version(records.configs.get(project, draft.config), draft.config_version)
