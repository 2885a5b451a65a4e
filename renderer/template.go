package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	release "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"helm.sh/helm/v4/pkg/strvals"
)

// TemplateInput asks for what `helm template` prints. Values and numbers of a render are not looked at.
type TemplateInput struct {
	RenderInput
	Layers HelmValues `json:"layers"`
	// MoreAPIs are the versions of --api-versions, over those that Helm was built with.
	MoreAPIs    []string `json:"moreApis"`
	IncludeCRDs bool     `json:"includeCrds"`
	NoHooks     bool     `json:"noHooks"`
	SkipTests   bool     `json:"skipTests"`
	ShowOnly    []string `json:"showOnly"`
}

// HelmValues are the values options of the `helm` command. Contents are the files that Paths name.
type HelmValues struct {
	Files    []ValuesFile      `json:"files"`
	JSON     []string          `json:"json"`
	Values   []string          `json:"values"`
	Strings  []string          `json:"strings"`
	Paths    []string          `json:"paths"`
	Literals []string          `json:"literals"`
	Contents map[string]string `json:"contents"`
}

// ValuesFile is a file of values, with the name that errors call it by.
type ValuesFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// TemplateOutput is the answer to `template`.
type TemplateOutput struct {
	Text     string   `json:"text"`
	Warnings []string `json:"warnings"`
}

// template prints what `helm template` prints, byte for byte but for chance and the order of maps.
func (w *Worker) template(request *Request) (any, error) {
	input, err := decode[TemplateInput](request)
	if err != nil {
		return nil, err
	}
	parsed := w.charts.find(input.Chart)
	if parsed == nil {
		return nil, fail(CodeChartUnknown, Place{}, "the chart %s is not loaded", input.Chart)
	}
	c, err := parsed.copyFor(numbersHelm)
	if err != nil {
		return nil, fail(CodeChartInvalid, Place{}, "%v", err)
	}
	if failure := checkInstallable(c); failure != nil {
		return nil, failure
	}
	given, failure := input.Layers.merge(request.Limits)
	if failure != nil {
		return nil, failure
	}
	values, caps, err := w.resolve(&input.RenderInput, parsed, c, given, false)
	if err != nil {
		return nil, err
	}
	caps.APIVersions = append(caps.APIVersions, common.VersionSet(input.MoreAPIs)...)
	values["Capabilities"] = caps
	functions := newTape(nil).functions()
	if functions["lookup"], err = lookupIn(nil); err != nil {
		return nil, err
	}
	texts := observeTemplates(c)
	files, err := engine.Engine{CustomTemplateFuncs: functions}.Render(c, values)
	if err != nil {
		return nil, templateFailure(err, texts)
	}
	var crds bytes.Buffer
	if input.IncludeCRDs {
		for _, crd := range c.CRDObjects() {
			fmt.Fprintf(&crds, "---\n# Source: %s\n%s\n", crd.Filename, string(crd.File.Data))
		}
	}
	text, failure := input.print(files, crds.String(), request.Limits)
	if failure != nil {
		return nil, failure
	}
	return &TemplateOutput{Text: text, Warnings: w.notes.sorted()}, nil
}

// print is renderResources of Helm's actions, then the command itself.
func (input *TemplateInput) print(files map[string]string, crds string, limits Limits) (string, *Failure) {
	size := int64(len(crds))
	for name, text := range files {
		size += int64(len(text))
		if strings.HasSuffix(name, notesFile) {
			delete(files, name)
		}
	}
	if limits.OutputBytes > 0 && size > limits.OutputBytes {
		return "", outputTooLarge(size, limits)
	}
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return "", sorterFailure(err)
	}
	var objects, printed bytes.Buffer
	objects.WriteString(crds)
	for _, found := range manifests {
		fmt.Fprintf(&objects, "---\n# Source: %s\n%s\n", found.Name, found.Content)
	}
	fmt.Fprintln(&printed, strings.TrimSpace(objects.String()))
	for _, hook := range hooks {
		if !input.NoHooks && (!input.SkipTests || !slices.Contains(hook.Events, release.HookTest)) {
			fmt.Fprintf(&printed, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
		}
	}
	if len(input.ShowOnly) == 0 {
		return printed.String(), nil
	}
	return showOnly(printed.String(), input.ShowOnly)
}

var sourceName = regexp.MustCompile("# Source: [^/]+/(.+)")

// showOnly keeps the documents of some templates, which may be named by patterns.
func showOnly(text string, wanted []string) (string, *Failure) {
	documents := releaseutil.SplitManifests(text)
	keys := make([]string, 0, len(documents))
	for key := range documents {
		keys = append(keys, key)
	}
	sort.Sort(releaseutil.BySplitManifestsOrder(keys))
	var kept bytes.Buffer
	for _, pattern := range wanted {
		missing := true
		for _, key := range keys {
			match := sourceName.FindStringSubmatch(documents[key])
			if match == nil {
				continue
			}
			if fits, _ := filepath.Match(pattern, match[1]); fits {
				missing = false
				fmt.Fprintf(&kept, "---\n%s\n", documents[key])
			}
		}
		if missing {
			return "", fail(CodeTemplateUnknown, Place{File: pattern}, "the chart renders no template %s", pattern)
		}
	}
	return kept.String(), nil
}

// merge is MergeValues of Helm's options, with texts instead of paths.
func (v *HelmValues) merge(limits Limits) (map[string]any, *Failure) {
	values := map[string]any{}
	for _, file := range v.Files {
		layer, err := loader.LoadValues(strings.NewReader(file.Text))
		if err != nil {
			// Our parser is stricter, and tells the place.
			if _, failure := parseDocuments(file.Text, file.Name, limits); failure != nil {
				return nil, failure
			}
			return nil, fail(CodeYAMLInvalid, Place{File: file.Name}, "the values cannot be read: %v", err)
		}
		values = loader.MergeMaps(values, layer)
	}
	for _, text := range v.JSON {
		if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "{") {
			var layer map[string]any
			if json.Unmarshal([]byte(trimmed), &layer) != nil {
				return nil, fail(CodeOptionInvalid, Place{Key: "--set-json"}, "--set-json is no JSON object")
			}
			values = loader.MergeMaps(values, layer)
		} else if strvals.ParseJSON(text, values) != nil {
			return nil, fail(CodeOptionInvalid, Place{Key: "--set-json"}, "--set-json is not KEY=JSON")
		}
	}
	readFile := func(name []rune) (any, error) {
		text, known := v.Contents[string(name)]
		if !known {
			return nil, fmt.Errorf("the file %s was not sent", string(name))
		}
		return text, nil
	}
	for _, set := range []struct {
		option string
		texts  []string
		parse  func(string) error
	}{
		{"--set", v.Values, func(text string) error { return strvals.ParseInto(text, values) }},
		{"--set-string", v.Strings, func(text string) error { return strvals.ParseIntoString(text, values) }},
		{"--set-file", v.Paths, func(text string) error { return strvals.ParseIntoFile(text, values, readFile) }},
		{"--set-literal", v.Literals, func(text string) error { return strvals.ParseLiteralInto(text, values) }},
	} {
		for _, text := range set.texts {
			if err := set.parse(text); err != nil {
				return nil, fail(CodeOptionInvalid, Place{Key: set.option}, "%s cannot be read: %v", set.option, err)
			}
		}
	}
	return values, nil
}
