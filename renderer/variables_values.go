package main

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
)

// valueDocs is what a chart's files say of its values.
type valueDocs struct {
	tree   *chartTree
	limits Limits
	found  map[address]*Variable
	// nulls are values that a chart sets to null, which Helm leaves out of the defaults.
	nulls map[address]bool
}

// describeVariables lists the values that the chart and its subcharts define: leaves, and maps that have a comment.
func describeVariables(tree *chartTree, limits Limits) []Variable {
	docs := &valueDocs{tree: tree, limits: limits, found: map[address]*Variable{}, nulls: map[address]bool{}}
	docs.fromText(tree.root)
	docs.fromDefaults(valuesRoot, map[string]any(tree.defaults))
	for _, home := range tree.scopes { // As they are with what they import from subcharts.
		docs.fromDefaults(home.values, home.chart.Values)
	}
	docs.fromSchemas(tree.root)
	listed := []Variable{}
	for at, variable := range docs.found {
		value, defined := tree.defaultAt(at)
		if table, isMap := value.(map[string]any); isMap && len(table) > 0 {
			if variable.Title == "" && variable.Description == "" {
				continue
			}
		} else if encoded, err := marshal(value); err == nil && (defined || variable.Line > 0 || docs.nulls[at]) {
			variable.Default = encoded
		}
		if variable.Type == "" {
			variable.Type = typeOf(value)
		}
		listed = append(listed, *variable)
	}
	slices.SortFunc(listed, func(a, b Variable) int { return slices.Compare(a.Path, b.Path) })
	return listed
}

func (d *valueDocs) at(at address) *Variable {
	variable := d.found[at]
	if variable == nil {
		variable = &Variable{Path: at.path()}
		d.found[at] = variable
	}
	return variable
}

