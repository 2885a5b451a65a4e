package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// How numbers of values reach the templates: as Helm reads them, which makes every number a float, or as written.
const (
	numbersHelm  = "helm"
	numbersExact = "exact"
)

// givenValues decodes the values of a request.
func givenValues(data json.RawMessage, numbers string) (map[string]any, error) {
	var values map[string]any
	var err error
	if numbers == numbersExact {
		var decoded any
		if decoded, err = unmarshalExact(data); err == nil {
			var isMap bool
			if values, isMap = decoded.(map[string]any); !isMap && decoded != nil {
				err = errors.New("not a map")
			}
		}
	} else {
		err = json.Unmarshal(data, &values)
	}
	if err != nil {
		return nil, fail(CodeRequestInvalid, Place{}, "the values are not a JSON object")
	}
	if values == nil {
		values = map[string]any{}
	}
	return values, nil
}

// exactDefaults reads values.yaml of the chart and its subcharts once more, this time keeping integers.
func exactDefaults(c *chart.Chart, into map[*chart.Chart]map[string]any) error {
	into[c] = c.Values
	for _, file := range c.Raw {
		if file.Name != "values.yaml" {
			continue
		}
		values, err := exactValues(file.Data)
		if err != nil {
			return fmt.Errorf("values.yaml of %s: %w", c.ChartFullPath(), err)
		}
		into[c] = values
	}
	for _, dependency := range c.Dependencies() {
		if err := exactDefaults(dependency, into); err != nil {
			return err
		}
	}
	return nil
}

// exactValues does what Helm's LoadValues does, documents merged in order, but keeps integers.
func exactValues(text []byte) (map[string]any, error) {
	values := map[string]any{}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		encoded, err := yaml.YAMLToJSON(document)
		if err != nil {
			return nil, err
		}
		decoded, err := unmarshalExact(encoded)
		if err != nil {
			return nil, err
		}
		if layer, ok := decoded.(map[string]any); ok {
			values = loader.MergeMaps(values, layer)
		}
	}
}
