package main

import (
	"container/list"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// Charts keeps parsed charts by digest, the least recently used ones going first.
type Charts struct {
	limit, used int64
	order       *list.List // of *ParsedChart, the most recent in front
	byDigest    map[string]*list.Element
}

// ParsedChart is a chart as Helm's loader reads it. Rendering changes a chart, so it works on copies.
type ParsedChart struct {
	Digest string
	Bytes  int64
	chart  *chart.Chart
	// exact holds the default values of the chart and its subcharts with integers kept, once asked for.
	exact map[*chart.Chart]map[string]any
	// variables is the answer to that operation, once asked for.
	variables *Variables
	// schemasChecked is set once no schema of the chart refers to the outside.
	schemasChecked bool
	// fitting is a hash of the values that met the schemas last: hundreds of releases are rendered with the same.
	fitting [sha256.Size]byte
}

func newCharts(limit int64) *Charts {
	return &Charts{limit: limit, order: list.New(), byDigest: map[string]*list.Element{}}
}

func (c *Charts) find(digest string) *ParsedChart {
	element, ok := c.byDigest[digest]
	if !ok {
		return nil
	}
	c.order.MoveToFront(element)
	return element.Value.(*ParsedChart)
}

// add keeps a chart. The newest one stays even if it alone is over the limit: its render comes next.
func (c *Charts) add(parsed *ParsedChart) {
	if c.find(parsed.Digest) != nil {
		return
	}
	c.byDigest[parsed.Digest] = c.order.PushFront(parsed)
	for c.used += parsed.Bytes; c.used > c.limit && c.order.Len() > 1; {
		oldest := c.order.Remove(c.order.Back()).(*ParsedChart)
		delete(c.byDigest, oldest.Digest)
		c.used -= oldest.Bytes
	}
}

func valuesHash(values json.RawMessage, numbers string) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(numbers+"\x00"), values...))
}

// copyFor is a chart that a render may change.
func (p *ParsedChart) copyFor(numbers string) (*chart.Chart, error) {
	if numbers == numbersExact && p.exact == nil {
		exact := map[*chart.Chart]map[string]any{}
		if err := exactDefaults(p.chart, exact); err != nil {
			return nil, err
		}
		p.exact = exact
	}
	if numbers == numbersExact {
		return copyChart(p.chart, p.exact), nil
	}
	return copyChart(p.chart, nil), nil
}

// copyChart copies what Helm's processing of dependencies changes: the metadata, the tree and the field Values (the
// map itself is copied by Helm before each merge). Contents of files are shared.
func copyChart(original *chart.Chart, values map[*chart.Chart]map[string]any) *chart.Chart {
	copied := *original
	copied.Metadata = copyMetadata(original.Metadata)
	if values != nil {
		copied.Values = values[original]
	}
	copied.SetDependencies()
	for _, dependency := range original.Dependencies() {
		copied.AddDependency(copyChart(dependency, values))
	}
	return &copied
}

func copyMetadata(original *chart.Metadata) *chart.Metadata {
	copied := *original
	copied.Keywords, copied.Sources = slices.Clone(original.Keywords), slices.Clone(original.Sources)
	copied.Annotations = maps.Clone(original.Annotations)
	copied.Dependencies = slices.Clone(original.Dependencies)
	for index, dependency := range copied.Dependencies {
		if dependency != nil {
			own := *dependency
			copied.Dependencies[index] = &own
		}
	}
	return &copied
}

// sortDependencies gives subcharts a fixed order: Helm's loader leaves it to the order of a Go map.
func sortDependencies(c *chart.Chart) {
	sorted := slices.SortedStableFunc(slices.Values(c.Dependencies()), func(a, b *chart.Chart) int {
		return strings.Compare(a.Name()+"\x00"+a.Metadata.Version, b.Name()+"\x00"+b.Metadata.Version)
	})
	c.SetDependencies(sorted...)
	for _, dependency := range sorted {
		sortDependencies(dependency)
	}
}
