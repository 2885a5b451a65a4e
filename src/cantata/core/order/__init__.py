"""In which order services and objects are deployed and deleted. Pure functions over names.

errors      what can be wrong with a declaration
annotation  `cantata.dev/depends-on` as text → dependencies
graph       services and their dependencies, validated: layers, closures, the reverse
step        which services may start now, and what blocks the others
kinds       order of objects by kind within a service
critical_path  which services decided how long an operation took
"""
