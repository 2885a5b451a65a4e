"""Every rule of every check, in one table: the reference page is made from it, and findings take their
severity and suggestion from here unless they know better."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.findings import Finding, Severity

ERROR, WARNING, NOTICE = Severity.ERROR, Severity.WARNING, Severity.NOTICE


class Stage(enum.StrEnum):
    """What has to be known for a rule to be checked."""

    CHART = "chart"
    """The chart's files alone."""
    RENDER = "render"
    """The objects that the chart renders with some values."""
    CLUSTER = "cluster"
    """What a cluster serves, and its schemas."""
    CONFIG = "config"
    """How config reaches the services."""
    DEPLOY = "deploy"
    """An application: what it has deployed before."""
    MAKE = "make"
    """Something else that becomes a template, or a template that leaves."""


class Rule(msgspec.Struct, frozen=True):
    """`says` is what a finding of this rule means, `do` what to do about it. A finding may be less severe
    than its rule."""

    name: str
    severity: Severity
    stage: Stage
    says: str
    do: str


def _rules(stage: Stage, *rows: tuple[str, Severity, str, str]) -> list[Rule]:
    return [Rule(name, severity, stage, says, do) for name, severity, says, do in rows]


TABLE: tuple[Rule, ...] = (
    *_rules(
        Stage.CHART,
        ("chart-invalid", ERROR, "The chart cannot be read.", "Correct the file that is named."),
        ("chart-not-deployable", ERROR, "A library chart has nothing to deploy.",
         "Lint the chart that depends on it."),
        ("chart-field-unknown", WARNING, "Chart.yaml has a key that Helm does not know.",
         "Correct its name, or move it below annotations."),
        ("chart-field-type", ERROR, "A version in Chart.yaml is a number, and loses zeros at its end.",
         "Put it in quotes."),
        ("chart-version-loose", WARNING, "The chart's version is not strictly a semantic one.",
         "Write three numbers, such as 1.2.0."),
        ("chart-icon-missing", NOTICE, "Chart.yaml names no icon.", "Give the URL of one as icon."),
        ("chart-url-invalid", WARNING, "A URL in Chart.yaml is none.", "Write it in full, with https://."),
        ("chart-maintainer-invalid", WARNING, "A maintainer has no name, or an e-mail address that is none.",
         "Give each maintainer a name."),
        ("chart-dependency-missing", ERROR, "Chart.yaml names a dependency that charts/ does not have.",
         "Fetch it by `helm dependency update`, or take it out of Chart.yaml."),
        ("chart-dependency-undeclared", WARNING, "charts/ has a chart that Chart.yaml does not name.",
         "Name it below dependencies, or take it away."),
        ("spec-invalid", ERROR, "cantata.yaml does not say what it may say.",
         "The page on templates lists everything that cantata.yaml may say."),
        ("depends-on-cycle", ERROR, "Services wait for each other in a circle.",
         "Take one of the dependencies away."),
        ("schema-invalid", ERROR,
         "values.schema.json is no schema, or refers to something outside of itself, which is not followed.",
         "Make values.schema.json complete in itself."),
        ("template-invalid", WARNING, "A template cannot be parsed.", "Correct the template."),
        ("template-extension", WARNING, "A file below templates/ is none that Helm takes for a template.",
         "Name it *.yaml, *.tpl or *.txt, or move it out of templates/."),
        ("template-host-lookup", WARNING, "A template calls getHostByName, which answers nothing here.",
         "Take the address as a value."),
        ("template-file-missing", WARNING,
         "A template reads a file that is not in the chart: .Files gives an empty text for it.",
         "Correct the path, which begins at the chart's folder; files outside cannot be read."),
        ("definition-invalid", ERROR, "crds/ holds something that is no CustomResourceDefinition.",
         "Move it to templates/."),
        ("value-unread", NOTICE, "A value is defined, but no template reads it.",
         "Remove it, or correct its name."),
        ("value-undefined", NOTICE, "A value is read, but values.yaml does not define it.",
         "Define it in values.yaml, with a comment."),
    ),
    *_rules(
        Stage.RENDER,
        ("values-rejected", ERROR, "The values do not fit the chart's values.schema.json.",
         "Correct the values that are named, or the schema."),
        ("template-failed", ERROR, "A template fails with these values.",
         "Correct the template, or the value that it reads."),
        ("manifest-invalid", ERROR, "What a template renders is no YAML, or no Kubernetes object.",
         "Look at the template's output, indentation first: `cantata template render`."),
        ("render-failed", ERROR, "The render takes too long, too much memory, or gives too much.",
         "Look for an endless loop; render less in one chart."),
        ("render-warning", WARNING, "The engine warns: a key is written twice, or a hook event is unknown.",
         "Correct the template at this place."),
        ("shape-changed", WARNING, "A value is a map in one layer of values, and none in another.",
         "Give it the same shape in both, or set it to null to delete it."),
        ("object-duplicate", ERROR, "Two templates make the same object.",
         "Give one of them another name, or render only one of them."),
        ("object-nameless", ERROR, "An object has no name.",
         "Set metadata.name; generateName is for hooks only."),
        ("object-name-invalid", ERROR, "The name of an object is none that its kind may have.",
         "Use lower-case letters, digits and hyphens; shorten names that are made from others."),
        ("label-invalid", ERROR, "A label has a value that labels cannot have.",
         "Use at most 63 letters, digits, `-`, `_` and `.`, or make it an annotation."),
        ("namespace-fixed", WARNING, "A template writes a namespace of its own.",
         "Leave it out, or write {{ .Release.Namespace }}."),
        ("selector-mismatch", ERROR, "The selector of a workload does not select its own pods.",
         "Write the same labels in selector.matchLabels and in the pod template."),
        ("service-selects-nothing", WARNING, "A Service selects no pods of the chart.",
         "Compare its selector with the labels of the pod templates."),
        ("service-port-unknown", WARNING,
         "A Service goes to a named port that no container of its pods declares.",
         "Name the port below ports of the container, or write its number."),
        ("reference-missing", WARNING,
         "Pods need a ConfigMap, Secret, ServiceAccount or claim that the chart does not make.",
         "Render it, correct its name, mark it `optional: true`, or see that it is there before."),
        ("reference-key-missing", WARNING, "Pods need a key of a ConfigMap that does not have it.",
         "Add the key, correct its name, or mark the reference `optional: true`."),
        ("target-missing", WARNING, "An object acts on another one that the chart does not make.",
         "Correct the kind or name of what it points at."),
        ("container-image-latest", WARNING, "An image has no tag, or the tag latest.",
         "Name a version, best by a value that can be changed."),
        ("container-image-missing", ERROR, "A container has no image.", "Give the container an image."),
        ("container-resources-missing", NOTICE, "A container asks for no CPU or memory.",
         "Set resources.requests, and limits.memory."),
        ("container-probes-missing", NOTICE,
         "A container of a lasting workload has no readiness probe: it counts as ready once it has started.",
         "Add a readinessProbe that asks what the program says of itself."),
        ("several-workloads", WARNING, "A service has several workloads.",
         "Give each a file of its own, or the annotation cantata.dev/service."),
        ("no-workload", NOTICE, "A service has no workload: it is ready as soon as its objects are accepted.",
         "Nothing, where that is meant; else give the objects to the service that they belong to."),
        ("service-name-invalid", ERROR, "The annotation cantata.dev/service holds no name.",
         "Use at most 53 lower-case letters, digits and hyphens, no hyphen at either end."),
        ("service-without-objects", NOTICE,
         "cantata.yaml names a service that has no objects in this render.",
         "Correct its name; nothing is to be done where values switch it off."),
        ("renamed-still-there", WARNING, "A service and the one that it is renamed from both have objects.",
         "Move the objects that are left, or remove renamedFrom."),
        ("files-overlap", WARNING, "Two services name the same template in `files:`.",
         "Name each template once."),
        ("object-moved", NOTICE, "An object moves to another service. It is not deleted by the move.",
         "Nothing, where that is meant."),
        ("depends-on-unknown", ERROR, "A service waits for one that is not there.",
         "Correct the name; name services that values can switch off in cantata.yaml."),
        ("depends-on-unreachable", ERROR,
         "A service waits for a condition that can never hold: only a Job is ever completed.",
         "Wait for `ready` or `started`."),
        ("depends-on-invalid", ERROR, "The annotation cantata.dev/depends-on cannot be read.",
         'Write it as "gateway, migrate:completed".'),
        *(
            (f"duplicate-{what}", WARNING, f"A list holds {an} twice; the last one counts.",
             "Keep one of them.")
            for what, an in (
                ("container", "a container"), ("env", "an environment variable"),
                ("host-alias", "a host alias"), ("image-pull-secret", "a pull secret"), ("port", "a port"),
                ("secret", "a secret"), ("spread-constraint", "a topology constraint"),
                ("volume", "a volume"), ("volume-device", "a device"), ("volume-mount", "a mount"),
            )
        ),
        ("secret-leak", WARNING, "A secret of the config is written in clear, outside of a Secret.",
         "Take it from a Secret: by `secretKeyRef` in a variable, or as a file of a volume."),
    ),
    *_rules(
        Stage.CLUSTER,
        ("api-removed", ERROR, "The cluster no longer serves this version of the API.",
         "Write the apiVersion that is named."),
        ("api-deprecated", WARNING, "This version of the API will be removed.",
         "Write the apiVersion that is named."),
        ("kind-unknown", ERROR, "The cluster does not serve the kind, and the chart does not define it.",
         "Install what defines this kind, or correct its apiVersion."),
        ("field-unknown", ERROR, "The kind has no such field.", "Correct its name or its indentation."),
        ("field-type", ERROR, "A field has a value of another type than it must have.",
         "Quote text, and print numbers without quotes."),
        ("field-missing", ERROR, "A field that must be there is not.", "Add the field."),
        ("field-value", ERROR, "A field has a value that it may not have.", "Choose one that is allowed."),
        ("schema-unavailable", NOTICE, "The cluster does not tell the schema of a kind.",
         "Look at the APIService of the group."),
    ),
    *_rules(
        Stage.CONFIG,
        ("missing-key", ERROR, "Manifests use a key that the config does not have.",
         "Add the key to the config, correct its name, or mark the reference `optional: true`."),
        ("unknown-container", ERROR, "A delivery goes to a container that is not there.",
         "Correct its name below containers:."),
        ("env-collision", WARNING, "Two keys give the same environment variable.",
         "Select keys, or give a prefix."),
        ("invalid-env-name", WARNING, "A key gives no valid name of an environment variable.",
         "Select keys, or give a prefix."),
        ("env-too-long", WARNING, "A variable is longer than Linux takes.", "Deliver the key as a file."),
        ("env-shadowed", NOTICE, "A container sets the variable itself; the config's does not reach it.",
         "Remove the variable where it is set, select keys, or give a prefix."),
        ("env-source-order", NOTICE, "A container takes variables from several sources.",
         "Let the config come last, or select keys."),
        ("invalid-key", NOTICE, "A key cannot be one of a ConfigMap, and is left out.",
         "Use letters, digits, `-`, `_` and `.` only, or select keys."),
        ("key-collision", WARNING, "Two keys become the same entry.", "Rename one of them."),
        ("mount-shadowed", WARNING, "Something is mounted at the path of a delivery already.",
         "Choose another mountPath."),
        ("config-name-elsewhere", NOTICE, "The config's name stands where references are not rewritten.",
         "Refer to single keys by configMapKeyRef, envFrom or a volume where you can."),
        ("config-rendered-by-chart", NOTICE, "The chart renders the object of the config's name itself.",
         "Remove it from the chart, or give the config another name."),
        ("override-unread", WARNING, "A value that is set for a service is read by none of its templates.",
         "`cantata app variables` lists what services read."),
    ),
    *_rules(
        Stage.MAKE,
        ("version-reused", WARNING, "Another content has the chart's version already.",
         "Raise the version in Chart.yaml."),
        ("template-deprecated", WARNING, "The template is deprecated.",
         "Take the one that is named instead."),
        ("compose-changed", NOTICE, "Part of a compose file works differently in a cluster.",
         "See that it is what you want."),
        ("compose-left-out", WARNING, "Part of a compose file is not translated.",
         "Add it to the template, if a cluster needs it."),
        ("compose-decide", WARNING, "A compose file leaves something open.", "Decide it, or set the key."),
        ("compose-missing", ERROR, "A file that a compose project names is not there.",
         "Send it, or take its name away."),
        ("cluster-scoped", NOTICE, "An object is the whole cluster's, so only one application can have it.",
         "Put {{ .Release.Name }} into its name, or keep it in a template of its own."),
        ("secret-in-the-open", WARNING, "A text of an object looks like a secret; the config has it as one.",
         "Read it from a Secret."),
        ("namespace-in-text", WARNING, "A text names the namespace that the objects came from.",
         "Use the short name of the Service, or {{ .Release.Namespace }}."),
        ("value-into-template", WARNING, "Values went into the chart: no config can hold their keys.",
         "Give others there when the template is for other environments, too."),
        ("secret-in-values", NOTICE, "A value of a release looks like a secret; the config has it as one.",
         "Take the tag away, if it is none."),
        ("release-differs", WARNING, "Objects of a release render otherwise than it has them.",
         "See the plan: random values do, and charts that ask the cluster."),
        ("release-without-chart", WARNING, "A release keeps too little of its chart.",
         "Import the chart itself, to have its own templates and variables."),
        ("config-kept", NOTICE, "The config of an import is there already, and stays as it is.",
         "Name a new one by --config to have the values that were found."),
        ("kind-forbidden", WARNING, "Objects of a kind are not imported: they may not be listed.",
         "Allow `list` on the kind, or give these objects by files."),
        ("of-a-release", NOTICE, "Objects are those of a Helm release.",
         "Import the release, with templates as their author wrote them."),
        ("of-an-application", NOTICE, "Objects were deployed by Cantata.", "Clone their application."),
        ("drawn-anew", WARNING, "An exported chart draws a random value, which Helm draws anew each time.",
         "Give the value in the values file, where the chart has a key for it."),
        ("job-unchangeable", NOTICE, "An exported chart has a Job that plain Helm cannot change.",
         "Delete the Job before an upgrade that changes it."),
        ("subcharts-as-they-are", NOTICE, "An exported chart leaves templates of subcharts as they are.",
         "Set what differs by values of the subcharts."),
    ),
    *_rules(
        Stage.DEPLOY,
        ("reference-absent", ERROR, "A service refers to an object of one that is not deployed.",
         "Deploy it too, or take all that is needed by `--with-dependencies`."),
        ("reference-changed", WARNING, "A service refers to an object that would change, but does not.",
         "Deploy its service too, or take all that is needed by `--with-dependencies`."),
        ("value-held", WARNING, "A value from which a service was rolled back would come again.",
         "Give it another value, or deploy it all the same by `--lift-holds`."),
        ("hooks-skipped", NOTICE, "Only some services are deployed, so hooks do not run.",
         "Deploy the whole application to have them run."),
        ("revision-lost", WARNING, "What ran before is lost with its key: everything is made anew.",
         "Give values that have to stay, such as passwords of databases, in the config."),
    ),
)  # fmt: skip
"""By stage, in the order of the reference page."""

RULES: dict[str, Rule] = {rule.name: rule for rule in TABLE}


def found(
    rule: str,
    message: str,
    *,
    service: str = "",
    file: str = "",
    line: int = 0,
    key: str = "",
    suggestion: str = "",
) -> Finding:
    """A finding with the rule's severity, and its suggestion unless there is a better one."""
    known = RULES[rule]
    return Finding(rule, known.severity, message, service, file, line, key, suggestion or known.do)
