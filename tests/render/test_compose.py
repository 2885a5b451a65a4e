"""Compose projects through the real worker, which can open no file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cantata.core.model.compose import ComposeInputs, ComposeReading
from cantata.render import ComposeInvalid, RenderError, RenderPool

ROOT = Path(__file__).resolve().parents[2]


async def read(
    pool: RenderPool,
    files: Mapping[str, str | None],
    compose: tuple[str, ...] = ("compose.yaml",),
    **given: Any,
) -> ComposeReading:
    files = {".env": None, **files}
    return await pool.read_compose(ComposeInputs("shop", compose, files, **given))


async def project(pool: RenderPool, files: Mapping[str, str | None], **given: Any) -> Any:
    reading = await read(pool, files, **given)
    assert (reading.files, reading.variables) == ((), ())
    return reading.project


def public_files() -> list[Path]:
    folder = Path(os.environ.get("CANTATA_TEST_DATA", ROOT.parent / "shared" / "data")) / "compose"
    return sorted(folder.glob("*.yaml"))


async def test_public_projects_are_read(pool: RenderPool) -> None:
    if not public_files():
        pytest.skip("no compose files; set CANTATA_TEST_DATA to the folder that has them")
    for file in public_files():
        read = await project(pool, {"compose.yaml": file.read_text()})
        assert read["services"], file.name


async def test_what_is_not_known_is_asked_for(pool: RenderPool) -> None:
    text = """
include: [db/compose.yaml]
services:
  web:
    extends: {file: base/common.yaml, service: web}
    image: "web:${TAG:?set it}"
    env_file: [web.env, {path: maybe.env, required: false}]
    environment: [TOKEN]
    label_file: [web.labels]
"""
    first = await pool.read_compose(ComposeInputs("shop", ("compose.yaml",), {"compose.yaml": text}))
    assert first.files == (".env", "base/common.yaml", "db/.env", "db/compose.yaml")
    assert first.variables == ("TAG",)
    files = {
        "compose.yaml": text,
        ".env": "TAG=7\n",
        "db/.env": None,
        "db/compose.yaml": "services: {db: {image: postgres, volumes: ['./init:/init']}}",
        "base/common.yaml": "services: {web: {command: run, env_file: common.env, volumes: ['./x:/x']}}",
    }
    second = await read(pool, files)
    assert second.files == ("base/common.env", "maybe.env", "web.env", "web.labels")
    assert second.variables == ("TOKEN",)
    files |= {
        "base/common.env": "A=common\nB=$TAG\n",
        "web.env": "A='web'\n",
        "maybe.env": None,
        "web.labels": "team=a\n",
    }
    services = (await project(pool, files, environment={"TOKEN": "t"}))["services"]
    assert set(services) == {"web", "db"}
    web = services["web"]
    assert web["image"] == "web:7"
    assert web["environment"] == {"A": "web", "B": "7", "TOKEN": "t"}
    assert web["labels"] == {"team": "a"}
    assert web["command"] == ["run"]
    assert web["volumes"][0]["source"] == "base/x"
    assert services["db"]["volumes"][0]["source"] == "db/init"


async def test_files_later_in_the_list_override_and_anchors_and_profiles_hold(pool: RenderPool) -> None:
    base = """
x-env: &env {LOG: info, COST: "$$5 ${NOT_SET-none}"}
services:
  web: {image: web, environment: *env, ports: ["80:80"], command: [a]}
  debug: {image: debug, profiles: [debug]}
"""
    over = "services: {web: {environment: {LOG: debug}, ports: !override ['81:80'], command: !reset null}}"
    given: Any = {"compose": ("compose.yaml", "over.yaml"), "environment": {"NOT_SET": None}}
    reading = await read(pool, {"compose.yaml": base, "over.yaml": over}, **given)
    web = reading.project["services"]["web"]
    assert web["environment"] == {"LOG": "debug", "COST": "$5 none"}
    assert [port["published"] for port in web["ports"]] == ["81"]
    assert web["command"] is None
    assert reading.disabled == {"debug": ("debug",)}
    assert set(
        (await project(pool, {"compose.yaml": base, "over.yaml": over}, profiles=("debug",), **given))[
            "services"
        ]
    ) == {
        "web",
        "debug",
    }


async def test_includes_and_extends_go_through_folders_and_keep_dollars(pool: RenderPool) -> None:
    files = {
        "compose.yaml": """
include:
  - path: [a/compose.yaml, a/over.yaml]
    env_file: a/a.env
services:
  web: {extends: {service: base}, environment: {C: "$$x"}}
  db: {environment: {OWN: yes!}}
volumes: {data: {}}
""",
        "a/a.env": "WHO=a\n",
        "a/compose.yaml": """
include: [b/compose.yaml]
services:
  base: {image: "img:$WHO", environment: {A: "$$WHO"}, extends: {file: c/c.yaml, service: one}}
  db: {image: db}
""",
        "a/over.yaml": "services: {base: {environment: {B: over}}}",
        "a/b/.env": None,
        "a/b/compose.yaml": "services: {deep: {image: deep, volumes: ['./d:/d']}}\nvolumes: {data: {}}",
        "a/c/c.yaml": """
