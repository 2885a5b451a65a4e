"""What a proposed config text would change in the applications that use it, told before it is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from cantata.actions.assess import Reading, Using, assess
from cantata.actions.check_schema import Checks, read_checks, run_checks
from cantata.actions.config_text import check_extends, check_text
from cantata.actions.config_users import users_of
from cantata.actions.given_values import GivenValues
from cantata.actions.ports import Ports
from cantata.actions.save_config import KEEP, Keep
from cantata.actions.variables import read_variables
from cantata.core.impact import is_read
from cantata.core.model.configs import Extends
from cantata.core.model.impact import Impact
from cantata.core.model.variables import ChartVariables
from cantata.ports import Records


async def impact(
    ports: Ports, project: str, name: str, text: str, *, extends: Extends | Keep | None = KEEP
) -> Impact:
    """Nothing is stored. Raises `ConfigNotFound`, and what saving the text would raise."""
    checked = await check_text(ports, name, text)

    def read(records: Records) -> tuple[list[Using], Checks]:
        config = records.configs.get(project, name)
        latest = records.configs.version(config)
        parent = latest.extends if isinstance(extends, Keep) else extends
        check_extends(records, project, name, parent)
        checked.check_references(records, project)
        proposed = msgspec.structs.replace(latest, number=latest.number + 1, text=text, extends=parent)
        reading = Reading(records, {name: proposed})
        using = [reading.using(application) for application in users_of(records, project, config)]
        draft = msgspec.structs.replace(proposed, id="")
        return using, read_checks(records, project, name, proposed={name: draft})

    using, checks = await ports.store.read(read)
    await run_checks(ports, name, checks)
    given = GivenValues(ports)
    assessed = await asyncio.gather(*(assess(ports, each, given) for each in using))
    charts = await _charts(ports, using)
    keys = frozenset[str]().union(*(each.keys for each in assessed))
    unread = tuple(
        leaf.key for leaf in checked.parsed.leaves if leaf.key not in keys and not is_read(leaf.path, charts)
    )
    return Impact(name, tuple(each.impact for each in assessed), unread if using else ())


async def _charts(ports: Ports, using: Sequence[Using]) -> list[ChartVariables]:
    """What the templates of these applications read, each chart once."""
    templates = {
        each.source.template.chart.digest: each.source.template for each in using if each.source is not None
    }
    return [await read_variables(ports, template) for template in templates.values()]
