package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"
)

// RenderedObject is one object with the place that it came from.
type RenderedObject struct {
	Path     string          `json:"path"`
	Index    int             `json:"index"`
	Manifest json.RawMessage `json:"manifest"`
	Hook     *Hook           `json:"hook,omitempty"`
}

// Hook is what Helm reads from an object's hook annotations.
type Hook struct {
	Events         []string `json:"events"`
	Weight         int      `json:"weight"`
	DeletePolicies []string `json:"deletePolicies"`
}

// textPart is one document of a rendered file; line is where it starts, counted from 1.
type textPart struct {
	text string
	line int
}

// lineCounter tells the lines of places in a text, asked for from the front to the back.
type lineCounter struct {
	text           string
	counted, lines int
}

// at is the line of an offset, counted from 1.
func (c *lineCounter) at(offset int) int {
	c.lines += strings.Count(c.text[c.counted:offset], "\n")
	c.counted = offset
	return c.lines + 1
}

// separator is Helm's own: it also splits `---apiVersion: v1`, which charts in the wild rely on.
var separator = regexp.MustCompile(`(?m)^---[ \t]*`)

// splitDocuments splits as Helm's SplitManifests does, and keeps the lines.
func splitDocuments(text string) []textPart {
	trimmed := strings.TrimLeftFunc(text, unicode.IsSpace)
	offset := len(text) - len(trimmed)
	bounds := append(separator.FindAllStringIndex(trimmed, -1), []int{len(trimmed), len(trimmed)})
	var parts []textPart
	lines := lineCounter{text: text}
	start := 0
	for _, bound := range bounds {
		document := strings.TrimLeftFunc(trimmed[start:bound[0]], unicode.IsSpace)
		if document != "" {
			parts = append(parts, textPart{text: document, line: lines.at(offset + bound[0] - len(document))})
		}
		start = bound[1]
	}
	return parts
}

// manifestReader parses rendered texts.
type manifestReader struct {
	limits  Limits
	notices *Notices
}

// manifest is one parsed document.
type manifest struct {
	path  string
	index int
	body  json.RawMessage
	head  manifestHead
}

// manifestHead is what Helm's sorter looks at. The parts stay raw, so that it meets them as they were written.
type manifestHead struct {
	APIVersion json.RawMessage `json:"apiVersion,omitempty"`
	Kind       json.RawMessage `json:"kind,omitempty"`
	Metadata   *struct {
		Name        json.RawMessage `json:"name,omitempty"`
		Annotations json.RawMessage `json:"annotations,omitempty"`
	} `json:"metadata,omitempty"`
}

