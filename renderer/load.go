package main

import (
	"encoding/json"
	"slices"
	"sync"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// LoadedDependency is one entry of `dependencies` in Chart.yaml.
type LoadedDependency struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Repository string   `json:"repository"`
	Condition  string   `json:"condition"`
	Alias      string   `json:"alias"`
	Tags       []string `json:"tags"`
}

// LoadedChart is the answer to `load`. Field for field it is LoadedChart of the Python side.
type LoadedChart struct {
	Digest       string             `json:"digest"`
	Name         string             `json:"name"`
	Version      string             `json:"version"`
	AppVersion   string             `json:"appVersion"`
	Type         string             `json:"type"`
	Description  string             `json:"description"`
	KubeVersion  string             `json:"kubeVersion"`
	Icon         string             `json:"icon"`
	Home         string             `json:"home"`
	Keywords     []string           `json:"keywords"`
	Deprecated   bool               `json:"deprecated"`
	Dependencies []LoadedDependency `json:"dependencies"`
	Values       json.RawMessage    `json:"values"`
	ValuesText   string             `json:"valuesText"`
	SchemaText   string             `json:"schemaText"`
	CantataText  string             `json:"cantataText"`
	Readme       string             `json:"readme"`
	Files        []string           `json:"files"`
}

// load parses the archive in the request's body and keeps the chart for renders.
func (w *Worker) load(request *Request) (any, error) {
	files, parsed, err := parseChart(request.Body, request.Limits)
	if err != nil {
		return nil, err
	}
	w.charts.add(parsed)
	return describe(files, parsed, request.Limits)
}

func parseChart(data []byte, limits Limits) ([]*archive.BufferedFile, *ParsedChart, error) {
	if failure := checkArchive(data, limits); failure != nil {
		return nil, nil, failure
	}
	unpacking := &unpacking{limits: limits}
	files, err := unpacking.unpack(data, "")
	if err != nil {
		return nil, nil, err
	}
	liftHelmLimits()
	sum := digest(files)
	// Helm's loader renames the files of subcharts in place.
	parsed, err := loader.LoadFiles(copyFiles(files))
	if err != nil {
		return nil, nil, chartFailure(files, err, limits)
	}
	sortDependencies(parsed)
	return files, &ParsedChart{Digest: sum, Bytes: unpacking.bytes, chart: parsed}, nil
}

// liftHelmLimits leaves the counting to unpacking, which has already counted packed subcharts when Helm's loader
// opens them. Helm's own limits cannot be asked for per request.
var liftHelmLimits = sync.OnceFunc(func() {
	archive.MaxDecompressedChartSize = maxFrame
	archive.MaxDecompressedFileSize = maxFrame
})

func copyFiles(files []*archive.BufferedFile) []*archive.BufferedFile {
	copied := make([]*archive.BufferedFile, len(files))
	for index, file := range files {
		own := *file
		copied[index] = &own
	}
	return copied
}

// chartFailure finds the place of the files whose YAML Helm's loader parses. Such a file was refused for what it does
// with aliases, perhaps, so it is read with the limits of any other text.
func chartFailure(files []*archive.BufferedFile, err error, limits Limits) *Failure {
	limits.YAMLBytes = 0 // The limit for files of a chart held when they were unpacked.
	for _, file := range files {
		switch file.Name {
		case "Chart.yaml", "values.yaml", "requirements.yaml", "Chart.lock", "requirements.lock":
			if _, failure := parseDocuments(string(file.Data), file.Name, limits); failure != nil {
				return fail(CodeChartInvalid, failure.Place, "%s: %s", file.Name, failure.Message)
			}
		}
	}
	return fail(CodeChartInvalid, Place{}, "%v", err)
}

func describe(files []*archive.BufferedFile, parsed *ParsedChart, limits Limits) (*LoadedChart, error) {
	texts, names := map[string]string{}, []string{}
	for _, file := range files {
		names = append(names, file.Name)
		switch file.Name {
		case "values.yaml", "values.schema.json", "cantata.yaml", "README.md":
			texts[file.Name] = string(file.Data)
		}
	}
	slices.Sort(names)
	values, failure := describeValues(texts["values.yaml"], limits)
	if failure != nil {
		return nil, failure
	}
	metadata := parsed.chart.Metadata
	loaded := &LoadedChart{
		Digest: parsed.Digest, Name: metadata.Name, Version: metadata.Version, AppVersion: metadata.AppVersion,
		Type: "application", Description: metadata.Description, KubeVersion: metadata.KubeVersion,
		Icon: metadata.Icon, Home: metadata.Home, Keywords: append([]string{}, metadata.Keywords...),
		Deprecated: metadata.Deprecated, Dependencies: []LoadedDependency{}, Values: values,
		ValuesText: texts["values.yaml"], SchemaText: texts["values.schema.json"],
		CantataText: texts["cantata.yaml"], Readme: texts["README.md"], Files: names,
	}
	if metadata.Type != "" {
		loaded.Type = metadata.Type
	}
	for _, dependency := range metadata.Dependencies {
		loaded.Dependencies = append(loaded.Dependencies, LoadedDependency{
			Name: dependency.Name, Version: dependency.Version, Repository: dependency.Repository,
			Condition: dependency.Condition, Alias: dependency.Alias, Tags: append([]string{}, dependency.Tags...),
		})
	}
	return loaded, nil
}

// describeValues are the default values as JSON. Whoever reads them may do so by recursion, so their depth is bounded.
func describeValues(text string, limits Limits) (json.RawMessage, *Failure) {
	place := Place{File: "values.yaml"}
	values, err := exactValues([]byte(text))
	if err != nil {
		return nil, fail(CodeChartInvalid, place, "%v", err)
	}
	encoded, err := marshal(values)
	if err != nil {
		return nil, fail(CodeChartInvalid, place, "%v", err)
	}
	if limits.Depth > 0 && nesting(encoded) > limits.Depth {
		return nil, fail(CodeChartInvalid, place, "the values are nested deeper than %d", limits.Depth)
	}
	return encoded, nil
}
