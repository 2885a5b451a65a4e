package main

import (
	"encoding/json"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

// VariablesInput names a chart that was loaded.
type VariablesInput struct {
	Chart string `json:"chart"`
}

// Variables is the answer to `variables`. Field for field it is ChartVariables of the Python side, where the meaning of
// each is written down.
type Variables struct {
	Chart     string          `json:"chart"`
	Templates []TemplateReads `json:"templates"`
	Values    []Variable      `json:"values"`
	Mutates   []Spot          `json:"mutates"`
}

// TemplateReads is what one rendered file depends on.
type TemplateReads struct {
	Path    string    `json:"path"`
	Reads   []Read    `json:"reads"`
	Unknown []Unknown `json:"unknown"`
}

// How a read depends on the value: on all of it, or only on whether it is there, empty, and of which kind.
const (
	readValue    = "value"
	readPresence = "presence"
)

// Read is one path that a file depends on, with all lines that read it.
type Read struct {
	Path     []string        `json:"path"`
	How      string          `json:"how"`
	Default  json.RawMessage `json:"default,omitempty"`
	Required bool            `json:"required,omitempty"`
	Dynamic  bool            `json:"dynamic,omitempty"`
	Places   []Spot          `json:"places"`
}

// Spot is a line of a file, counted from 1; 0 where a whole file is meant.
type Spot struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Unknown is a use that cannot be followed; the file counts as reading everything below Path.
type Unknown struct {
	Spot
	Path   []string `json:"path"`
	Reason string   `json:"reason"`
}

// Variable is a value that the chart defines, or documents.
type Variable struct {
	Path        []string        `json:"path"`
	Default     json.RawMessage `json:"default,omitempty"`
	Type        string          `json:"type"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Spot
}

// variables says which values each template file reads, and what is known of these values.
func (w *Worker) variables(request *Request) (any, error) {
	input, err := decode[VariablesInput](request)
	if err != nil {
		return nil, err
	}
	parsed := w.charts.find(input.Chart)
	if parsed == nil {
		return nil, fail(CodeChartUnknown, Place{}, "the chart %s is not loaded", input.Chart)
	}
	if parsed.variables == nil {
		if parsed.variables, err = findVariables(parsed, request.Limits); err != nil {
			return nil, err
		}
	}
	return parsed.variables, nil
}

func findVariables(parsed *ParsedChart, limits Limits) (*Variables, error) {
	original, err := parsed.copyFor(numbersExact)
	if err != nil {
		return nil, fail(CodeChartInvalid, Place{}, "%v", err)
	}
	optional := map[string][]condition{}
	collectConditions(original, nil, optional)
	enableEverything(original)
	if err := chartutil.ProcessDependencies(original, map[string]any{}); err != nil {
		return nil, fail(CodeChartInvalid, Place{}, "%s", withoutValue(err.Error()))
	}
	tree, failure := newChartTree(original, optional)
	if failure != nil {
		return nil, failure
	}
	found := &Variables{Chart: parsed.Digest, Mutates: []Spot{}}
	newReadAnalysis(tree).run(found)
	found.Values = describeVariables(tree, limits)
	return found, nil
}

// enableEverything takes the conditions away, so that no subchart is switched off.
func enableEverything(c *chart.Chart) {
	for _, dependency := range c.Metadata.Dependencies {
		if dependency != nil {
			dependency.Condition, dependency.Tags = "", nil
		}
	}
	for _, dependency := range c.Dependencies() {
		enableEverything(dependency)
	}
}
