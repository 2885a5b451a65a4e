"""What cannot be done with the services of a template."""

from __future__ import annotations

from cantata.errors import CantataError, Category


class ServiceNameUnfit(CantataError):
    """A name that no service of a template can have."""

    category = Category.INVALID


class ServiceImageInvalid(CantataError):
    category = Category.INVALID


class ServiceTaken(CantataError):
    """The template has a service, a file or a section of values of this name already."""

    category = Category.CONFLICT


class ServiceFilesUnknown(CantataError):
    """Which files a service has is known only from a render: analysis finds it."""

    category = Category.INVALID


class ServiceNeeded(CantataError):
    """Other services of the template depend on it; `details` names each with its place."""

    category = Category.CONFLICT


class TemplateFileUnreadable(CantataError):
    """A file of the template is written in a way that cannot be edited without touching more than asked."""

    category = Category.INVALID


class ChartVersionUnreadable(CantataError):
    """Chart.yaml has no semantic version that could be raised."""

    category = Category.INVALID
