"""What live objects say: the state of an object, of a service and of an application.

Pure functions over what the informers hold. Nothing here reads the cluster, knows the time or remembers
an earlier state; whoever needs those hands them in. Input is hostile: what has a wrong shape is `unknown`,
never an exception.

    health              the answer: `Health`, and `Cause` when something is wrong
    table               from kind to function: `observe_health` for any live object
    kinds/              one file per kind, after kubectl's `rollout status` and kstatus
    reading             live object → the partial struct that a kind needs
    pod_causes          why a pod does not run, from its status and its events
    live_index          live objects by key and by owner
    current_pods        the pods of a workload's newest rollout
    workload_health     a workload and its pods → state and causes
    service_health      a service's objects and pods → one state
    application_health  services' states → one state
"""
