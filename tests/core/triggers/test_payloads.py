"""Payloads of registries and forges, written after their public documentation: what each tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from cantata.core.model.triggers import ImagePart, ImageRule, Trigger, TriggerKind
from cantata.core.triggers import map_payload, read_payload

PAYLOADS = Path(__file__).parent / "payloads"
DIGEST = "sha256:3da1996a8115d7616457760d9920b815241d0a03b34cf5f04e9a0e9d8de37498"
GITHUB_COMMIT = "acb5820ced9479c074f688cc328bf03f341a511d"
GITLAB_COMMIT = "bcbb5ec396a2c0f828686f14fac9b80b780504f2"
RELEASE_COMMIT = "ee0a3fb31ac16e11b9dbb596ad16d4af654d08f8"

TAG = {"tag": "v1.4.2", "reference": "hub.example/shop/web:v1.4.2"}
BOTH = {**TAG, "digest": DIGEST}

CASES = {
    "github-registry-package": BOTH,
    "github-package": BOTH,
    "github-untagged-package": {},
    "github-workflow-run": {"commit": GITHUB_COMMIT},
    "github-workflow-run-of-pull-request": {},
    "github-release": TAG,
    "github-ping": {},
    "gitlab-pipeline": {"commit": GITLAB_COMMIT},
    "gitlab-pipeline-of-tag": {**TAG, "commit": GITLAB_COMMIT},
    "gitlab-pipeline-running": {},
    "gitlab-pipeline-of-merge-request": {},
    "gitlab-release": {**TAG, "commit": RELEASE_COMMIT},
    "gitea-package": TAG,
    "gitea-package-by-digest": {},
    "gitea-npm-package": {},
    "gitea-release": TAG,
    "harbor-push": BOTH,
    "harbor-pull": {},
    "harbor-cloud-event": BOTH,
    "dockerhub-push": TAG,
    "distribution-push": BOTH,
    "distribution-azure": BOTH,
}


def trigger(kind: str, repository: str, pattern: str = "") -> Trigger:
    rules = tuple(
        ImageRule(part.value, repository, part, pattern or (".+" if part is ImagePart.COMMIT else ""))
        for part in ImagePart
    )
    return Trigger("1", "default", "ci", "dev", TriggerKind(kind), images=rules)


def read(name: str) -> object:
    return read_payload((PAYLOADS / f"{name}.json").read_bytes())


def repository_of(kind: str) -> str:
    """GitHub tells its host along, so that another one would not be taken for it."""
    return "octo-shop/web" if kind == "github" else "hub.example/shop/web"


@pytest.mark.parametrize(("name", "expected"), CASES.items(), ids=list(CASES))
def test_what_a_payload_sets(name: str, expected: dict[str, str]) -> None:
    kind = name.partition("-")[0]
    told = map_payload(trigger(kind, repository_of(kind)), read(name))
    reference = expected.get("reference", "").replace("hub.example/shop/web", repository_of(kind))
    assert told.values == {**expected, **({"reference": reference} if reference else {})}


def test_every_payload_is_in_the_table() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(CASES)


@pytest.mark.parametrize("name", [name for name, expected in CASES.items() if expected])
def test_a_rule_for_another_repository_takes_nothing(name: str) -> None:
    kind = name.partition("-")[0]
    assert not map_payload(trigger(kind, "shop/other"), read(name)).values


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", [kind.value for kind in TriggerKind if kind is not TriggerKind.GENERIC])
def test_a_payload_of_another_kind_is_about_nothing_or_the_same(kind: str, name: str) -> None:
    """Nothing that any of them sends makes another kind fail."""
    values = map_payload(trigger(kind, "shop/web"), read(name)).values
    assert set(values.values()) <= {
        "v1.4.2",
        "shop/web:v1.4.2",
        DIGEST,
        GITHUB_COMMIT,
        GITLAB_COMMIT,
        RELEASE_COMMIT,
    }


@pytest.mark.parametrize(
    ("repository", "is_it"),
    [
        ("octo-shop/web", True),
        ("ghcr.io/octo-shop/web", True),
        ("GHCR.io/Octo-Shop/Web", True),
        ("registry.example/octo-shop/web", False),
        ("web", False),
        ("other/octo-shop/web", False),
    ],
)
def test_the_registry_is_compared_where_both_name_one(repository: str, is_it: bool) -> None:
    values = map_payload(trigger("github", repository), read("github-package")).values
    assert bool(values) == is_it


@pytest.mark.parametrize(("pattern", "is_it"), [("v1.*", True), ("v2.*", False), ("1", False), ("v", False)])
def test_only_tags_that_match_as_a_whole_count(pattern: str, is_it: bool) -> None:
    values = map_payload(trigger("harbor", "shop/web", pattern), read("harbor-push")).values
    assert bool(values) == is_it


@pytest.mark.parametrize(("pattern", "is_it"), [("main", True), ("release/.*", False)])
def test_only_branches_that_match_count_for_commits(pattern: str, is_it: bool) -> None:
    values = map_payload(trigger("gitlab", "shop/web", pattern), read("gitlab-pipeline")).values
    assert bool(values) == is_it
