"""The three diffs, as pure functions: intent by key, effect by field, drift by field with its manager.

owners    who set which field of a live object
drift     what others changed on fields that we set, and what they set beside these
defaults  what the API server adds of its own, taken out of an effect
between   recorded manifests against recorded manifests
files     which files of a template differ, and what in them
renders   what two templates render, service by service
names     two applications: names that come from release and namespace are the same
intent    which values and versions differ, and for which services
"""