// objects parses the rendered files and brings them in Helm's install order, hooks last.
func (r *manifestReader) objects(files map[string]string) ([]RenderedObject, error) {
	heads, byKey := map[string]string{}, map[string]*manifest{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		manifests, err := r.parse(name, files[name])
		if err != nil {
			return nil, err
		}
		for _, found := range manifests {
			head, err := marshal(found.head)
			if err != nil {
				return nil, err
			}
			// Helm's sorter takes files by name; NUL keeps the documents of a file in order and before any longer name.
			key := fmt.Sprintf("%s\x00%06d", found.path, found.index)
			heads[key], byKey[key] = escapeForYAML(string(head)), found
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(heads, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, sorterFailure(err)
	}
	objects := []RenderedObject{}
	add := func(key string, hook *Hook) error {
		found := byKey[key]
		delete(byKey, key)
		items, err := found.objects(hook)
		objects = append(objects, items...)
		return err
	}
	for _, sorted := range manifests {
		if err := add(sorted.Name, nil); err != nil {
			return nil, err
		}
	}
	for _, sorted := range hooks {
		hook := &Hook{Weight: sorted.Weight, Events: []string{}, DeletePolicies: []string{}}
		for _, event := range sorted.Events {
			hook.Events = append(hook.Events, event.String())
		}
		for _, policy := range sorted.DeletePolicies {
			hook.DeletePolicies = append(hook.DeletePolicies, policy.String())
		}
		if err := add(sorted.Path, hook); err != nil {
			return nil, err
		}
	}
	r.noticeLeftOut(byKey)
	return objects, nil
}

// notInYAML are the characters that JSON may hold as they are and Helm's parser of YAML refuses.
var notInYAML = regexp.MustCompile(`[\x{7f}-\x{84}\x{86}-\x{9f}\x{feff}\x{fffe}\x{ffff}]`)

func escapeForYAML(encoded string) string {
	return notInYAML.ReplaceAllStringFunc(encoded, func(char string) string {
		return fmt.Sprintf(`\u%04x`, []rune(char)[0])
	})
}

// noticeLeftOut tells of objects that Helm drops silently: those with a hook event that it does not know.
func (r *manifestReader) noticeLeftOut(left map[string]*manifest) {
	for _, key := range slices.Sorted(maps.Keys(left)) {
		r.notices.add(fmt.Sprintf("%s: document %d is left out: its hook event is unknown", left[key].path, left[key].index))
	}
}

// parse reads the documents of one rendered file. Documents that hold nothing are counted but not returned.
func (r *manifestReader) parse(name, text string) ([]*manifest, error) {
	var manifests []*manifest
	for index, part := range splitDocuments(text) {
		body, err := r.parseDocument(name, part)
		if err != nil {
			return nil, err
		}
		if string(body) == "null" {
			continue
		}
		found := &manifest{path: name, index: index, body: body}
		if err := json.Unmarshal(body, &found.head); err != nil {
			return nil, fail(CodeManifestInvalid, Place{File: name, Line: part.line}, "this is not a Kubernetes object: %s",
				wrongType(err))
		}
		manifests = append(manifests, found)
	}
	return manifests, nil
}

// wrongType says what stands where a map should be.
func wrongType(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err.Error()
	}
	if wrong.Field == "" {
		return "it is of type " + wrong.Value
	}
	return wrong.Field + " is of type " + wrong.Value
}

func (r *manifestReader) parseDocument(name string, part textPart) (json.RawMessage, error) {
	// Helm writes a line end behind each document before it parses the whole. A block scalar at the end of a template
	// that ends without one shows the difference.
	part.text += "\n"
	body, strictError := yaml.YAMLToJSONStrict([]byte(part.text))
	if strictError != nil {
		var err error
		if body, err = yaml.YAMLToJSON([]byte(part.text)); err != nil {
			place, message := placeYAMLError(part.text, kubectlParse, err)
			return nil, fail(CodeManifestInvalid, place.shifted(name, part.line-1), "the rendered text is not YAML: %s", message)
		}
		// A merge that overrides a key is a duplicate to the strict parser, but not a mistake.
		if !strings.Contains(part.text, "<<:") {
			r.notices.add(duplicateNotice(name, part, strictError))
		}
	}
	if limit := r.limits.Depth; limit > 0 && nesting(body) > limit {
		return nil, fail(CodeManifestInvalid, Place{File: name, Line: part.line}, "the object is nested deeper than %d", limit)
	}
	return body, nil
}

var duplicateKey = regexp.MustCompile(`line (\d+): key (".*") already set in map`)

func duplicateNotice(name string, part textPart, err error) string {
	match := duplicateKey.FindStringSubmatch(err.Error())
	if match == nil {
		return fmt.Sprintf("%s:%d: the document has duplicate keys", name, part.line)
	}
	line, _ := strconv.Atoi(match[1])
	return fmt.Sprintf("%s:%d: the key %s is written twice; the last one counts", name, line+part.line-1, match[2])
}

var sorterError = regexp.MustCompile(`(?s)^YAML parse error on (.*?)(?:\x00\d+)?: (?:error unmarshaling JSON: while decoding JSON: )?(?:json: )?(.*)$`)

func sorterFailure(err error) *Failure {
	if match := sorterError.FindStringSubmatch(err.Error()); match != nil {
		return fail(CodeManifestInvalid, Place{File: match[1]}, "this is not a Kubernetes object: %s", match[2])
	}
	return fail(CodeManifestInvalid, Place{}, "%v", err)
}

// objects are the objects of one document: itself, or the items of a list, as kubectl takes them apart.
func (m *manifest) objects(hook *Hook) ([]RenderedObject, error) {
	var kind, apiVersion string
	for raw, into := range map[*json.RawMessage]*string{&m.head.Kind: &kind, &m.head.APIVersion: &apiVersion} {
		if len(*raw) > 0 && json.Unmarshal(*raw, into) != nil {
			return nil, m.invalid("apiVersion and kind must be strings")
		}
	}
	if kind == "" || apiVersion == "" {
		return nil, m.invalid("the object has no apiVersion or no kind")
	}
	var list struct {
		Items *[]json.RawMessage `json:"items"`
	}
	if !strings.HasSuffix(kind, "List") || json.Unmarshal(m.body, &list) != nil || list.Items == nil {
		return []RenderedObject{{Path: m.path, Index: m.index, Manifest: m.body, Hook: hook}}, nil
	}
	objects := []RenderedObject{}
	for _, item := range *list.Items {
		inner := &manifest{path: m.path, index: m.index, body: item}
		if err := inner.adopt(strings.TrimSuffix(kind, "List"), apiVersion); err != nil {
			return nil, err
		}
		found, err := inner.objects(hook)
		if err != nil {
			return nil, err
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

// adopt gives an item of a typed list, such as a RoleList, the kind that it need not repeat.
func (m *manifest) adopt(kind, apiVersion string) error {
	if json.Unmarshal(m.body, &m.head) != nil {
		return m.invalid("an item of the list is not an object")
	}
	if len(m.head.Kind) > 0 || kind == "" {
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(m.body, &object); err != nil || object == nil {
		return m.invalid("an item of the list is not an object")
	}
	var err error
	for key, text := range map[string]string{"kind": kind, "apiVersion": apiVersion} {
		if object[key], err = marshal(text); err != nil {
			return err
		}
	}
	m.head.Kind, m.head.APIVersion = object["kind"], object["apiVersion"]
	m.body, err = marshal(object)
	return err
}

func (m *manifest) invalid(message string) *Failure {
	return fail(CodeManifestInvalid, Place{File: m.path}, "document %d: %s", m.index, message)
}

// crds are the objects in crds/ of the chart and its enabled subcharts. Helm does not run them through templates.
func (r *manifestReader) crds(c *chart.Chart) ([]RenderedObject, error) {
	objects := []RenderedObject{}
	for _, crd := range c.CRDObjects() {
		manifests, err := r.parse(crd.Filename, string(crd.File.Data))
		if err != nil {
			return nil, err
		}
		for _, found := range manifests {
			items, err := found.objects(nil)
			if err != nil {
				return nil, err
			}
			objects = append(objects, items...)
		}
	}
	return objects, nil
}
