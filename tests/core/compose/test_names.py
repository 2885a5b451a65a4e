"""Names, amounts and texts as Kubernetes takes them."""

from __future__ import annotations

import pytest

from cantata.core.compose.names import holds_secret, literal_text, not_taken, object_name, split_image
from cantata.core.compose.quantities import cpus, memory, seconds, size_text


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("nginx", ("nginx", "")),
        ("nginx:1.27", ("nginx", "1.27")),
        ("localhost:5000/nginx", ("localhost:5000/nginx", "")),
        ("localhost:5000/nginx:1", ("localhost:5000/nginx", "1")),
        ("nginx:1@sha256:00", ("nginx:1@sha256:00", "")),
    ],
)
def test_images_are_split(image: str, parts: tuple[str, str]) -> None:
    assert split_image(image) == parts


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("web", "web"),
        ("my_app.V2", "my-app-v2"),
        ("2fast", "app-2fast"),
        ("-", "service"),
        ("x" * 80, "x" * 42),
    ],
)
def test_names_become_labels(name: str, found: str) -> None:
    assert object_name(name) == found


def test_a_name_is_given_once() -> None:
    assert not_taken("a-b", ["a-b", "a-b-2"]) == "a-b-3"


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("MYSQL_PASSWORD", "a", True),
        ("MYSQL_PASSWORD", "", False),
        ("MYSQL_PASSWORD_FILE", "/run/secrets/a", False),
        ("dbPassword", "a", True),
        ("API_KEY", "a", True),
        ("APIKEY", "a", True),
        ("TOKEN", "a", True),
        ("TOKEN_TTL", "5m", False),
        ("PGPASS", "a", False),
        ("DB_PASS", "a", True),
        ("PASSENGERS", "4", False),
        ("COMPASS", "n", False),
        ("AUTH", "true", False),
        ("DATABASE_URL", "postgres://u:p@db/x", True),
        ("DATABASE_URL", "postgres://db/x", False),
        ("KEYBOARD", "de", False),
    ],
)
def test_what_looks_like_a_secret(name: str, value: str, secret: bool) -> None:
    assert holds_secret(name, value) is secret


@pytest.mark.parametrize(
    ("text", "found"),
    [("$HOME", "$HOME"), ("$(HOME)", "$$(HOME)"), ("$$", "$$$"), ("a$(b)$(c)", "a$$(b)$$(c)"), ("$", "$")],
)
def test_kubernetes_expands_nothing_in_them(text: str, found: str) -> None:
    assert literal_text(text) == found


def test_amounts() -> None:
    assert [seconds(text) for text in ("1m30s", "500ms", "1h0m0.5s", "0s", "2µs")] == [90, 1, 3601, 0, 1]
    assert [memory(size) for size in ("536870912", 1000, 1024, 0)] == ["512Mi", "1000", "1Ki", "0"]
    assert [size_text(text) for text in ("64m", "1g", "100", "64MB", "half")] == [
        "64Mi",
        "1Gi",
        "100",
        "64Mi",
        "",
    ]
    assert [cpus(count) for count in (0.5, "2", 1.25)] == ["500m", "2", "1250m"]
