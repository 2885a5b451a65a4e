package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/Masterminds/semver/v3"
	yamlv3 "go.yaml.in/yaml/v3"
)

// What is kept of an index, so that a hostile one cannot fill a database. Real ones stay far below.
const (
	maxRows    = 200_000
	maxSkipped = 20
	maxText    = 2000
	maxWord    = 500
	maxList    = 50
)

// lineInEntry is a line that counts from where the parser began, which may be the entry.
var lineInEntry = regexp.MustCompile(`(?: at)? ?line \d+:?`)

// IndexOutput has the charts by name, the newest version of each first.
type IndexOutput struct {
	Rows    []IndexRow `json:"rows"`
	Skipped []string   `json:"skipped"`
}

// IndexRow is one version of a chart. Field for field it is ChartRow of the Python side.
type IndexRow struct {
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	AppVersion  string            `json:"appVersion,omitempty"`
	Type        string            `json:"type,omitempty"`
	Description string            `json:"description,omitempty"`
	Keywords    []string          `json:"keywords,omitempty"`
	Maintainers []IndexMaintainer `json:"maintainers,omitempty"`
	Icon        string            `json:"icon,omitempty"`
	Home        string            `json:"home,omitempty"`
	Sources     []string          `json:"sources,omitempty"`
	Licence     string            `json:"licence,omitempty"`
	KubeVersion string            `json:"kubeVersion,omitempty"`
	Deprecated  bool              `json:"deprecated,omitempty"`
	Created     string            `json:"created,omitempty"`
	Digest      string            `json:"digest,omitempty"`
	URLs        []string          `json:"urls,omitempty"`

	parsed *semver.Version
}

// IndexMaintainer is somebody to ask.
type IndexMaintainer struct {
	Name  string `json:"name,omitempty" yaml:"name"`
	Email string `json:"email,omitempty" yaml:"email"`
	URL   string `json:"url,omitempty" yaml:"url"`
}

// indexEntry is one version as index.yaml has it. Types are loose, as those who write indexes are.
type indexEntry struct {
	Name        string            `json:"name" yaml:"name"`
	Version     string            `json:"version" yaml:"version"`
	AppVersion  string            `json:"appVersion" yaml:"appVersion"`
	Type        string            `json:"type" yaml:"type"`
	Description string            `json:"description" yaml:"description"`
	Keywords    []string          `json:"keywords" yaml:"keywords"`
	Maintainers []IndexMaintainer `json:"maintainers" yaml:"maintainers"`
	Icon        string            `json:"icon" yaml:"icon"`
	Home        string            `json:"home" yaml:"home"`
	Sources     []string          `json:"sources" yaml:"sources"`
	KubeVersion string            `json:"kubeVersion" yaml:"kubeVersion"`
	Deprecated  bool              `json:"deprecated" yaml:"deprecated"`
	Created     string            `json:"created" yaml:"created"`
	Digest      string            `json:"digest" yaml:"digest"`
	URLs        []string          `json:"urls" yaml:"urls"`
	Annotations struct {
		Licenses string `json:"licenses" yaml:"licenses"`
		License  string `json:"license" yaml:"license"`
		Hub      string `json:"artifacthub.io/license" yaml:"artifacthub.io/license"`
	} `json:"annotations" yaml:"annotations"`
}

// indexFile is an index that was read as a whole.
type indexFile[T any] struct {
	APIVersion string         `json:"apiVersion" yaml:"apiVersion"`
	Entries    map[string][]T `json:"entries" yaml:"entries"`
}

// index reads the index.yaml in the request's body.
func (w *Worker) index(request *Request) (any, error) {
	if limit := request.Limits.IndexBytes; limit > 0 && int64(len(request.Body)) > limit {
		return nil, fail(CodeIndexTooLarge, Place{}, "the index has %d bytes, allowed are %d", len(request.Body), limit)
	}
	reading := &indexReading{limits: request.Limits}
	if failure := reading.read(request.Body); failure != nil {
		return nil, failure
	}
	return reading.output(), nil
}

// indexReading collects the rows of one index.
type indexReading struct {
	limits  Limits
	rows    []IndexRow
	skipped []string
	unsaid  int
}

