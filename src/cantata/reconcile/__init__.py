"""The loops: what runs without being asked.

    live         informers per cluster, their objects indexed by application
    lease        leave to act on a cluster, held by one server at a time
    operations   takes journalled operations up and runs them
    execution    one operation from its first write to its end
    apply        the objects of one service
    hooks        Helm's hooks around the services
    reviews      looks again at applications whose config, template or settings have changed
    triggers     works off the calls that triggers have taken in
    watch        looks at applications when something about them changes
    health       the look that tells when applications fall ill and are well again
    drift        the look that sees what others change, tells it, and takes it back by policy
    webhooks     tells what happens to the webhooks of its project
    collect      deletes old ConfigMaps and Secrets that nobody names any more
    retention    deletes what is kept for a limited time only: old events
    journal      what an execution tells: events and finished steps

Loops see ports, never adapters; what is decidable without waiting is decided in `core`.
"""
