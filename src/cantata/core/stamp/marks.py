"""Our one label and our annotations."""

from __future__ import annotations

APPLICATION = "cantata.dev/application"
"""Label, the only one: the application's immutable id, on objects and pod templates."""

SERVICE = "cantata.dev/service"
"""Annotation, on objects only. In a template it says which service an object belongs to."""

REVISION = "cantata.dev/revision"
"""Annotation, on objects only: the revision that last changed the object. Never compared."""

DEPENDS_ON = "cantata.dev/depends-on"
"""Annotation in templates: `gateway, migrate:completed`."""
