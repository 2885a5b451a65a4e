"""What a render can end in.

CantataError
└── RenderError
    ├── ChartInvalid          the archive or a file of the chart is broken
    ├── ChartTooLarge         a size limit of the archive
    ├── ChartUnknown          the worker does not have the chart; never leaves this package
    ├── ChartIncompatible     the chart does not allow this version of Kubernetes
    ├── TemplateFailed        a template does not parse or its execution failed
    ├── ManifestInvalid       what a template produced is not YAML or not an object
    ├── ValuesRejected        the values do not fit the chart's schema
    ├── SchemaInvalid         the schema itself is broken or refers to the outside
    ├── YamlInvalid           a text is not YAML as kubectl reads it
    ├── ComposeInvalid        docker compose's library refuses a compose project
    ├── IndexInvalid          a text is not the index of a chart repository
    ├── IndexTooLarge         a size limit of an index
    ├── ConstraintInvalid     a text is not a range of versions
    ├── RenderTimedOut        the deadline passed; the worker was killed
    ├── RenderOutOfMemory     the worker died of its memory limit
    ├── RenderTooLarge        the output is over its limit
    ├── RenderWorkerDied      the worker died of something else, or could not be started
    ├── RenderRequestInvalid  the request made no sense (a release name that Helm refuses)
    └── RenderBug             the worker failed in a way that is a defect of ours
"""

from __future__ import annotations

from typing import ClassVar

from cantata.errors import CantataError, Category


class RenderError(CantataError):
    """Root of the failures of this package."""

    category: ClassVar[Category] = Category.INVALID


class ChartInvalid(RenderError):
    """The archive or a file of the chart is broken; `place` names the file inside the chart."""


class ChartTooLarge(RenderError):
    """A size limit of the archive was reached; `place` names the file."""

    category: ClassVar[Category] = Category.LIMIT


class ChartUnknown(RenderError):
    """The worker does not have the chart of a render. `RenderPool` answers it by sending the archive."""

    category: ClassVar[Category] = Category.NOT_FOUND


class ChartIncompatible(RenderError):
    """The chart's `kubeVersion` does not allow this version of Kubernetes."""


class TemplateFailed(RenderError):
    """A template does not parse or failed; `place` is in it, `details` are the calls that led there."""


class TemplateUnknown(RenderError):
    """`--show-only` names a template that renders nothing, or that the chart does not have."""


class OptionInvalid(RenderError):
    """What `--set` or one of its kin says cannot be read."""


class ManifestInvalid(RenderError):
    """A template's output is not YAML or not an object; the line in `place` counts in the rendered text."""


class ValuesRejected(RenderError):
    """The values do not fit the chart's schema; each of `details` names a key."""


class SchemaInvalid(RenderError):
    """The schema is not a JSON Schema, or refers to something outside of itself."""


class YamlInvalid(RenderError):
    """A text is not YAML as kubectl reads it; `place` has file, line and column."""


class IndexInvalid(RenderError):
    """A text is not the index of a chart repository, or only the beginning of one."""


class IndexTooLarge(RenderError):
    """An index has more bytes or entries than are read."""

    category: ClassVar[Category] = Category.LIMIT


class ConstraintInvalid(RenderError):
    """A text is not a range of versions as Helm reads it, such as `^1.2` or `>=1.0 <2.0`."""


class ComposeInvalid(RenderError):
    """Docker compose's own library refuses a compose project; `place` has file, line and key where known."""


class RenderTimedOut(RenderError):
    """The deadline passed. The worker was killed and is replaced."""

    category: ClassVar[Category] = Category.LIMIT


class RenderOutOfMemory(RenderError):
    """The worker reached its memory limit and died. It is replaced."""

    category: ClassVar[Category] = Category.LIMIT


class RenderTooLarge(RenderError):
    """The output is over its limit."""

    category: ClassVar[Category] = Category.LIMIT


class RenderWorkerDied(RenderError):
    """The worker ended in the middle of a request or could not be started; the same request may work."""

    category: ClassVar[Category] = Category.UNAVAILABLE


class RenderRequestInvalid(RenderError):
    """The request cannot be rendered, such as a release name that Helm refuses."""


class RenderBug(RenderError):
    """The worker failed in a way that it promises not to. A defect: report it."""

    category: ClassVar[Category] = Category.INTERNAL
