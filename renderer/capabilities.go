package main

import (
	"slices"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"sigs.k8s.io/yaml"
)

// capabilities is what `.Capabilities` shows. Without API versions in the request it is what `helm template` shows:
// the versions that Helm was built with. With a cluster's API versions, those of the chart's own CRDs are added, since
// `helm install` creates the CRDs before it asks the cluster what it can do.
func capabilities(input *RenderInput, c *chart.Chart) (*common.Capabilities, error) {
	caps := common.DefaultCapabilities.Copy()
	if version := input.Capabilities.KubeVersion; version != "" {
		parsed, err := common.ParseKubeVersion(version)
		if err != nil {
			return nil, fail(CodeRequestInvalid, Place{}, "kube version %q: %v", version, err)
		}
		caps.KubeVersion = *parsed
	}
	if given := input.Capabilities.APIVersions; len(given) > 0 {
		versions := slices.Concat(given, crdVersions(c))
		slices.Sort(versions)
		caps.APIVersions = slices.Compact(versions)
	}
	if wanted := c.Metadata.KubeVersion; wanted != "" && !chartutil.IsCompatibleRange(wanted, caps.KubeVersion.String()) {
		return nil, fail(CodeChartIncompatible, Place{File: "Chart.yaml", Key: "kubeVersion"},
			"chart requires kubeVersion: %s which is incompatible with Kubernetes %s", wanted, caps.KubeVersion.Version)
	}
	return caps, nil
}

// crdHead is what an API version of a CRD is made of, in both versions of that kind.
type crdHead struct {
	Kind string `json:"kind"`
	Spec struct {
		Group string `json:"group"`
		Names struct {
			Kind string `json:"kind"`
		} `json:"names"`
		Version  string `json:"version"`
		Versions []struct {
			Name   string `json:"name"`
			Served bool   `json:"served"`
		} `json:"versions"`
	} `json:"spec"`
}

// crdVersions lists `group/version` and `group/version/Kind` of the CRDs in crds/ of the chart and its enabled
// subcharts. A document that is not a CRD, or not even YAML, is reported where it is read for good.
func crdVersions(c *chart.Chart) []string {
	var versions []string
	for _, crd := range c.CRDObjects() {
		for _, part := range splitDocuments(string(crd.File.Data)) {
			var head crdHead
			if yaml.Unmarshal([]byte(part.text), &head) != nil || head.Kind != "CustomResourceDefinition" {
				continue
			}
			served := []string{}
			for _, version := range head.Spec.Versions {
				if version.Served {
					served = append(served, version.Name)
				}
			}
			if len(head.Spec.Versions) == 0 && head.Spec.Version != "" {
				served = append(served, head.Spec.Version)
			}
			for _, version := range served {
				api := head.Spec.Group + "/" + version
				versions = append(versions, api, api+"/"+head.Spec.Names.Kind)
			}
		}
	}
	return versions
}
