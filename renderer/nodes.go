package main

import (
	"math"
	"slices"
	"strconv"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	yamlv3 "go.yaml.in/yaml/v3"
)

// YAMLNode is one node of a document, with its position counted from 1.
type YAMLNode struct {
	Path    []string `json:"path"`
	Kind    string   `json:"kind"`
	Tag     string   `json:"tag"`
	Line    int      `json:"line"`
	Column  int      `json:"column"`
	Text    string   `json:"text"`
	KeyTag  string   `json:"keyTag"`
	KeyLine int      `json:"keyLine"`
	Quoted  bool     `json:"quoted"`
}

// shift moves a node of a part of a text to its place in the whole.
func (n *YAMLNode) shift(lines int) {
	n.Line += lines
	if n.KeyLine > 0 {
		n.KeyLine += lines
	}
}

// nodeWalk lists the nodes of a document, aliases and merge keys resolved.
type nodeWalk struct {
	limits Limits
	nodes  []YAMLNode
	merged int // What merge keys brought in so far; most of it may be replaced and never become a node.
}

func newNodeWalk(limits Limits) *nodeWalk { return &nodeWalk{limits: limits, nodes: []YAMLNode{}} }

func (w *nodeWalk) document(root *yamlv3.Node) *Failure {
	return w.visit(root, YAMLNode{Path: []string{}, KeyTag: "!!str"})
}

func placeOf(node *yamlv3.Node) Place { return Place{Line: node.Line, Column: node.Column} }

// visit adds a node and what is below it. found holds the node's path and what is known of its key.
func (w *nodeWalk) visit(node *yamlv3.Node, found YAMLNode) *Failure {
	for node.Kind == yamlv3.AliasNode {
		node = node.Alias
	}
	found.Line, found.Column = node.Line, node.Column
	if limit := w.limits.Depth; limit > 0 && len(found.Path) > limit {
		return fail(CodeYAMLInvalid, placeOf(node), "the text is nested deeper than %d", limit)
	}
	if limit := w.limits.YAMLNodes; limit > 0 && len(w.nodes) >= limit {
		return fail(CodeYAMLInvalid, placeOf(node), "the text has more than %d nodes, aliases resolved", limit)
	}
	switch node.Kind {
	case yamlv3.MappingNode:
		return w.visitMap(node, found)
	case yamlv3.SequenceNode:
		found.Kind, found.Tag = "list", customTag(node, "!!seq")
		w.nodes = append(w.nodes, found)
		for index, item := range node.Content {
			inner := YAMLNode{Path: below(found.Path, strconv.Itoa(index)), KeyTag: "!!str"}
			if failure := w.visit(item, inner); failure != nil {
				return failure
			}
		}
		return nil
	default:
		scalar := resolveScalar(node)
		if number, isFloat := scalar.value.(float64); isFloat && (math.IsNaN(number) || math.IsInf(number, 0)) {
			return fail(CodeYAMLInvalid, placeOf(node), "%s has no form in JSON", node.Value)
		}
		found.Kind, found.Tag, found.Text, found.Quoted = "scalar", scalar.tag, node.Value, isQuoted(node)
		w.nodes = append(w.nodes, found)
		return nil
	}
}

func (w *nodeWalk) visitMap(node *yamlv3.Node, found YAMLNode) *Failure {
	entries := &mapEntries{last: map[string]int{}, walk: w}
	if failure := entries.collect(node, false, 0); failure != nil {
		return failure
	}
	found.Kind, found.Tag = "map", customTag(node, "!!map")
	w.nodes = append(w.nodes, found)
	for _, entry := range entries.list {
		if entry.replaced {
			continue
		}
		inner := YAMLNode{Path: below(found.Path, entry.key.Value), KeyTag: entry.keyTag, KeyLine: entry.key.Line}
		if failure := w.visit(entry.value, inner); failure != nil {
			return failure
		}
	}
	return nil
}

func below(path []string, part string) []string { return append(slices.Clip(path), part) }

func isQuoted(node *yamlv3.Node) bool {
	return node.Style&(yamlv3.DoubleQuotedStyle|yamlv3.SingleQuotedStyle|yamlv3.LiteralStyle|yamlv3.FoldedStyle) != 0
}

// mapEntry is one key of a map after merging; name is the key as JSON has it.
type mapEntry struct {
	name, keyTag string
	key, value   *yamlv3.Node
	merged       bool
	replaced     bool
}

// mapEntries puts the keys of a map together as kubectl's parser does: in the order of the text, a later one in place
// of an earlier one, merged keys among them.
type mapEntries struct {
	list []mapEntry
	last map[string]int // Where a name stands in the list.
	walk *nodeWalk
}

