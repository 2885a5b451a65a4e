"""The use cases, a file each, named by their verb.

An action is an async function of the ports, who asks, and what is asked. It reads and writes through the
ports only, leaves an audit record for every change, and raises `CantataError`s. Routes call actions, actions
never call routes; what several actions need stands in a file named for the idea (`desired`, `documents`).
"""
