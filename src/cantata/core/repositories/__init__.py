"""What can be decided about chart repositories without asking them.

errors.py        what reading and filling one can end in
addresses.py     which address a repository may have, and which ones it may lead to
registries.py    names, tags, challenges and manifests of OCI registries
metadata.py      Chart.yaml as a row of an index
dependencies.py  what a chart lacks, and where it comes from
"""