func (m *mapEntries) collect(node *yamlv3.Node, merged bool, depth int) *Failure {
	if limit := m.walk.limits.Depth; limit > 0 && depth > limit {
		return fail(CodeYAMLInvalid, placeOf(node), "merge keys are nested deeper than %d", limit)
	}
	if merged {
		m.walk.merged += 1 + len(node.Content)/2
		if limit := m.walk.limits.YAMLNodes; limit > 0 && m.walk.merged > limit {
			return fail(CodeYAMLInvalid, placeOf(node), "merge keys bring in more than %d nodes", limit)
		}
	}
	for index := 0; index < len(node.Content); index += 2 {
		key, value := resolveAlias(node.Content[index]), node.Content[index+1]
		if isMergeKey(key) {
			if failure := m.merge(value, depth+1); failure != nil {
				return failure
			}
			continue
		}
		if key.Kind != yamlv3.ScalarNode {
			return fail(CodeYAMLInvalid, placeOf(key), "a key must be a scalar")
		}
		scalar := resolveScalar(key)
		name, ok := scalar.jsonKey()
		if !ok {
			return fail(CodeYAMLInvalid, placeOf(key), "the key %q cannot be a key in JSON", key.Value)
		}
		if failure := m.put(mapEntry{name: name, keyTag: scalar.tag, key: key, value: value, merged: merged}); failure != nil {
			return failure
		}
	}
	return nil
}

func (m *mapEntries) put(entry mapEntry) *Failure {
	if index, exists := m.last[entry.name]; exists {
		known := &m.list[index]
		if !known.merged && !entry.merged {
			return fail(CodeYAMLInvalid, placeOf(entry.key), "the key %q is already set in line %d",
				entry.key.Value, known.key.Line)
		}
		known.replaced = true
	}
	m.last[entry.name] = len(m.list)
	m.list = append(m.list, entry)
	return nil
}

// merge takes the keys of one map or of a list of maps, in which earlier maps win.
func (m *mapEntries) merge(value *yamlv3.Node, depth int) *Failure {
	source := resolveAlias(value)
	switch source.Kind {
	case yamlv3.MappingNode:
		return m.collect(source, true, depth)
	case yamlv3.SequenceNode:
		for _, item := range slices.Backward(source.Content) {
			inner := resolveAlias(item)
			if inner.Kind != yamlv3.MappingNode {
				return fail(CodeYAMLInvalid, placeOf(item), "a merge key takes maps only")
			}
			if failure := m.collect(inner, true, depth); failure != nil {
				return failure
			}
		}
		return nil
	default:
		return fail(CodeYAMLInvalid, placeOf(value), "a merge key takes maps only")
	}
}

func resolveAlias(node *yamlv3.Node) *yamlv3.Node {
	for node.Kind == yamlv3.AliasNode {
		node = node.Alias
	}
	return node
}

func isMergeKey(key *yamlv3.Node) bool {
	return key.Kind == yamlv3.ScalarNode && key.Value == "<<" && !isQuoted(key) && (key.Tag == "!!merge" || key.Tag == "")
}

// resolved is what a scalar means to kubectl's parser.
type resolved struct {
	tag   string
	value any
}

// standardTags are the explicit tags that have a meaning of their own in JSON.
var standardTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null"}

func resolveScalar(node *yamlv3.Node) resolved {
	switch {
	case node.Style&yamlv3.TaggedStyle != 0 && slices.Contains(standardTags, node.ShortTag()):
		plain := resolvePlain(node.Value)
		return resolved{node.ShortTag(), plain.value}
	case node.Style&yamlv3.TaggedStyle != 0:
		// Times and binary data become text, and so does what an unknown tag stands on.
		return resolved{customTag(node, "!!str"), node.Value}
	case isQuoted(node):
		return resolved{"!!str", node.Value}
	default:
		return resolvePlain(node.Value)
	}
}

// customTag keeps a tag of the user's own, such as !secret.
func customTag(node *yamlv3.Node, standard string) string {
	if node.Style&yamlv3.TaggedStyle == 0 || strings.HasPrefix(node.ShortTag(), "!!") {
		return standard
	}
	return node.Tag
}

// mayBeOther are the characters that a scalar begins with if it is not simply text.
const mayBeOther = "yYnNtTfFoO~+-.0123456789"

// resolvePlain asks kubectl's parser (YAML 1.1: `yes`, `off` and `n` are booleans) what an unquoted scalar is.
func resolvePlain(text string) resolved {
	if text != "" && (!strings.ContainsAny(text[:1], mayBeOther) || strings.Contains(text, "\n")) {
		return resolved{"!!str", text}
	}
	if integer, ok := plainInteger(text); ok {
		return resolved{"!!int", integer}
	}
	var list []any
	if yamlv2.Unmarshal([]byte("- "+text+"\n"), &list) != nil || len(list) != 1 {
		return resolved{"!!str", text}
	}
	switch value := list[0].(type) {
	case nil:
		return resolved{"!!null", nil}
	case bool:
		return resolved{"!!bool", value}
	case int, int64, uint64:
		return resolved{"!!int", value}
	case float64:
		return resolved{"!!float", value}
	default:
		return resolved{"!!str", text}
	}
}

// plainInteger spares the parser the most common case. More digits could overflow; a leading zero means octal.
func plainInteger(text string) (int, bool) {
	if len(text) > 15 || (len(text) > 1 && text[0] == '0') {
		return 0, false
	}
	for _, char := range []byte(text) {
		if char < '0' || char > '9' {
			return 0, false
		}
	}
	integer, err := strconv.Atoi(text)
	return integer, err == nil
}

// jsonKey is the key that a scalar becomes in JSON, as sigs.k8s.io/yaml makes it.
func (r resolved) jsonKey() (string, bool) {
	switch value := r.value.(type) {
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case int:
		return strconv.Itoa(value), true
	case int64:
		return strconv.FormatInt(value, 10), true
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 32), true
	default:
		return "", false
	}
}
