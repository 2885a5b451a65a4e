"""The application that answers HTTP, put together from its routes."""

from __future__ import annotations

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException

from cantata.actions.ports import Ports
from cantata.api import (
    addresses,
    application_export,
    applications,
    chart_tests,
    clusters,
    config_edits,
    config_history,
    config_import,
    config_schemas,
    config_secrets,
    configs,
    declarations,
    deletions,
    diffs,
    drift,
    events,
    holds,
    hooks,
    impact,
    market,
    market_own,
    market_served,
    operations,
    parity,
    plans,
    pods,
    services,
    template_compose,
    template_diffs,
    template_drafts,
    template_edits,
    template_export,
    template_imports,
    template_lives,
    templates,
    tokens,
    triggers,
    upgrades,
    webhooks,
    where,
)
from cantata.api.authentication import Gate
from cantata.api.bodies import StrictBody
from cantata.api.conditions import Answers, provide_actor, provide_expected, provide_once, provide_page
from cantata.api.errors import answer_expected, answer_framework, answer_unexpected
from cantata.api.open import health, openapi_config, version
from cantata.errors import CantataError

BODY_BYTES = 4 * 1024 * 1024
"""How large a JSON body may be."""


def create_app(ports: Ports) -> Litestar:
    """The ASGI application over these ports, which stay the caller's to close."""
    gate = Gate(ports.store)
    answers = Answers(ports.store)
    provide_ports = Provide(lambda: ports, sync_to_thread=False)
    calls = Router(
        "/", route_handlers=[hooks.router, market_served.router], dependencies={"ports": provide_ports}
    )
    project = Router(
        "/api/v1/projects/{project:str}",
        route_handlers=[
            configs.router,
            config_edits.router,
            config_history.router,
            config_import.router,
            impact.router,
            config_secrets.router,
            where.router,
            config_schemas.router,
            templates.router,
            template_imports.router,
            template_imports.releases_router,
            template_export.router,
            template_compose.router,
            template_edits.router,
            template_drafts.router,
            template_diffs.router,
            template_lives.router,
            applications.router,
            application_export.router,
            upgrades.router,
            deletions.router,
            diffs.router,
            services.router,
            addresses.router,
            holds.router,
            parity.router,
            pods.router,
            drift.router,
            chart_tests.router,
            pods.sessions_router,
            operations.router,
            plans.router,
            plans.policy_router,
            events.router,
            triggers.router,
            webhooks.router,
            market.router,
            market_own.router,
            market_own.import_router,
            clusters.router,
            tokens.router,
            tokens.audit_router,
            declarations.router,
            declarations.export_router,
        ],
        dependencies={
            "ports": provide_ports,
            "answers": Provide(lambda: answers, sync_to_thread=False),
            "once": Provide(provide_once, sync_to_thread=False),
            "expected": Provide(provide_expected, sync_to_thread=False),
            "actor": Provide(provide_actor, sync_to_thread=False),
            "page": Provide(provide_page, sync_to_thread=False),
        },
        dto=StrictBody,
        return_dto=None,
    )
    return Litestar(
        route_handlers=[health, version, calls, project],
        guards=[gate],
        exception_handlers={
            CantataError: answer_expected,
            HTTPException: answer_framework,
            Exception: answer_unexpected,
        },
        openapi_config=openapi_config(),
        logging_config=None,
        request_max_body_size=BODY_BYTES,
        state=State({"gate": gate}),
        debug=False,
    )
