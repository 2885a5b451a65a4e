package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// SchemaInput asks whether values fit a JSON Schema; both are JSON texts.
type SchemaInput struct {
	Schema string `json:"schema"`
	Values string `json:"values"`
}

// SchemaOutput lists the violations; none means that the values fit.
type SchemaOutput struct {
	Violations []string `json:"violations"`
}

func (w *Worker) schema(request *Request) (any, error) {
	input, err := decode[SchemaInput](request)
	if err != nil {
		return nil, err
	}
	schema, failure := compileSchema([]byte(input.Schema), Place{})
	if failure != nil {
		return nil, failure
	}
	values, err := jsonschema.UnmarshalJSON(strings.NewReader(input.Values))
	if err != nil {
		return nil, fail(CodeRequestInvalid, Place{}, "the values are not JSON")
	}
	output := &SchemaOutput{Violations: []string{}}
	for _, violation := range violationsOf(schema.Validate(values), "") {
		output.Violations = append(output.Violations, violation.line())
	}
	return output, nil
}

const schemaURL = "file:///values.schema.json"

// offline refuses every reference out of the schema: Helm would fetch it, even from the local disk.
type offline struct{}

var errReference = errors.New("references out of the schema are not followed")

func (offline) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil // Helm accepts anything there.
	}
	return nil, errReference
}

// Helm warns of a URN once in the life of a process. Here each render does, since its result depends on its inputs alone.
func init() {
	commonutil.URNResolver = func(urn string) (any, error) {
		slog.Warn("unresolved URN reference ignored; using permissive schema", "urn", urn)
		return true, nil
	}
}

// compileSchema makes sure that the schema is one and that it is complete in itself.
func compileSchema(text []byte, place Place) (*jsonschema.Schema, *Failure) {
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fail(CodeSchemaInvalid, place, "the schema is not JSON: %v", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(offline{})
	if err = compiler.AddResource(schemaURL, decoded); err == nil {
		var schema *jsonschema.Schema
		if schema, err = compiler.Compile(schemaURL); err == nil {
			return schema, nil
		}
	}
	var outside *jsonschema.LoadURLError
	if errors.As(err, &outside) && errors.Is(outside.Err, errReference) {
		return nil, fail(CodeSchemaInvalid, place, "the schema refers to %s: references out of the schema are not followed",
			outside.URL)
	}
	return nil, fail(CodeSchemaInvalid, place, "the schema is not valid: %v", err)
}

// checkSchemas compiles the schemas of a chart and its subcharts once, before Helm, which would follow references.
func checkSchemas(c *chart.Chart) *Failure {
	if c.Schema != nil {
		if _, failure := compileSchema(c.Schema, Place{File: c.ChartFullPath() + "/values.schema.json"}); failure != nil {
			return failure
		}
	}
	for _, dependency := range c.Dependencies() {
		if failure := checkSchemas(dependency); failure != nil {
			return failure
		}
	}
	return nil
}

// treeViolations validates as Helm's ValidateAgainstSchema does: each chart against its part of the merged values.
func treeViolations(c *chart.Chart, values map[string]any, key string) ([]Detail, error) {
	var violations []Detail
	if c.Schema != nil {
		schema, failure := compileSchema(c.Schema, Place{File: c.ChartFullPath() + "/values.schema.json"})
		if failure != nil {
			return nil, failure
		}
		violations = violationsOf(schema.Validate(values), key)
	}
	for _, dependency := range c.Dependencies() {
		part, isMap := values[dependency.Name()].(map[string]any)
		if !isMap {
			continue
		}
		inner, err := treeViolations(dependency, part, joinKey(key, dependency.Name()))
		if err != nil {
			return nil, err
		}
		violations = append(violations, inner...)
	}
	return violations, nil
}

var english = message.NewPrinter(language.English)

// violationsOf flattens a validation error into the places that are wrong, by key. It never prints a value.
func violationsOf(err error, key string) []Detail {
	return slices.SortedStableFunc(slices.Values(flatten(err, key)), func(a, b Detail) int {
		return strings.Compare(a.line(), b.line())
	})
}

func flatten(err error, key string) []Detail {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		if err == nil {
			return nil
		}
		return []Detail{{Message: "the values cannot be validated", Place: Place{Key: key}}}
	}
	if len(invalid.Causes) > 0 {
		var violations []Detail
		for _, cause := range invalid.Causes {
			violations = append(violations, flatten(cause, key)...)
		}
		return violations
	}
	for _, part := range invalid.InstanceLocation {
		key = joinKey(key, part)
	}
	return []Detail{{Message: violationText(invalid.ErrorKind), Place: Place{Key: key}}}
}

func violationText(trouble jsonschema.ErrorKind) string {
	switch typed := trouble.(type) {
	case *kind.Pattern:
		return fmt.Sprintf("does not match pattern %q", typed.Want)
	case *kind.Format:
		return "is not a valid " + typed.Want
	default:
		return trouble.LocalizedString(english)
	}
}

func (d Detail) line() string {
	if d.Key == "" {
		return d.Message
	}
	return d.Key + ": " + d.Message
}

func joinKey(key, part string) string {
	if key == "" {
		return part
	}
	return key + "." + part
}
