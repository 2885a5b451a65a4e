package main

import (
	"encoding/json"
)

// lookupIn is Helm's `lookup` over given objects instead of a cluster. By name it gives the object, without a name a
// list of what matches; nothing found is an empty map, as for `helm template`.
func lookupIn(objects []json.RawMessage) (any, error) {
	for _, object := range objects {
		if _, err := unmarshalExact(object); err != nil {
			return nil, fail(CodeRequestInvalid, Place{}, "an object for lookup is not JSON: %v", err)
		}
	}
	return func(apiVersion, kind, namespace, name string) (map[string]any, error) {
		found := []any{}
		for _, encoded := range objects {
			// Decoded anew for each call, since a template may change what it got.
			decoded, err := unmarshalExact(encoded)
			object, isMap := decoded.(map[string]any)
			if err != nil || !isMap || object["apiVersion"] != apiVersion || object["kind"] != kind {
				continue
			}
			metadata, _ := object["metadata"].(map[string]any)
			home, _ := metadata["namespace"].(string)
			if namespace != "" && home != "" && home != namespace {
				continue
			}
			if name == "" {
				found = append(found, object)
			} else if metadata["name"] == name && (namespace != "" || home == "") {
				return object, nil
			}
		}
		if len(found) == 0 {
			return map[string]any{}, nil
		}
		return map[string]any{
			"apiVersion": apiVersion, "kind": kind + "List", "metadata": map[string]any{}, "items": found,
		}, nil
	}, nil
}
