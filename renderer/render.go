package main

import (
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
)

// RenderInput is everything that a render depends on.
type RenderInput struct {
	Chart   string `json:"chart"`
	Release struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
		Revision  int    `json:"revision"`
		IsUpgrade bool   `json:"isUpgrade"`
	} `json:"release"`
	Capabilities struct {
		KubeVersion string   `json:"kubeVersion"`
		APIVersions []string `json:"apiVersions"`
	} `json:"capabilities"`
	Values  json.RawMessage   `json:"values"`
	Numbers string            `json:"numbers"`
	Tape    []TapeEntry       `json:"tape"`
	Lookup  []json.RawMessage `json:"lookup"`
	// Only names the template files whose objects are wanted. All are rendered, since a template may change what the
	// next one sees; reading the texts is what costs. Null means all files, and CRDs.
	Only []string `json:"only"`
}

// Rendered is the answer to `render`.
type Rendered struct {
	Objects  []RenderedObject `json:"objects"`
	CRDs     []RenderedObject `json:"crds"`
	Notes    string           `json:"notes"`
	Tape     []TapeEntry      `json:"tape"`
	Warnings []string         `json:"warnings"`
}

const notesFile = "NOTES.txt"

// render does what `helm template` does, in its order, with all hidden inputs given.
func (w *Worker) render(request *Request) (any, error) {
	input, err := decode[RenderInput](request)
	if err != nil {
		return nil, err
	}
	parsed := w.charts.find(input.Chart)
	if parsed == nil {
		return nil, fail(CodeChartUnknown, Place{}, "the chart %s is not loaded", input.Chart)
	}
	c, err := parsed.copyFor(input.Numbers)
	if err != nil {
		return nil, fail(CodeChartInvalid, Place{}, "%v", err)
	}
	if failure := checkInstallable(c); failure != nil {
		return nil, failure
	}
	given, err := givenValues(input.Values, input.Numbers)
	if err != nil {
		return nil, err
	}
	hash := valuesHash(input.Values, input.Numbers)
	// A whole render checks each time, since schemas may give warnings.
	known := input.Only != nil && parsed.fitting == hash
	values, caps, err := w.resolve(input, parsed, c, given, known)
	if err != nil {
		return nil, err
	}
	parsed.fitting = hash
	tape := newTape(input.Tape)
	functions := tape.functions()
	if functions["lookup"], err = lookupIn(input.Lookup); err != nil {
		return nil, err
	}
	texts := observeTemplates(c)
	files, err := engine.Engine{CustomTemplateFuncs: functions}.Render(c, values)
	if err != nil {
		return nil, templateFailure(err, texts)
	}
	return w.collect(c, files, input.Only, tape, caps, request.Limits)
}

// resolve merges the values and decides what `.Capabilities` shows. Values that are known to fit are not checked.
func (w *Worker) resolve(
	input *RenderInput, parsed *ParsedChart, c *chart.Chart, given map[string]any, known bool,
) (common.Values, *common.Capabilities, error) {
	if err := chartutil.ValidateReleaseName(input.Release.Name); err != nil {
		return nil, nil, fail(CodeRequestInvalid, Place{}, "release name %q: %v", input.Release.Name, err)
	}
	if err := chartutil.ProcessDependencies(c, given); err != nil {
		return nil, nil, fail(CodeValuesRejected, Place{}, "%s", withoutValue(err.Error()))
	}
	caps, err := capabilities(input, c)
	if err != nil {
		return nil, nil, err
	}
	if !parsed.schemasChecked {
		// A subchart that is switched off may have any schema.
		if failure := checkSchemas(c); failure != nil {
			return nil, nil, failure
		}
		parsed.schemasChecked = checkSchemas(parsed.chart) == nil
	}
	options := common.ReleaseOptions{
		Name:      input.Release.Name,
		Namespace: input.Release.Namespace,
		Revision:  input.Release.Revision,
		IsUpgrade: input.Release.IsUpgrade,
		IsInstall: !input.Release.IsUpgrade,
	}
	values, err := commonutil.ToRenderValuesWithSchemaValidation(c, given, options, caps, known)
	if err != nil {
		return nil, nil, rejection(c, given, err)
	}
	return values, caps, nil
}

// checkInstallable refuses what `helm install` refuses before it looks at values.
func checkInstallable(c *chart.Chart) *Failure {
	if kind := c.Metadata.Type; kind != "" && kind != "application" {
		return fail(CodeChartInvalid, Place{File: "Chart.yaml"}, "%s charts are not installable", kind)
	}
	present := map[string]bool{}
	for _, dependency := range c.Dependencies() {
		present[dependency.Name()] = true
	}
	var missing []string
	for _, dependency := range c.Metadata.Dependencies {
		if !present[dependency.Name] {
			missing = append(missing, dependency.Name)
		}
	}
	if missing == nil {
		return nil
	}
	return fail(CodeChartInvalid, Place{File: "Chart.yaml", Key: "dependencies"},
		"dependencies that Chart.yaml names are missing in charts/: %s", strings.Join(missing, ", "))
}

// collect turns the texts that the engine made into objects, hooks, CRDs and notes.
func (w *Worker) collect(
	c *chart.Chart, files map[string]string, only []string, tape *Tape, caps *common.Capabilities, limits Limits,
) (any, error) {
	var size int64
	for _, text := range files {
		size += int64(len(text))
	}
	if limits.OutputBytes > 0 && size > limits.OutputBytes {
		return nil, outputTooLarge(size, limits)
	}
	notes := files[path.Join(c.Name(), "templates", notesFile)]
	for name := range files {
		if strings.HasSuffix(name, notesFile) || only != nil && !slices.Contains(only, name) {
			delete(files, name)
		}
	}
	reader := &manifestReader{limits: limits, notices: w.notes}
	objects, err := reader.objects(files)
	if err != nil {
		return nil, err
	}
	crds := []RenderedObject{}
	if only == nil {
		if crds, err = reader.crds(c); err != nil {
			return nil, err
		}
	}
	return &Rendered{
		Objects: objects, CRDs: crds, Notes: notes, Tape: tape.entries(),
		Warnings: w.notes.sorted(),
	}, nil
}

// rejection tells why the values do not fit. Helm's own text would print the offending values, so the violations are
// listed again.
func rejection(c *chart.Chart, given map[string]any, err error) *Failure {
	values, mergeError := commonutil.CoalesceValues(c, given)
	if mergeError != nil {
		return fail(CodeValuesRejected, Place{}, "%s", withoutValue(mergeError.Error()))
	}
	violations, schemaError := treeViolations(c, values, "")
	var failure *Failure
	if errors.As(schemaError, &failure) {
		return failure
	}
	if len(violations) == 0 {
		return fail(CodeValuesRejected, Place{}, "%s", withoutValue(err.Error()))
	}
	return &Failure{
		Code: CodeValuesRejected, Message: "the values do not fit the chart's schema: " + violations[0].line(),
		Place: violations[0].Place, Details: violations,
	}
}
