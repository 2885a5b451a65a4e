"""Charts that are imported from files, with dependencies that the project's repositories have."""

from __future__ import annotations

import pytest
from tests.api.conftest import chart
from tests.api.test_market import Repository, add, codes, parts, repository

from cantata.client import Client

__all__ = ["parts", "repository"]


def wanting(*dependencies: str) -> bytes:
    lines = "".join(f"- {{{each}}}\n" for each in dependencies)
    return chart(
        "shop", {"Chart.yaml": f"apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n{lines}"}
    )


async def test_what_a_chart_lacks_comes_from_the_repositories_of_the_project(
    client: Client, repository: Repository
) -> None:
    archive = wanting("name: web, version: ^1.0.0, repository: '@stable'")
    await add(client, repository)
    imported = await client.templates.import_("shop", archive)
    assert "charts/web-1.4.0.tgz" in imported.version.files
    # Equal content makes no version, though the archive that came was another one.
    again = await client.templates.import_("shop", archive)
    assert not again.fresh
    repository.put("web", "1.5.0")
    newer = await client.templates.import_("shop", archive)
    assert newer.fresh
    assert "charts/web-1.5.0.tgz" in newer.version.files


@pytest.mark.parametrize(
    ("dependency", "code"),
    [
        ("name: web, version: ^9.0.0, repository: '@stable'", "ChartDependencyMissing"),
        ("name: web, version: ^1.0.0, repository: '@other'", "ChartDependencyMissing"),
        ("name: web, version: ^1.0.0", "ChartDependencyMissing"),
        ("name: web, version: ^1.0.0, repository: 'file://../web'", "ChartDependencyMissing"),
        ("name: web, version: newest, repository: '@stable'", "ConstraintInvalid"),
        ("name: web, version: ^1.0.0, repository: 'http://169.254.169.254'", "RepositoryAddressClosed"),
        ("name: web, version: ^1.0.0, repository: 'http://10.0.0.1'", "RepositoryAddressClosed"),
    ],
)
async def test_what_cannot_be_had_is_refused_and_nothing_is_stored(
    client: Client, repository: Repository, dependency: str, code: str
) -> None:
    await add(client, repository)
    assert await codes(client.templates.import_("shop", wanting(dependency))) == code
    assert await codes(client.templates.show("shop")) == "TemplateNotFound"