func (r *indexReading) read(text []byte) *Failure {
	text = bytes.TrimPrefix(text, byteOrderMark)
	if !utf8.Valid(text) {
		return fail(CodeIndexInvalid, Place{}, "the index is not UTF-8")
	}
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 {
		return fail(CodeIndexInvalid, Place{}, "the index is empty")
	}
	if trimmed[0] == '<' {
		return fail(CodeIndexInvalid, Place{}, "there is a web page or XML in the place of an index")
	}
	if trimmed[0] == '{' && json.Valid(trimmed) {
		return r.readJSON(trimmed)
	}
	if parts, ok := cutIndex(text); ok {
		if ok, failure := r.readParts(parts); ok || failure != nil {
			return failure
		}
		*r = indexReading{limits: r.limits}
	}
	return r.readWhole(text)
}

func (r *indexReading) readJSON(text []byte) *Failure {
	file := indexFile[json.RawMessage]{}
	if err := json.Unmarshal(text, &file); err != nil {
		return fail(CodeIndexInvalid, Place{}, "this is not the index of a chart repository: %v", err)
	}
	if failure := checkHead(file.APIVersion, file.Entries != nil); failure != nil {
		return failure
	}
	for _, name := range slices.Sorted(maps.Keys(file.Entries)) {
		for number, raw := range file.Entries[name] {
			entry := indexEntry{}
			err := json.Unmarshal(raw, &entry)
			if failure := r.add(name, fmt.Sprintf("entry %d", number+1), judge(name, &entry, err)); failure != nil {
				return failure
			}
		}
	}
	return nil
}

// readWhole is for an index that nothing is known of.
func (r *indexReading) readWhole(text []byte) *Failure {
	file := indexFile[yamlv3.Node]{}
	if err := yamlv3.Unmarshal(text, &file); err != nil {
		place, message := placeYAMLError(string(text), nodeParse, err)
		return fail(CodeIndexInvalid, place, "this is not the index of a chart repository: %s", cut(message, maxWord))
	}
	if failure := checkHead(file.APIVersion, file.Entries != nil); failure != nil {
		return failure
	}
	for _, name := range slices.Sorted(maps.Keys(file.Entries)) {
		for _, node := range file.Entries[name] {
			entry := indexEntry{}
			err := node.Decode(&entry)
			if failure := r.add(name, fmt.Sprintf("line %d", node.Line), judge(name, &entry, err)); failure != nil {
				return failure
			}
		}
	}
	return nil
}

// readParts reads an index entry by entry, on all processors. It is not ok when a part is no document of its own: then
// the index was cut in the wrong places, and has to be read as a whole.
func (r *indexReading) readParts(parts *indexParts) (bool, *Failure) {
	head := indexFile[yamlv3.Node]{}
	if err := yamlv3.Unmarshal(parts.head, &head); err != nil || head.Entries != nil {
		return false, nil
	}
	if failure := checkHead(head.APIVersion, true); failure != nil {
		return false, failure
	}
	if len(parts.entries) > maxRows {
		return false, tooManyRows()
	}
	read := make([]readEntry, len(parts.entries))
	var waiting sync.WaitGroup
	processors := runtime.GOMAXPROCS(0)
	for processor := range processors {
		waiting.Go(func() {
			for index := processor; index < len(parts.entries); index += processors {
				read[index] = parts.entries[index].read()
			}
		})
	}
	waiting.Wait()
	for index, part := range parts.entries {
		if !read[index].whole {
			return false, nil
		}
		if failure := r.add(part.name, fmt.Sprintf("line %d", part.line), read[index]); failure != nil {
			return false, failure
		}
	}
	return true, nil
}

// readEntry is a row, or the trouble with it; it is not whole when its text is no document of its own.
type readEntry struct {
	row     IndexRow
	trouble string
	whole   bool
}

func (p indexPart) read() readEntry {
	var entries []indexEntry
	err := yamlv3.Unmarshal(p.text, &entries)
	var types *yamlv3.TypeError
	if err != nil && !errors.As(err, &types) || len(entries) > 1 {
		return readEntry{}
	}
	if len(entries) == 0 {
		entries = []indexEntry{{}}
	}
	return judge(p.name, &entries[0], err)
}

func checkHead(apiVersion string, entries bool) *Failure {
	if apiVersion == "" {
		return fail(CodeIndexInvalid, Place{Key: "apiVersion"}, "the index has no apiVersion, so it may be anything")
	}
	if !entries {
		return fail(CodeIndexInvalid, Place{Key: "entries"}, "the index has no entries")
	}
	return nil
}