services:
  one: {extends: {service: two}, environment: {D: one}}
  two: {extends: {file: ../../d.yaml, service: three}, volumes: ['./two:/two']}
""",
        "d.yaml": "services: {three: {volumes: ['./three:/three'], environment: {E: '$$three'}}}",
    }
    services = (await project(pool, files))["services"]
    assert set(services) == {"web", "base", "db", "deep"}
    assert services["web"]["image"] == "img:a"
    assert services["web"]["environment"] == {
        "A": "$WHO", "B": "over", "C": "$x", "D": "one", "E": "$three",
    }  # fmt: skip
    assert sorted(each["source"] for each in services["web"]["volumes"]) == ["a/c/two", "three"]
    assert services["deep"]["volumes"][0]["source"] == "a/b/d"
    assert services["db"]["image"] == "db"
    assert services["db"]["environment"] == {"OWN": "yes!"}


BAD: dict[str, tuple[str, str, int, str]] = {
    "not yaml": ("services:\n  web: [\n", "", 2, ""),
    "an unknown key": (
        "services:\n  web:\n    image: a\n    imagee: b\n",
        "is no key",
        4,
        "services.web.imagee",
    ),
    "an unknown section": ("services: {}\nservces:\n  web:\n", "servces is no key", 2, "servces"),
    "a wrong type": ("services:\n  web:\n    image: a\n    ports: 80\n", "ports", 4, "services.web.ports"),
    "a cycle": (
        "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [a]}\n",
        "cycle",
        0,
        "",
    ),
    "an unknown service": ("services:\n  a: {image: a, depends_on: [b]}\n", "undefined service", 0, ""),
    "neither image nor build": ("services:\n  a: {command: a}\n", "neither an image nor a build", 0, ""),
    "no map": ("- a\n", "mapping", 0, ""),
    "nothing": ("", "empty", 0, ""),
    "a required variable": (
        "services:\n  a:\n    image: ${TAG:?set the tag}\n",
        "set the tag",
        3,
        "services.a.image",
    ),
    "a missing file": ("services: {a: {extends: {file: gone.yaml, service: a}}}", "gone.yaml", 0, ""),
    "itself": ("services: {a: {extends: {file: compose.yaml, service: a}}}", "extends itself", 0, ""),
    "an include of itself": ("include: [compose.yaml]", "include cycle", 0, ""),
    "a missing env file": ("services: {a: {image: a, env_file: gone.yaml}}", "no env file", 0, ""),
    "a broken env file": (
        "services: {a: {image: a, env_file: broken.env}}",
        "env file cannot be read",
        2,
        "",
    ),
    "aliases that explode": (
        "x-a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"x-{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
        )
        + "services: {a: {image: a, x-h: *h}}",
        "",
        0,
        "",
    ),
    "depth": ("services: {a: {image: a, x-y: " + "[" * 20000 + "]" * 20000 + "}}", "", 0, ""),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_projects_are_refused_with_their_place(pool: RenderPool, case: str) -> None:
    text, message, line, key = BAD[case]
    files = {"compose.yaml": text, "gone.yaml": None, "broken.env": "A=b\n!! s3cret\n"}
    with pytest.raises(RenderError) as caught:
        await read(pool, files, environment={"TAG": None})
    assert message in caught.value.message
    assert "s3cret" not in caught.value.message
    if line:
        assert caught.value.place.line == line
    assert key in caught.value.place.key
    assert (await read(pool, {"compose.yaml": "services: {a: {image: a}}"})).project["services"]


async def test_files_that_multiply_are_refused(pool: RenderPool) -> None:
    files: dict[str, str | None] = {
        f"{n}.yaml": f"include: [{{path: {n + 1}.yaml, env_file: e{n}}}, {{path: {n + 1}.yaml}}]"
        for n in range(20)
    }
    files |= {f"e{n}": f"E{n}=1" for n in range(20)}
    files["20.yaml"] = "services: {a: {image: a}}"
    with pytest.raises(ComposeInvalid, match="deep"):
        await read(pool, files, compose=("0.yaml",))


async def test_files_that_extend_or_include_one_another_for_ever_are_refused(pool: RenderPool) -> None:
    extends = {
        "compose.yaml": "services: {a: {image: a, extends: {file: b.yaml, service: b}}}",
        "b.yaml": "services: {b: {extends: {file: c.yaml, service: c}}}",
        "c.yaml": "services: {c: {extends: {file: b.yaml, service: b}}}",
    }
    with pytest.raises(ComposeInvalid, match=r"extends itself: .*b\.yaml b → c.yaml c → b.yaml b"):
        await read(pool, extends)
    includes = {
        "compose.yaml": "include: [a/b.yaml]",
        "a/.env": None,
        "a/b.yaml": "include: [../compose.yaml]",
    }
    with pytest.raises(ComposeInvalid, match=r"include cycle: compose\.yaml → a/b\.yaml → compose"):
        await read(pool, includes)


async def test_a_giant_file_is_refused_before_it_is_parsed(pool: RenderPool) -> None:
    with pytest.raises(ComposeInvalid, match="allowed are") as caught:
        await read(pool, {"compose.yaml": "services: {a: {image: a}}", "big.env": "A" * (5 << 20)})
    assert caught.value.place.file == "big.env"
