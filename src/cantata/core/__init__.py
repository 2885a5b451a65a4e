"""The pure core: functions over values, where the difficulty is.

No clock, no disk, no network, no await. Nothing here imports a module that does input or output, and
nothing above `errors` and `settings` is known here. Every folder is one idea:

    model/     the nouns as frozen structs, closed enums, object identities
    chart_text/ objects as templates, defaults as values.yaml
    bundle/    Kubernetes objects of any source as a template
    config/    config documents: parse result → entries, secrets, extends
    values/    effective values with provenance
    services/  which object belongs to which service
    delivery/  one config three ways
    stamp/     labels and annotations, normalisation
    plan/      what a deploy would do
    order/     the graph of services and steps
    helm_release/ releases of Helm, as it keeps them in a cluster
    export/    applications as charts for plain Helm, and as manifests
    health/    what live objects say, one file per kind
    drift/     what is done about what others changed
    network/   addresses that may not be called for just anybody
    repositories/ where charts come from: addresses, registries, dependencies
    pods/      the pods of a service as a person names them
"""