// fromText reads values.yaml of a chart, then of its subcharts: what stands further up is the value that counts.
func (d *valueDocs) fromText(home *scope) {
	for _, file := range home.chart.Raw {
		if file.Name != "values.yaml" {
			continue
		}
		name := home.chart.ChartFullPath() + "/" + file.Name
		documents, failure := parseDocuments(string(file.Data), name, d.limits)
		if failure != nil { // Helm's loader accepted the file; its keys still come from the defaults.
			continue
		}
		lines := strings.Split(string(file.Data), "\n")
		for _, document := range documents {
			d.fromNodes(home, name, lines, document.Nodes)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(home.children)) {
		d.fromText(home.children[name])
	}
}

func (d *valueDocs) fromNodes(home *scope, file string, lines []string, nodes []YAMLNode) {
	list := "" // Where items of a list stand, which are no values of their own.
	for _, node := range nodes {
		here := strings.Join(node.Path, addressSeparator) + addressSeparator
		if len(node.Path) == 0 || list != "" && strings.HasPrefix(here, list) {
			continue
		}
		if node.Kind == "list" {
			list = here
		}
		variable := d.at(addressOf(slices.Concat(home.path, node.Path)))
		comment := commentAbove(lines, node.KeyLine)
		if variable.Line == 0 {
			variable.Spot = Spot{file, node.KeyLine}
		}
		if variable.Description == "" {
			variable.Description = comment.description
		}
		if variable.Type == "" {
			variable.Type = comment.kind
		}
	}
}

// fromDefaults adds what comes from elsewhere, such as values imported from a subchart. What a subchart has of the
// globals of the charts above is left out.
func (d *valueDocs) fromDefaults(at address, value any) {
	table, isMap := value.(map[string]any)
	if isMap && len(table) > 0 {
		for key, inner := range table {
			if key == common.GlobalKey && at != valuesRoot && d.tree.scopes[at] != nil {
				continue
			}
			d.fromDefaults(at.below(key), inner)
		}
		return
	}
	if at != valuesRoot && !(isMap && d.tree.scopes[at] != nil) {
		d.at(at)
		if value == nil {
			d.nulls[at] = true
		}
	}
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case int64, uint64, int:
		return "integer"
	case float64:
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}

// valueComment is a comment in the convention of helm-docs.
type valueComment struct{ description, kind string }

var (
	commentStart = regexp.MustCompile(`^#\s*(?:\S+\s+)?--(?:\s+|$)(?:\(([^)]*)\)\s*)?(.*)$`)
	commentMark  = regexp.MustCompile(`^#\s*@(\S+)`)
)

// commentAbove reads the comment that ends in the line above a key: from its last `# --` on, marks such as
// `# @default -- …` left out.
func commentAbove(lines []string, keyLine int) valueComment {
	var block []string
	for index := keyLine - 2; index >= 0 && index < len(lines); index-- {
		line := strings.TrimSpace(lines[index])
		if !strings.HasPrefix(line, "#") {
			break
		}
		block = append(block, line)
		if !commentMark.MatchString(line) && commentStart.MatchString(line) {
			slices.Reverse(block)
			return readComment(block)
		}
	}
	return valueComment{}
}

func readComment(block []string) valueComment {
	start := commentStart.FindStringSubmatch(block[0])
	comment := valueComment{kind: start[1]}
	parts := []string{start[2]}
	for _, line := range block[1:] {
		if !commentMark.MatchString(line) {
			parts = append(parts, strings.TrimSpace(strings.TrimLeft(line, "#")))
		}
	}
	comment.description = strings.TrimSpace(strings.Join(parts, " "))
	return comment
}

// schemaNode is what is read of a JSON Schema.
type schemaNode struct {
	Type        any                    `json:"type"`
	Title       string                 `json:"title"`
	Description string                 `json:"description"`
	Ref         string                 `json:"$ref"`
	Properties  map[string]*schemaNode `json:"properties"`
	Defs        map[string]*schemaNode `json:"$defs"`
	Definitions map[string]*schemaNode `json:"definitions"`
}

const maxSchemaDepth = 24

func (d *valueDocs) fromSchemas(home *scope) {
	var root schemaNode
	if len(home.chart.Schema) > 0 && json.Unmarshal(home.chart.Schema, &root) == nil {
		budget := d.limits.YAMLNodes
		d.fromSchema(&root, &root, home.values, 0, &budget)
	}
	for _, name := range slices.Sorted(maps.Keys(home.children)) {
		d.fromSchemas(home.children[name])
	}
}

func (d *valueDocs) fromSchema(root, node *schemaNode, at address, depth int, budget *int) {
	if *budget--; node == nil || depth > maxSchemaDepth || *budget == 0 {
		return
	}
	if target := node.referred(root); target != nil {
		merged := *target
		if node.Title != "" {
			merged.Title = node.Title
		}
		if node.Description != "" {
			merged.Description = node.Description
		}
		merged.Ref = ""
		node = &merged
	}
	if at != valuesRoot && d.tree.scopes[at] == nil {
		variable := d.at(at)
		if kind := schemaType(node.Type); kind != "" {
			variable.Type = kind
		}
		if variable.Title == "" {
			variable.Title = node.Title
		}
		if variable.Description == "" {
			variable.Description = node.Description
		}
	}
	for _, name := range slices.Sorted(maps.Keys(node.Properties)) {
		d.fromSchema(root, node.Properties[name], at.below(name), depth+1, budget)
	}
}

// referred finds `#/$defs/name` and `#/definitions/name`.
func (n *schemaNode) referred(root *schemaNode) *schemaNode {
	if name, ok := strings.CutPrefix(n.Ref, "#/$defs/"); ok {
		return root.Defs[name]
	}
	if name, ok := strings.CutPrefix(n.Ref, "#/definitions/"); ok {
		return root.Definitions[name]
	}
	return nil
}

// schemaType is the type as text; several are joined, as in `string|null`.
func schemaType(kind any) string {
	switch typed := kind.(type) {
	case string:
		return typed
	case []any:
		var names []string
		for _, each := range typed {
			if name, isText := each.(string); isText {
				names = append(names, name)
			}
		}
		return strings.Join(names, "|")
	}
	return ""
}
