"""The container of a service: image, command, probes, resources, security."""

from __future__ import annotations

from typing import Any

from cantata.core.chart_text import Text, Value
from cantata.core.compose.environment import environment_of
from cantata.core.compose.fields import Fields
from cantata.core.compose.names import literal_text, split_image
from cantata.core.compose.project import Object, Part
from cantata.core.compose.quantities import cpus, memory, seconds

PULL_POLICIES = {
    "always": "Always",
    "never": "Never",
    "missing": "IfNotPresent",
    "if_not_present": "IfNotPresent",
}
PROBE_SECONDS = 30
PROBE_RETRIES = 3


def container_of(part: Part, ports: list[Object]) -> Object:
    fields = part.fields
    found: Object = {"name": part.name, "image": image_of(part)}
    policy = fields.take("pull_policy", "")
    if policy in PULL_POLICIES:
        found["imagePullPolicy"] = PULL_POLICIES[policy]
    elif policy and policy != "build":
        part.left_out(
            "pull_policy", f"pull_policy {policy} has no counterpart", "Take `always` or `missing`."
        )
    found |= _command(part)
    found["workingDir"] = fields.take("working_dir", "")
    found["ports"] = ports
    found["env"] = list(environment_of(part))
    found["volumeMounts"] = part.mounts
    found["resources"] = part.value(
        "resources", default=resources_of(part), comment="Requests and limits of CPU and memory"
    )
    found |= probes_of(part)
    found["lifecycle"] = _hooks(part)
    found["securityContext"] = security_of(part)
    found["stdin"], found["tty"] = fields.take("stdin_open", False), fields.take("tty", False)
    return {key: value for key, value in found.items() if value not in ("", [], {}, False)}


def image_of(part: Part) -> Value | Text:
    fields = part.fields
    build, image = fields.take("build"), fields.take("image", "")
    key = f"{part.section}.image"
    if not image:
        part.decide(
            "build",
            f"{part.name} is built from {(build or {}).get('context', '.')}: {key} must name the image",
            f"Build and push it, and set {key} in the config.",
        )
        return part.value(
            "image",
            default="",
            comment="The image, which compose would build: registry/name:tag",
            required=f"{key} is not set: compose builds this image and a cluster pulls it; push it first",
        )
    if build:
        part.changed(
            "build", f"nothing is built: {image} must be in its registry", "Build and push it before."
        )
    repository, tag = split_image(image)
    if "@" in image:
        return part.value("image", default=image, comment="The image")
    if not tag:
        part.changed(
            "image", f"{image} has no tag; {key}.tag is latest", "Choose a tag, so that pods run alike."
        )
    return Text(
        (
            part.value("image", "repository", default=repository),
            ":",
            part.value("image", "tag", default=tag or "latest", comment="Tag of the image"),
        )
    )


def _command(part: Part) -> Object:
    """An entrypoint takes the place of the image's entrypoint and command, as `command` does in a pod."""
    found: Object = {}
    for key, name in (("entrypoint", "command"), ("command", "args")):
        words = part.fields.take(key)
        if words:
            found[name] = [literal_text(word) for word in words]
        elif words == []:
            part.left_out(key, f"an empty {key} cannot be told to a cluster; the image's own counts")
    return found


def probes_of(part: Part) -> Object:
    check = part.fields.inner("healthcheck")
    test = check.take("test", [])
    timing = {
        "periodSeconds": max(1, seconds(check.take("interval", f"{PROBE_SECONDS}s"))),
        "timeoutSeconds": max(1, seconds(check.take("timeout", f"{PROBE_SECONDS}s"))),
        "failureThreshold": max(1, int(check.take("retries", 0)) or PROBE_RETRIES),
    }
    start = seconds(check.take("start_period", "0s"))
    if check.take("start_interval"):
        part.changed("healthcheck.start_interval", "probes run at one interval, also during the start")
    if check.take("disable", False) or not test or test[0] == "NONE":
        return {}
    command = ["/bin/sh", "-c", test[1]] if test[0] == "CMD-SHELL" else list(test[1:])
    probe: Object = {"exec": {"command": [literal_text(word) for word in command]}, **timing}
    found = {"readinessProbe": probe}
    if not part.completed:
        found["livenessProbe"] = {**probe, "initialDelaySeconds": start} if start else dict(probe)
    return found


def resources_of(part: Part) -> Object:
    fields, deploy = part.fields, part.fields.inner("deploy").inner("resources")
    found: dict[str, Object] = {"requests": {}, "limits": {}}
    for name, kind in (("limits", "limits"), ("reservations", "requests")):
        given = deploy.inner(name)
        _amount(found[kind], "cpu", given.take("cpus"))
        _amount(found[kind], "memory", given.take("memory"))
    _amount(found["limits"], "cpu", fields.take("cpus"))
    _amount(found["limits"], "memory", fields.take("mem_limit"))
    _amount(found["requests"], "memory", fields.take("mem_reservation"))
    return {kind: amounts for kind, amounts in found.items() if amounts}


def _amount(amounts: Object, kind: str, amount: Any) -> None:
    if amount and float(amount):
        amounts.setdefault(kind, cpus(amount) if kind == "cpu" else memory(amount))


def security_of(part: Part) -> Object:
    fields = part.fields
    found: Object = {}
    user, _, group = str(fields.take("user", "")).partition(":")
    for key, given in (("runAsUser", user), ("runAsGroup", group)):
        if given.isdecimal():
            found[key] = int(given)
        elif given:
            part.left_out(
                "user",
                f"{given} is a name, and a pod takes numbers; the image's own user counts",
                "Look its number up (`id` in the container) and write it there.",
            )
    capabilities = {
        "add": [name.removeprefix("CAP_") for name in fields.take("cap_add", [])],
        "drop": [name.removeprefix("CAP_") for name in fields.take("cap_drop", [])],
    }
    if any(capabilities.values()):
        found["capabilities"] = {key: names for key, names in capabilities.items() if names}
    if fields.take("privileged", False):
        found["privileged"] = True
        part.changed("privileged", "a privileged container: many clusters refuse it")
    if fields.take("read_only", False):
        found["readOnlyRootFilesystem"] = True
    for option in fields.take("security_opt", []):
        if option.replace("=", ":") in ("no-new-privileges", "no-new-privileges:true"):
            found["allowPrivilegeEscalation"] = False
        else:
            part.left_out("security_opt", f"security_opt {option} is not translated")
    return found


def _hooks(part: Part) -> Object:
    found: Object = {}
    for key, name in (("post_start", "postStart"), ("pre_stop", "preStop")):
        hooks = list(part.fields.items(key))
        for hook in hooks[:1]:
            found[name] = {"exec": {"command": list(hook.take("command", []))}}
        if len(hooks) > 1:
            part.left_out(key, f"a pod has one {name}; the other {len(hooks) - 1} are left out")
            _drop(hooks[1:])
    return found


def _drop(hooks: list[Fields]) -> None:
    for hook in hooks:
        for key in ("command", "user", "privileged", "working_dir", "environment"):
            hook.take(key)
