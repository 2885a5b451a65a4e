"""All commands by name, and the overview of them, which loads nothing: it is asked for most."""

from __future__ import annotations

SUMMARY = "Describe a system of services once, configure it per environment, deploy it anywhere."

GROUPS = {
    "app": ("application:app", "Applications: create, preview, deploy, roll back, watch."),
    "service": ("service:app", "Services: show, deploy, restart, scale, pause, look inside, one by one."),
    "config": ("config:app", "Configs and their versions."),
    "apply": ("apply:apply", "Make the project hold what declarative files say."),
    "export": ("export:app", "Print things as the declarative files that `apply` takes."),
    "template": ("template:app", "Templates: charts that describe many services at once."),
    "market": ("market:app", "The market: repositories of charts, search in them, publishing to them."),
    "plan": ("plan:app", "Plans: what would be done, kept to be shown, approved and applied."),
    "operation": ("operation:app", "Operations: what is being done, and was done."),
    "events": ("events:events", "Show what happens to applications, or follow it."),
    "hold": ("hold:app", "Holds: values that a rollback took away."),
    "trigger": ("trigger:app", "Triggers: outside facts that set keys of configs."),
    "project": ("project:app", "The project: what it demands of what changes its applications."),
    "webhook": ("webhook:app", "Webhooks: what happens to applications, told to others."),
    "cluster": ("cluster:app", "Kubernetes clusters to deploy to."),
    "token": ("token:app", "Tokens for people and programs."),
    "audit": ("audit:audit", "Show who did what, newest first."),
    "login": ("login:login", "Use a server from now on."),
    "server": ("server:app", "Run the server in the foreground; replace its key."),
    "sandbox": ("sandbox:app", "A real Kubernetes control plane on this machine, for trying and testing."),
    "version": ("version:version", "Show the versions of this program and of the server."),
}
"""Name of the command: where it is, and its line in the help."""

OPTIONS = {
    "--help, -h": "Show this; `cantata COMMAND --help` shows more.",
    "--version": "Print the version.",
    "--install-completion": "Install the completion of this shell.",
}


def overview() -> str:
    """The help of `cantata` itself."""
    rows = [(name, line) for name, (_, line) in GROUPS.items()]
    return "\n".join(
        [
            "Usage: cantata COMMAND [OPTIONS]",
            "",
            SUMMARY,
            "",
            "Commands:",
            *(f"  {name:<20}  {line}" for name, line in rows),
            "",
            "Options:",
            *(f"  {name:<20}  {line}" for name, line in OPTIONS.items()),
        ]
    )
