package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"time"

	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"
)

// TestPlainScalarsResolveAsKubectlReadsThem asks both about many texts made of what makes scalars special.
func TestPlainScalarsResolveAsKubectlReadsThem(t *testing.T) {
	pieces := []string{
		"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "0", "1", "7", "9", "x", "o", "b", "e", "E",
		"+", "-", ".", "_", ":", "inf", "nan", "0x", "0o", "0b", "N", "T", "f", "é", "<<", "---", "#", "*",
	}
	random := rand.New(rand.NewSource(1))
	for range 20_000 {
		var text strings.Builder
		for range 1 + random.Intn(4) {
			text.WriteString(pieces[random.Intn(len(pieces))])
		}
		documents, failure := parseDocuments("key: "+text.String()+"\n", "", Limits{Depth: 10})
		if failure != nil {
			continue
		}
		var value map[string]any
		if err := yaml.Unmarshal([]byte("key: "+text.String()+"\n"), &value); err != nil {
			t.Fatalf("%q: %v", text.String(), err)
		}
		node := documents[0].Nodes[1]
		wanted := map[string]string{"string": "!!str", "bool": "!!bool", "<nil>": "!!null", "float64": "!!int !!float"}
		if kind := fmt.Sprintf("%T", value["key"]); !strings.Contains(wanted[kind], node.Tag) {
			t.Errorf("%q is %s for kubectl and %s for us", text.String(), kind, node.Tag)
		}
	}
}

// TestNodesAndValueHaveTheSameShape walks through documents that use what YAML has.
func TestNodesAndValueHaveTheSameShape(t *testing.T) {
	for _, text := range []string{
		"a: {b: [1, {c: 2}]}\nd: |\n  x\n", "- &x {a: 1}\n- <<: *x\n  b: 2\n- *x\n", "scalar\n",
		"base: &b {k: 1, l: 2}\nuse: {l: 3, <<: *b}\nlate: {<<: *b, l: 3}\n", "? a\n: b\n? c\n", "[]\n", "{}\n",
	} {
		documents, failure := parseDocuments(text, "", Limits{})
		if failure != nil {
			t.Fatalf("%q: %v", text, failure)
		}
		var value any
		if err := json.Unmarshal(documents[0].Value, &value); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, node := range documents[0].Nodes {
			got[strings.Join(node.Path, "/")] = node.Kind
		}
		want := map[string]string{}
		shape(value, "", want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func shape(value any, at string, into map[string]string) {
	inside := func(key string) string { return strings.TrimPrefix(at+"/"+key, "/") }
	switch typed := value.(type) {
	case map[string]any:
		into[at] = "map"
		for key, item := range typed {
			shape(item, inside(key), into)
		}
	case []any:
		into[at] = "list"
		for index, item := range typed {
			shape(item, inside(fmt.Sprint(index)), into)
		}
	default:
		into[at] = "scalar"
	}
}

func TestDocumentsAreSplitAsHelmSplitsThem(t *testing.T) {
	for _, text := range []string{
		"", "\n\n", "a: 1", "---\na: 1\n---\n\n\nb: 2\n", "---a: 1\n---b: 2", "a: |\n  x\n ---\n  y\n--- # c\nb: 1\n", "  ---\na: 1\n---\n---\n",
	} {
		helm := releaseutil.SplitManifests(text)
		parts := splitDocuments(text)
		if len(parts) != len(helm) {
			t.Errorf("%q: got %d documents, want %d", text, len(parts), len(helm))
		}
		for index, part := range parts {
			if part.text != helm[fmt.Sprintf("manifest-%d", index)] {
				t.Errorf("%q: document %d is %q", text, index, part.text)
			}
			lines := strings.SplitAfter(text, "\n")
			if from := strings.Join(lines[part.line-1:], ""); !strings.Contains(from, part.text) {
				t.Errorf("%q: document %d does not start in line %d", text, index, part.line)
			}
		}
	}
}

func TestALargeMapIsReadInLinearTime(t *testing.T) {
	var text strings.Builder
	for index := range 100_000 {
		fmt.Fprintf(&text, "key%d: %d\n", index, index)
	}
	started := time.Now()
	documents, failure := parseDocuments(text.String(), "", Limits{})
	if failure != nil || len(documents[0].Nodes) != 100_001 {
		t.Fatalf("got %v", failure)
	}
	if took := time.Since(started); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestNestingIsCounted(t *testing.T) {
	for text, want := range map[string]int{`1`: 0, `"[[["`: 0, `{"a\"[":[{}]}`: 3, `[[],[[]]]`: 3} {
		if got := nesting([]byte(text)); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}

func TestManyDocumentsAreSplitInLinearTime(t *testing.T) {
	started := time.Now()
	const count = 500_000
	text := strings.Repeat("---\n# é\na: 1\n", count)
	for name, parts := range map[string][]textPart{"stream": splitStream(text), "rendered": splitDocuments(text)} {
		if len(parts) != count || parts[count-1].line/3 != count-1 {
			t.Errorf("%s: %d parts, the last one in line %d", name, len(parts), parts[len(parts)-1].line)
		}
	}
	if took := time.Since(started); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestMergeKeysAreBounded merges what was merged before nine times over, again and again. Nothing of it is left in
// the result, so it has few nodes.
func TestMergeKeysAreBounded(t *testing.T) {
	for _, innermost := range []string{"{x: 1}", "{}"} {
		text := "k0: &k0 " + innermost + "\n"
		for index := 1; index < 20; index++ {
			again := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*k%d,", index-1), 9), ",")
			text += fmt.Sprintf("k%d: &k%d {<<: [%s]}\n", index, index, again)
		}
		_, failure := parseDocuments(text, "", Limits{YAMLNodes: 10_000, Depth: 100})
		if failure == nil || !strings.Contains(failure.Message, "merge keys bring in more than 10000") {
			t.Errorf("%s: got %v", innermost, failure)
		}
	}
}
