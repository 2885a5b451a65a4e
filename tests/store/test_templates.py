from __future__ import annotations

import msgspec
import pytest

from cantata.core.model.applications import Application
from cantata.core.model.charts import ChartDependency, LoadedChart, Numbers
from cantata.core.model.configs import VersionRef
from cantata.core.model.errors import InUse, NameTaken, TemplateNotFound, TemplateVersionNotFound
from cantata.core.model.templates import (
    DeliverAs,
    Delivery,
    ServiceSpec,
    TemplateSpec,
    TemplateVersion,
)
from cantata.ports.pages import Page
from cantata.ports.store import Records
from cantata.store import SqlStore

CHART = LoadedChart(digest="sha256:1", name="shop", version="1.0.0", values={"replicas": 2, "x": None})
SPEC = TemplateSpec(
    numbers=Numbers.EXACT,
    services={"web": ServiceSpec(delivery=(Delivery(as_=DeliverAs.ENV, prefix="APP_"),))},
)


def add(records: Records, chart: LoadedChart) -> TemplateVersion:
    template = records.templates.get("default", "shop")
    return records.templates.add_version(
        template, chart=chart, spec=SPEC, archive=chart.digest.encode(), origin="shop.tgz", author="ann"
    )


async def test_an_equal_chart_is_the_same_version(store: SqlStore) -> None:
    template = await store.write(lambda records: records.templates.create("default", "shop", "Ten services."))
    changed = msgspec.structs.replace(CHART, digest="sha256:2")
    first = await store.write(lambda records: add(records, CHART))
    assert await store.write(lambda records: add(records, CHART)) == first
    second = await store.write(lambda records: add(records, changed))
    third = await store.write(lambda records: add(records, CHART))
    assert [version.number for version in (first, second, third)] == [1, 2, 3]

    assert await store.read(lambda records: records.templates.version(template, 1)) == first
    assert await store.read(lambda records: records.templates.version(template)) == third
    page = Page(limit=1, after="3")
    assert await store.read(lambda records: records.templates.versions(template, page=page)) == [second]
    assert await store.read(lambda records: records.templates.archive("sha256:2")) == b"sha256:2"
    stored = await store.read(lambda records: records.templates.get("default", "shop"))
    assert (stored.latest, stored.description) == (3, "Ten services.")


FINDS: dict[VersionRef, int] = {"1.0.0": 2, "v1.0.0": 2, "1.0": 2, "1.0.0+a%_": 3, "3": 3, 2: 2}


async def test_of_versions_with_one_semantic_version_the_newest_is_found(store: SqlStore) -> None:
    template = await store.write(lambda records: records.templates.create("default", "shop", ""))
    uses = (ChartDependency("db", "2.0.0"),)
    charts = [
        msgspec.structs.replace(CHART, digest="1"),
        msgspec.structs.replace(CHART, digest="2", dependencies=uses),
        msgspec.structs.replace(CHART, digest="3", version="1.0.0+a%_"),
    ]

    def write(records: Records) -> None:
        for chart in charts:
            add(records, chart)

    def read(records: Records) -> None:
        found = [records.templates.version(template, each).number for each in FINDS]
        assert found == list(FINDS.values())
        for version in ("2.0.0", "1.1", "1.0.0+a__", '"', "9" * 40, "0"):
            with pytest.raises(TemplateVersionNotFound, match="shop"):
                records.templates.version(template, version)

    await store.write(write)
    await store.read(read)


async def test_what_is_not_there_is_named(store: SqlStore) -> None:
    with pytest.raises(TemplateNotFound, match="shop"):
        await store.read(lambda records: records.templates.get("default", "shop"))
    template = await store.write(lambda records: records.templates.create("default", "shop", ""))
    with pytest.raises(TemplateVersionNotFound, match="shop"):
        await store.read(lambda records: records.templates.version(template))
    with pytest.raises(TemplateVersionNotFound, match="sha256:9"):
        await store.read(lambda records: records.templates.archive("sha256:9"))
    with pytest.raises(NameTaken):
        await store.write(lambda records: records.templates.create("default", "shop", ""))


async def test_a_template_goes_with_its_versions_unless_in_use(store: SqlStore, shop: Application) -> None:
    def delete(records: Records) -> None:
        records.templates.delete(records.templates.get("default", "shop"))

    with pytest.raises(InUse, match="application shop-dev"):
        await store.write(delete)
    template = await store.read(lambda records: records.templates.get("default", "shop"))
    await store.write(lambda records: records.applications.delete(shop.id))
    await store.write(delete)
    assert await store.read(lambda records: records.templates.versions(template)) == []
    assert await store.read(lambda records: records.templates.list("default", search="SHOP")) == []
