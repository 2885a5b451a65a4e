"""Applications as plain charts and manifests, for a cluster that knows nothing of Cantata.

facts        what the exported chart has to know of its services
paths        which files of a chart are templates
standalone   a chart's files with delivery written into its templates
values       the values of an environment, secrets apart
texts        what Helm would write in another way
edits        patches as edits that a template can make
manifests    manifests as texts
same         do the pods of two renders see the same?
"""
