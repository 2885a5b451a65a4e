"""Config documents: the text that people save, checked, its secrets found and put away.

document     `parse_config`: text and positions → leaves, secrets, or all troubles at once
editing      `edit_text`: single keys are set and removed in the text, every other byte stays
syntax       what stands where in a text, each node with its end
diff         what differs between two documents, key by key
lines        texts compared line by line: unified diff, three-way merge
merge        `plan_merge`: two edits of one version become one text; what both changed are conflicts
importing    `import_text`: dotenv, Java properties and JSON become config texts
from_objects `import_objects`: ConfigMaps and Secrets of a cluster become a config text
infer        `infer_schema`: a JSON Schema from what a config holds
quoting      values as YAML that every reader takes for the same
sealing      `seal_text`: new secret values in the text become references, every other byte stays
scalars      where a secret scalar begins and ends in the text
secret_text  a value that neither prints nor serialises itself
chain        `resolve_chain`: which configs a config extends
entries      `config_entries`: the leaves as rows for search and history
errors       what makes a config impossible to save
"""

from cantata.core.config.chain import extends_cycle, resolve_chain
from cantata.core.config.diff import (
    ChangeKind,
    ConfigDiff,
    KeyChange,
    LeafState,
    ValueType,
    diff_documents,
    same_leaf,
)
from cantata.core.config.document import (
    ConfigDocument,
    ConfigLeaf,
    Path,
    SameSecret,
    Secret,
    mask,
    parse_config,
)
from cantata.core.config.editing.changes import Change, RemoveKey, SetKey, SetSecret, find_path, verify_edit
from cantata.core.config.editing.edit import edit_text
from cantata.core.config.entries import config_entries, entry_references
from cantata.core.config.errors import (
    ConfigChangeInvalid,
    ConfigEditImpossible,
    ConfigExtendsCycle,
    ConfigInvalid,
    ConfigSchemaViolated,
    ImportInvalid,
)
from cantata.core.config.from_objects import import_objects
from cantata.core.config.importing import ImportKind, import_place, import_text
from cantata.core.config.infer import infer_schema
from cantata.core.config.lines import diff_texts, merge_texts
from cantata.core.config.merge import MergeConflict, MergePlan, merge_impossible, plan_merge
from cantata.core.config.quoting import yaml_scalar
from cantata.core.config.sealing import seal_text
from cantata.core.config.secret_text import MASK, SecretText

__all__ = [
    "MASK",
    "Change",
    "ChangeKind",
    "ConfigChangeInvalid",
    "ConfigDiff",
    "ConfigDocument",
    "ConfigEditImpossible",
    "ConfigExtendsCycle",
    "ConfigInvalid",
    "ConfigLeaf",
    "ConfigSchemaViolated",
    "ImportInvalid",
    "ImportKind",
    "KeyChange",
    "LeafState",
    "MergeConflict",
    "MergePlan",
    "Path",
    "RemoveKey",
    "SameSecret",
    "Secret",
    "SecretText",
    "SetKey",
    "SetSecret",
    "ValueType",
    "config_entries",
    "diff_documents",
    "diff_texts",
    "edit_text",
    "entry_references",
    "extends_cycle",
    "find_path",
    "import_objects",
    "import_place",
    "import_text",
    "infer_schema",
    "mask",
    "merge_impossible",
    "merge_texts",
    "parse_config",
    "plan_merge",
    "resolve_chain",
    "same_leaf",
    "seal_text",
    "verify_edit",
    "yaml_scalar",
]
