"""The market with a real OCI registry on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.conftest import chart
from tests.api.test_market import codes, parts
from tests.charts.registries import (
    PASSWORD,
    USER,
    RunningRegistry,
    build_registry,
    htpasswd,
    running_registry,
)

from cantata.client import Client
from cantata.contract.market import CredentialsDraft, RepositoryDraft

__all__ = ["parts"]
LOGIN = CredentialsDraft(USER, PASSWORD)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RunningRegistry]:
    with running_registry(build_registry(print), htpasswd(tmp_path)) as running:
        yield running


def versioned(version: str) -> bytes:
    return chart(
        "shop", {"Chart.yaml": f"apiVersion: v2\nname: shop\nversion: {version}\ndescription: Ours\n"}
    )


async def test_a_chart_is_published_found_and_imported_by_range_tag_and_digest(
    client: Client, registry: RunningRegistry
) -> None:
    draft = RepositoryDraft(
        "team", f"oci://{registry.host}/charts", charts=("shop",), plain_http=True, credentials=LOGIN
    )
    open_ = RepositoryDraft("team", draft.url, charts=("shop",), plain_http=True)
    assert await codes(client.market.add(open_)) == "RepositoryLoginRefused"
    assert await codes(client.market.add(draft)) == "ChartNotInRepository"
    await client.market.add(RepositoryDraft("team", draft.url, plain_http=True, credentials=LOGIN))
    made = {}
    for version in ("1.0.0", "1.1.0+build.7"):
        await client.templates.import_("shop", versioned(version))
        made[version] = await client.market.publish("shop", None, "team")
    await client.market.refresh("team")
    (found,) = [each async for each in client.market.search(["ours"], versions=True)]
    assert [each.version for each in found.versions] == ["1.1.0+build.7", "1.0.0"]

    ranged = await client.templates.import_from_market("by-range", "team/shop", "~1.0")
    assert ranged.version.source is not None
    assert (ranged.version.chart_version, ranged.version.source.newer) == ("1.0.0", "1.1.0+build.7")
    tagged = await client.templates.import_from_market("by-tag", f"{draft.url}/shop:1.1.0_build.7")
    assert tagged.version.chart_version == "1.1.0+build.7"
    reference = f"{draft.url}/shop@{made['1.0.0'].manifest}"
    pinned = await client.templates.import_from_market("by-digest", reference)
    source = pinned.version.source
    assert source is not None
    assert (source.version, source.origin, source.digest) == ("1.0.0", reference, made["1.0.0"].digest)
    shown = await client.market.show(reference)
    assert (shown.version, shown.manifest, shown.description) == ("1.0.0", made["1.0.0"].manifest, "Ours")
    assert (await client.market.show(f"{draft.url}/shop")).version == "1.1.0+build.7"
    assert await codes(client.market.show(f"{draft.url}/none:1.0.0")) == "ChartNotInRepository"
    wrong = f"{draft.url}/shop@sha256:{'0' * 64}"
    assert await codes(client.templates.import_from_market("wrong", wrong)) == "ChartNotInRepository"
    elsewhere = f"oci://{registry.host}/elsewhere/shop:1.0.0"
    assert await codes(client.market.show(elsewhere)) == "RegistryNotConfigured"
