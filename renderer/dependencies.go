package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// maxChartDepth is how deep charts may stand in each other.
const maxChartDepth = 20

// DependenciesInput has the addresses of the repositories that Chart.yaml may name as `@name` or `alias:name`.
type DependenciesInput struct {
	Repositories map[string]string `json:"repositories"`
}

// ChartNode is a chart and those that stand in it. Field for field it is ChartNode of the Python side.
type ChartNode struct {
	Name         string             `json:"name"`
	Version      string             `json:"version"`
	Path         string             `json:"path"`
	Digest       string             `json:"digest"`
	Dependencies []LoadedDependency `json:"dependencies"`
	// Locked has the version of each dependency by Chart.lock; it is empty unless that fits Chart.yaml.
	Locked []string    `json:"locked"`
	Charts []ChartNode `json:"charts"`
}

// dependencies tells what the chart in the request's body wants and what it brings along.
func (w *Worker) dependencies(request *Request) (any, error) {
	input, err := decode[DependenciesInput](request)
	if err != nil {
		return nil, err
	}
	files, _, err := parseChart(request.Body, request.Limits)
	if err != nil {
		return nil, err
	}
	return chartNode(files, "", input.Repositories, request.Limits, 0)
}

func chartNode(
	files []*archive.BufferedFile, where string, repositories map[string]string, limits Limits, depth int,
) (*ChartNode, error) {
	if depth > maxChartDepth {
		return nil, fail(CodeChartInvalid, Place{File: where}, "charts stand in each other deeper than %d", maxChartDepth)
	}
	own, inner := splitCharts(files)
	parsed, err := loader.LoadFiles(copyFiles(own))
	if err != nil {
		return nil, chartFailure(own, err, limits)
	}
	node := &ChartNode{
		Name: parsed.Metadata.Name, Version: parsed.Metadata.Version, Path: where, Digest: digest(files),
		Dependencies: []LoadedDependency{}, Locked: lockedVersions(parsed, repositories), Charts: []ChartNode{},
	}
	for _, wanted := range parsed.Metadata.Dependencies {
		if wanted == nil {
			continue
		}
		node.Dependencies = append(node.Dependencies, LoadedDependency{
			Name: wanted.Name, Version: wanted.Version, Repository: repositoryURL(wanted.Repository, repositories),
			Condition: wanted.Condition, Alias: wanted.Alias, Tags: append([]string{}, wanted.Tags...),
		})
	}
	for _, name := range sortedFolders(inner) {
		within, failure := openInner(name, inner[name], limits)
		if failure != nil {
			return nil, failure
		}
		child, err := chartNode(within, path.Join(where, "charts", name), repositories, limits, depth+1)
		if err != nil {
			return nil, err
		}
		node.Charts = append(node.Charts, *child)
	}
	return node, nil
}

// splitCharts parts a chart's own files from those of the charts in charts/, which Helm's loader would take.
func splitCharts(files []*archive.BufferedFile) ([]*archive.BufferedFile, map[string][]*archive.BufferedFile) {
	own, inner := []*archive.BufferedFile{}, map[string][]*archive.BufferedFile{}
	for _, file := range files {
		rest, inside := strings.CutPrefix(file.Name, "charts/")
		name, deeper, nested := strings.Cut(rest, "/")
		switch {
		case !inside:
			own = append(own, file)
		case name == "" || name[0] == '_' || name[0] == '.':
		case nested && path.Ext(name) != ".tgz":
			inner[name] = append(inner[name], &archive.BufferedFile{Name: deeper, ModTime: file.ModTime, Data: file.Data})
		case !nested && path.Ext(name) == ".tgz":
			inner[name] = append(inner[name], file)
		}
	}
	return own, inner
}

// openInner gives the files of a chart in charts/. What all archives hold together was counted when they were opened
// for the first time.
func openInner(name string, files []*archive.BufferedFile, limits Limits) ([]*archive.BufferedFile, error) {
	if path.Ext(name) != ".tgz" {
		return files, nil
	}
	return (&unpacking{limits: limits}).unpack(files[0].Data, name)
}

func sortedFolders(inner map[string][]*archive.BufferedFile) []string {
	names := []string{}
	for name := range inner {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func repositoryURL(repository string, repositories map[string]string) string {
	for _, mark := range []string{"@", "alias:"} {
		if name, marked := strings.CutPrefix(repository, mark); marked && repositories[name] != "" {
			return repositories[name]
		}
	}
	return repository
}

// lockedVersions are those of Chart.lock (requirements.lock), when its digest says that it was made for these
// dependencies: then Helm takes it, else it refuses the chart.
func lockedVersions(parsed *chart.Chart, repositories map[string]string) []string {
	wanted := parsed.Metadata.Dependencies
	if parsed.Lock == nil || len(parsed.Lock.Dependencies) != len(wanted) {
		return []string{}
	}
	resolved := make([]*chart.Dependency, len(wanted))
	for index, dependency := range wanted {
		if dependency == nil || parsed.Lock.Dependencies[index] == nil {
			return []string{}
		}
		own := *dependency
		own.Repository = repositoryURL(own.Repository, repositories)
		resolved[index] = &own
	}
	sums := []string{jsonSum([2][]*chart.Dependency{resolved, parsed.Lock.Dependencies})}
	if parsed.Metadata.APIVersion == chart.APIVersionV1 {
		sums = append(sums, strings.TrimPrefix(jsonSum(map[string][]*chart.Dependency{"dependencies": wanted}), "sha256:"))
	}
	if !slices.Contains(sums, parsed.Lock.Digest) {
		return []string{}
	}
	versions := []string{}
	for _, locked := range parsed.Lock.Dependencies {
		versions = append(versions, locked.Version)
	}
	return versions
}

// jsonSum is how Helm sums up dependencies.
func jsonSum(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