// judge makes a row of an entry, or says why it is none.
func judge(chart string, entry *indexEntry, err error) readEntry {
	switch {
	case err != nil:
		message := yamlErrorPrefix.ReplaceAllString(strings.Join(strings.Fields(err.Error()), " "), "")
		message = lineInEntry.ReplaceAllString(message, "")
		return readEntry{trouble: "cannot be read: " + message, whole: true}
	case !plainName(chart):
		return readEntry{trouble: "the chart has no proper name", whole: true}
	case entry.Version == "":
		return readEntry{trouble: "it has no version", whole: true}
	}
	version, err := semver.NewVersion(entry.Version)
	if err != nil {
		trouble := fmt.Sprintf("its version %q is no semantic version", cut(entry.Version, 60))
		return readEntry{trouble: trouble, whole: true}
	}
	return readEntry{row: entry.row(chart, version), whole: true}
}

// add keeps one version, or says why not.
func (r *indexReading) add(chart, where string, entry readEntry) *Failure {
	if entry.trouble != "" {
		r.skip(fmt.Sprintf("%s (%s): %s", cut(chart, 60), where, cut(entry.trouble, 200)))
		return nil
	}
	if len(r.rows) >= maxRows {
		return tooManyRows()
	}
	r.rows = append(r.rows, entry.row)
	return nil
}

func tooManyRows() *Failure {
	return fail(CodeIndexTooLarge, Place{}, "the index has more than %d entries", maxRows)
}

func (r *indexReading) skip(line string) {
	if len(r.skipped) < maxSkipped {
		r.skipped = append(r.skipped, line)
	} else {
		r.unsaid++
	}
}

// output sorts: charts by name, versions with the newest first. A version that stands there twice counts once, the
// first one, as with Helm.
func (r *indexReading) output() *IndexOutput {
	slices.SortStableFunc(r.rows, func(a, b IndexRow) int {
		if order := strings.Compare(a.Name, b.Name); order != 0 {
			return order
		}
		return b.parsed.Compare(a.parsed)
	})
	rows, seen := []IndexRow{}, map[string]bool{}
	for index, row := range r.rows {
		if index > 0 && row.Name != r.rows[index-1].Name {
			clear(seen)
		}
		if seen[row.Version] {
			r.skip(fmt.Sprintf("%s %s: it is there twice", row.Name, row.Version))
			continue
		}
		seen[row.Version] = true
		rows = append(rows, row)
	}
	if r.unsaid > 0 {
		r.skipped = append(r.skipped, fmt.Sprintf("and %d more", r.unsaid))
	}
	return &IndexOutput{Rows: rows, Skipped: append([]string{}, r.skipped...)}
}

func (e *indexEntry) row(chart string, version *semver.Version) IndexRow {
	licence := e.Annotations.Hub
	for _, other := range []string{e.Annotations.Licenses, e.Annotations.License} {
		if licence == "" {
			licence = other
		}
	}
	row := IndexRow{
		Name: chart, Version: e.Version, AppVersion: cut(e.AppVersion, maxWord), Type: cut(e.Type, maxWord),
		Description: cut(e.Description, maxText), Keywords: cutList(e.Keywords), Icon: cut(e.Icon, maxText),
		Home: cut(e.Home, maxText), Sources: cutList(e.Sources), Licence: cut(licence, maxWord),
		KubeVersion: cut(e.KubeVersion, maxWord), Deprecated: e.Deprecated, Created: cut(e.Created, 40),
		Digest: sha256Digest(e.Digest), URLs: cutList(e.URLs), parsed: version,
	}
	for _, maintainer := range e.Maintainers[:min(len(e.Maintainers), maxList)] {
		row.Maintainers = append(row.Maintainers, IndexMaintainer{
			Name: cut(maintainer.Name, maxWord), Email: cut(maintainer.Email, maxWord), URL: cut(maintainer.URL, maxWord),
		})
	}
	return row
}

// sha256Digest is a digest with its algorithm before it; indexes leave that out. What is none is kept for the one who
// compares it: it fits nothing.
func sha256Digest(text string) string {
	if text == "" || strings.Contains(text, ":") {
		return cut(text, 80)
	}
	return "sha256:" + cut(strings.ToLower(text), 64)
}

// plainName refuses what cannot be the name of a chart: it becomes part of paths and URLs.
func plainName(name string) bool {
	return name != "" && len(name) <= 250 && name != "." && name != ".." &&
		!strings.ContainsFunc(name, func(char rune) bool { return char < ' ' || strings.ContainsRune(`/\ ?#%`, char) })
}

func cutList(words []string) []string {
	kept := []string{}
	for _, word := range words[:min(len(words), maxList)] {
		kept = append(kept, cut(word, maxText))
	}
	return kept
}

// cut keeps the beginning of a text, whole characters only.
func cut(text string, longest int) string {
	if len(text) <= longest {
		return strings.Clone(text)
	}
	return strings.Clone(text[:runeStart(text, longest)]) + "…"
}
