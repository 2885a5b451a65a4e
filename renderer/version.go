package main

import (
	"runtime"

	"helm.sh/helm/v4/pkg/chart/common"
)

// workerVersion changes when the same inputs could render differently because of the worker itself.
const workerVersion = "1"

// Version says which engine this is.
type Version struct {
	Helm        string   `json:"helm"`
	Worker      string   `json:"worker"`
	Go          string   `json:"go"`
	KubeVersion string   `json:"kubeVersion"`
	APIVersions []string `json:"apiVersions"`
}

// version tells the engine's version, and the capabilities that a render without given ones has.
func (w *Worker) version(*Request) (any, error) {
	defaults := common.DefaultCapabilities
	return &Version{
		Helm: defaults.HelmVersion.Version, Worker: workerVersion, Go: runtime.Version(),
		KubeVersion: defaults.KubeVersion.Version, APIVersions: defaults.APIVersions,
	}, nil
}
