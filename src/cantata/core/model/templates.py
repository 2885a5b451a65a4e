"""What cantata.yaml says beside a chart, and the versions of templates."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.charts import LoadedChart, Numbers


class Layout(enum.StrEnum):
    """How objects find their service when neither annotation nor `files:` says it."""

    FILE = "file"
    ANALYSIS = "analysis"


class Condition(enum.StrEnum):
    """What a dependent service waits for."""

    STARTED = "started"
    READY = "ready"
    COMPLETED = "completed"


class DeliverAs(enum.StrEnum):
    ENV = "env"
    FILE = "file"


class UpdateMode(enum.StrEnum):
    """How a change of a delivered entry reaches running pods."""

    ROLLOUT = "rollout"
    """A new immutable object whose name carries a content hash: the pods that use it are replaced."""
    IN_PLACE = "inPlace"
    """One mutable object: programs that reload by themselves see the new content."""


class Delivery(msgspec.Struct, frozen=True, rename="camel"):
    """One injection of config entries into a service's containers.

    `keys` selects entries by path (a path selects its whole subtree; empty selects all). For `file`:
    `mount_path` is the file, or with `directory` the folder; `key` is the one entry, or the subtree that
    becomes one file in `format` (yaml, json, properties, dotenv). `containers` narrows or widens; empty means
    the service's own containers, without init containers.
    """

    as_: DeliverAs = msgspec.field(name="as")
    prefix: str = ""
    keys: tuple[str, ...] = ()
    mount_path: str = ""
    key: str = ""
    format: str = ""
    directory: bool = False
    containers: tuple[str, ...] = ()
    update: UpdateMode = UpdateMode.ROLLOUT


class Dependency(msgspec.Struct, frozen=True, rename="camel"):
    condition: Condition = Condition.READY


class ServiceSpec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`renamed_before` are the names that the service had before `renamed_from`, newest first."""

    files: tuple[str, ...] = ()
    renamed_from: str = ""
    depends_on: dict[str, Dependency] = {}
    delivery: tuple[Delivery, ...] = ()
    renamed_before: tuple[str, ...] = ()

    @property
    def former_names(self) -> tuple[str, ...]:
        """Newest first."""
        return (self.renamed_from, *self.renamed_before) if self.renamed_from else ()


class ConfigName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class TemplateSpec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """cantata.yaml, parsed. A chart without one has the defaults.

    `lines` says in which line of the file a key stands, by its path joined by `.`
    (`services.web.dependsOn.gateway`), so that later checks can name the place.
    """

    layout: Layout = Layout.ANALYSIS
    numbers: Numbers = Numbers.HELM
    config: ConfigName | None = None
    services: dict[str, ServiceSpec] = {}

    @property
    def delivers(self) -> bool:
        """Whether config reaches the services by anything but template variables."""
        return self.config is not None or any(service.delivery for service in self.services.values())

    lines: dict[str, int] = {}


class TemplateVersion(msgspec.Struct, frozen=True, rename="camel"):
    """An immutable, content-addressed version of a template. `origin` tells where it came from."""

    id: str
    template_id: str
    number: int
    chart: LoadedChart
    spec: TemplateSpec
    origin: str
    author: str
    created_at: str


class Template(msgspec.Struct, frozen=True, rename="camel"):
    """`deprecated` is what to take instead, or nothing more; None while it is not."""

    id: str
    project: str
    name: str
    description: str
    latest: int
    created_at: str
    deprecated: str | None = None
