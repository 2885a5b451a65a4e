package main

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// headline is an object as `path#index kind/name`, with its hook's events.
func headline(t *testing.T, object RenderedObject) string {
	t.Helper()
	var head struct {
		Kind     string
		Metadata struct{ Name string }
	}
	if err := json.Unmarshal(object.Manifest, &head); err != nil {
		t.Fatal(err)
	}
	line := object.Path + " " + head.Kind + "/" + head.Metadata.Name
	if object.Hook != nil {
		line += " " + strings.Join(object.Hook.Events, "+")
	}
	return line
}

func TestTestdataCharts(t *testing.T) {
	wanted := map[string][]string{
		"hooks": {
			"hooks/templates/plain.yaml ServiceAccount/rel",
			"hooks/templates/plain.yaml Deployment/rel-web",
			"hooks/templates/tests/connection.yaml Pod/rel-test test",
			"hooks/templates/jobs.yaml Job/rel-announce post-install",
			"hooks/templates/jobs.yaml Job/rel-cleanup pre-delete",
			"hooks/templates/jobs.yaml Job/rel-migrate pre-install+pre-upgrade",
		},
		"crds":         {"crds/templates/probe.yaml ConfigMap/rel-probe"},
		"notes":        {"notes/charts/inner/templates/cm.yaml ConfigMap/inner"},
		"library-user": {"library-user/templates/service.yaml Service/rel"},
		"subcharts": {
			"subcharts/charts/db/templates/cm.yaml ConfigMap/rel-db",
			"subcharts/charts/metrics/templates/cm.yaml ConfigMap/rel-metrics",
			"subcharts/charts/pages/templates/cm.yaml ConfigMap/rel-pages",
			"subcharts/charts/sessions/templates/cm.yaml ConfigMap/rel-sessions",
			"subcharts/charts/unlisted/templates/cm.yaml ConfigMap/rel-unlisted",
			"subcharts/templates/top.yaml ConfigMap/rel-top",
		},
		"numbers": {"numbers/templates/cm.yaml ConfigMap/numbers"},
		"schema":  {"schema/templates/cm.yaml ConfigMap/schema"},
		"documents": {
			"documents/templates/big.yaml Namespace/first",
			"documents/templates/odd.yaml ConfigMap/right-behind-the-marker",
			"documents/templates/odd.yaml ConfigMap/scalars",
			"documents/templates/odd.yaml Role/reader",
			"documents/templates/big.yaml Aardvark/a",
			"documents/templates/odd.yaml ConfigMap/in-list",
			"documents/templates/odd.yaml Secret/in-list",
			"documents/templates/big.yaml Zebra/z",
		},
		"lookup": {"lookup/templates/cm.yaml ConfigMap/rel"},
		"tape": {
			"tape/templates/secret.yaml Secret/rel",
			"tape/templates/all.yaml ConfigMap/rel-all",
			"tape/templates/deployment.yaml Deployment/rel",
		},
	}
	worker := newWorker(0)
	folders, err := os.ReadDir("testdata/charts")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		t.Run(folder.Name(), func(t *testing.T) {
			var got []string
			for _, object := range mustRender(t, worker, packTestdata(t, folder.Name()), nil).Objects {
				got = append(got, headline(t, object))
			}
			if !slices.Equal(got, wanted[folder.Name()]) {
				t.Errorf("got\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

func TestRendersDoNotTouchTheCachedChart(t *testing.T) {
	worker := newWorker(1 << 20)
	archive := packTestdata(t, "subcharts")
	first := mustRender(t, worker, archive, nil)
	off := map[string]any{"values": map[string]any{"db": map[string]any{"enabled": false}}}
	if without := mustRender(t, worker, archive, off); len(without.Objects) != len(first.Objects)-1 {
		t.Errorf("got %d objects", len(without.Objects))
	}
	if again := mustRender(t, worker, archive, nil); !reflect.DeepEqual(first, again) {
		t.Error("a render changed the next one")
	}
}

func TestOnlyTheNamedFilesAreRead(t *testing.T) {
	worker := newWorker(1 << 20)
	archive := packFiles(t, map[string]string{
		"Chart.yaml":            "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
		"crds/a.yaml":           "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n",
		"templates/deep/a.yaml": "{{- $_ := set .Values \"n\" 2 }}apiVersion: v1\nkind: A\nmetadata: {name: a}\n",
		"templates/b.yaml":      "apiVersion: v1\nkind: B\nmetadata: {name: \"{{ .Values.n }}\"}\n",
		"templates/bad.yaml":    "kind: [\n",
	})
	rendered := mustRender(t, worker, archive, map[string]any{"only": []string{"chart/templates/b.yaml"}})
	if len(rendered.Objects) != 1 || len(rendered.CRDs) != 0 || !strings.Contains(string(rendered.Objects[0].Manifest), `"name":"2"`) {
		t.Errorf("got %v", rendered.Objects)
	}
}

func TestValuesThatFitOnceAreNotTakenForOthers(t *testing.T) {
	worker := newWorker(1 << 20)
	archive := packFiles(t, map[string]string{
		"Chart.yaml":         "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
		"values.schema.json": `{"properties": {"n": {"type": "integer"}}}`,
		"templates/a.yaml":   "apiVersion: v1\nkind: A\nmetadata: {name: a}\n",
	})
	for _, good := range []bool{true, false, true, true, false} {
		values := map[string]any{"n": 1}
		if !good {
			values["n"] = "one"
		}
		_, failure := renderChart(t, worker, archive, map[string]any{"values": values, "only": []string{}})
		if (failure == nil) != good {
			t.Errorf("values %v: got %v", values, failure)
		}
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	charts := newCharts(10)
	for _, digest := range []string{"a", "b", "c"} {
		charts.add(&ParsedChart{Digest: digest, Bytes: 5})
		charts.find("a")
	}
	if charts.find("a") == nil || charts.find("b") != nil || charts.find("c") == nil {
		t.Error("the least recently used chart should have gone")
	}
	charts.add(&ParsedChart{Digest: "large", Bytes: 50})
	if charts.find("large") == nil || charts.find("c") != nil || charts.used != 50 {
		t.Error("a chart over the limit should stay alone")
	}
}

func TestARenderOfAnUnknownChartSaysSo(t *testing.T) {
	_, failure := ask[Rendered](t, newWorker(0), "render", RenderInput{Chart: "sha256:00"}, nil)
	if failure == nil || failure.Code != CodeChartUnknown {
		t.Errorf("got %v", failure)
	}
}

func TestWarningsOfHelmAreToldWithoutValues(t *testing.T) {
	archive := packFiles(t, map[string]string{
		"Chart.yaml":  "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
		"values.yaml": "a: {b: {c: 1}}\n",
	})
	values := map[string]any{"values": map[string]any{"a": map[string]any{"b": "hunter2"}}}
	rendered := mustRender(t, newWorker(0), archive, values)
	if len(rendered.Warnings) != 1 || strings.Contains(rendered.Warnings[0], "map[") ||
		!strings.Contains(rendered.Warnings[0], "chart.a.b") {
		t.Errorf("got %q", rendered.Warnings)
	}
}

// renderText renders a chart of one template.
func renderText(t *testing.T, text string) (Rendered, *Failure) {
	t.Helper()
	archive := packFiles(t, map[string]string{
		"Chart.yaml":       "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
		"templates/x.yaml": text,
	})
	return renderChart(t, newWorker(0), archive, nil)
}

func TestATypedListThatMakesNoSenseIsAnError(t *testing.T) {
	_, failure := renderText(t, "apiVersion: v1\nkind: RoleList\nitems: [null]\n")
	if failure == nil || failure.Code != CodeManifestInvalid {
		t.Errorf("got %v", failure)
	}
}

func TestAnItemTakesTheKindOfItsListAsItIsWritten(t *testing.T) {
	rendered, failure := renderText(t, "apiVersion: v1\nkind: \"\\x01\\x7fList\"\nitems: [{metadata: {name: x}}]\n")
	if failure != nil {
		t.Fatal(failure)
	}
	if line := headline(t, rendered.Objects[0]); line != "chart/templates/x.yaml \x01\x7f/x" {
		t.Errorf("got %q", line)
	}
}

func TestEveryCharacterOfAnAnnotationIsTaken(t *testing.T) {
	rendered, failure := renderText(t,
		"apiVersion: v1\nkind: Job\nmetadata:\n  name: x\n  annotations:\n    helm.sh/hook: test\n"+
			`    odd: "\x01\x7f\x84\x85\x86\x9f\u2028\ufeff\ufffe\uffff\U0001F600"`+"\n")
	if failure != nil {
		t.Fatal(failure)
	}
	if line := headline(t, rendered.Objects[0]); line != "chart/templates/x.yaml Job/x test" {
		t.Errorf("got %q", line)
	}
}

func TestTheSameWarningsComeEachTime(t *testing.T) {
	worker := newWorker(1 << 20)
	archive := packFiles(t, map[string]string{
		"Chart.yaml":         "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
		"values.schema.json": `{"properties": {"a": {"$ref": "urn:example:a"}}}`,
	})
	for range 2 {
		rendered := mustRender(t, worker, archive, nil)
		if len(rendered.Warnings) != 1 || !strings.Contains(rendered.Warnings[0], "urn:example:a") {
			t.Errorf("got %q", rendered.Warnings)
		}
	}
}
