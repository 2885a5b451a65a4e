package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// bigIndex is an index as Helm writes it.
func bigIndex(charts, versions int) []byte {
	var text strings.Builder
	text.WriteString("apiVersion: v1\nentries:\n")
	for chart := range charts {
		fmt.Fprintf(&text, "  chart-%04d:\n", chart)
		for version := range versions {
			fmt.Fprintf(&text, `  - annotations:
      artifacthub.io/license: Apache-2.0
      category: Database
    apiVersion: v2
    appVersion: 7.%d.0
    created: "2026-01-02T03:04:05.678Z"
    dependencies:
    - name: common
      repository: https://charts.example.org
      tags:
      - common
      version: 2.x.x
    description: Chart number %d is a well-known open source thing that stores and finds what its users put there.
    digest: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    home: https://example.org/chart
    icon: https://example.org/icon.png
    keywords:
    - database
    - store
    maintainers:
    - name: Somebody
      url: https://example.org
    name: chart-%04d
    sources:
    - https://example.org/source
    urls:
    - https://example.org/chart-%04d-1.%d.0.tgz
    version: 1.%d.0
`, version, chart, chart, chart, version, version)
		}
	}
	text.WriteString("generated: \"2026-01-02T03:04:05Z\"\n")
	return []byte(text.String())
}

func TestMeasureIndex(t *testing.T) {
	if os.Getenv("MEASURE") == "" {
		t.Skip()
	}
	text := bigIndex(300, 40)
	for range 3 {
		began := time.Now()
		output := readIndex(t, text)
		took := time.Since(began)
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		t.Logf("%d bytes, %d rows: %v, sys %d MB", len(text), len(output.Rows), took, stats.Sys>>20)
	}
}

func readIndex(t *testing.T, text []byte) *IndexOutput {
	t.Helper()
	reading := &indexReading{}
	if failure := reading.read(text); failure != nil {
		t.Fatal(failure)
	}
	return reading.output()
}

func TestAnIndexThatIsCutSaysWhatTheWholeSays(t *testing.T) {
	for _, text := range []string{
		string(bigIndex(3, 3)),
		"apiVersion: v1\nentries:\n  a:\n  - version: 1.0.0\n    name: a\n    description: \"one\n\n  - two\n  b: three\"\n",
		"apiVersion: v1\nentries:\n    a:\n        - version: 1.0.0\n        - version: 2.0.0\n    b: []\n    'c d': []\n",
		"---\napiVersion: v1\nentries:\n  a:\n  - &one\n    version: 1.0.0\n    keywords: [x]\n  - <<: *one\n    version: 2.0.0\n",
		"apiVersion: v1\nentries:\n  a:\n  - version: 1.0.0\n    keywords: [x,\n  - y]\n",
		"apiVersion: v1\nentries:\n  a:\n  # versions\n  - version: 1.0.0\n    description: |\n      - one\n      b:\n  - version: 1.1.0-rc.1\n    keywords: no\n",
		"entries:\n  a:\n  - {version: 1.0.0}\n  - version: [1]\n  -\n  - null\napiVersion: v1\n",
	} {
		whole := &indexReading{}
		if failure := whole.readWhole([]byte(text)); failure != nil {
			// Both refuse it.
			if failure := (&indexReading{}).read([]byte(text)); failure == nil {
				t.Errorf("only the whole is refused:\n%s", text)
			}
			continue
		}
		wanted, given := whole.output(), readIndex(t, []byte(text))
		if a, b := encoded(t, wanted.Rows), encoded(t, given.Rows); a != b || len(wanted.Skipped) != len(given.Skipped) {
			t.Errorf("cut: %s %v\nwhole: %s %v\n%s", b, given.Skipped, a, wanted.Skipped, text)
		}
	}
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestVersionsAreChosenAsHelmDoes(t *testing.T) {
	all := []string{"1.2.3", "1.10.0", "2.0.0-rc.1", "v1.4.0", "nonsense", "0.9", "1.2.3+build"}
	for constraint, wanted := range map[string][]string{
		"":             {"2.0.0-rc.1", "1.10.0", "v1.4.0", "1.2.3", "1.2.3+build", "0.9"},
		"*":            {"1.10.0", "v1.4.0", "1.2.3", "1.2.3+build", "0.9"},
		"^1.2":         {"1.10.0", "v1.4.0", "1.2.3", "1.2.3+build"},
		"~1.2.0":       {"1.2.3", "1.2.3+build"},
		"1.2.3+build":  {"1.2.3+build", "1.2.3"},
		">0.0.0-0":     {"2.0.0-rc.1", "1.10.0", "v1.4.0", "1.2.3", "1.2.3+build", "0.9"},
		"1.x.x":        {"1.10.0", "v1.4.0", "1.2.3", "1.2.3+build"},
		"< 1 || ~1.10": {"1.10.0", "0.9"},
		"3.x":          {},
	} {
		input, _ := json.Marshal(VersionsInput{constraint, all})
		answer, err := newWorker(0).versions(&Request{Op: "versions", Input: input})
		if err != nil {
			t.Fatal(constraint, err)
		}
		if given := answer.(*VersionsOutput).Versions; !reflect.DeepEqual(given, wanted) {
			t.Errorf("%q: %v, not %v", constraint, given, wanted)
		}
	}
}

// What random hands do to an index: both ways of reading it must still say the same, or both refuse it.
func TestAnIndexThatIsCutSaysWhatTheWholeSaysWhateverIsWritten(t *testing.T) {
	snippets := []string{
		"  - version: 3.0.0", "    description: \"open", "    description: >-", "      folded", "  b:", "  b: []", "  b: ~", "  \"q: r\":",
		"    - odd", "-", "  -", "- version: 4.0.0", "  - &a {version: 5.0.0}", "  - *a", "    <<: *a", "# comment", "  # comment", "",
		"---", "...", "%YAML 1.1", "\tversion: 6.0.0", "    keywords: [x,", "    y]", "    keywords:", "    - z", "entries:", "entries: {}",
		"    home: 'it''s", "    b'", "  ? c", "  : - version: 7.0.0", "    version: 8.0.0", "   - version: 9.0.0", "    created: 2026-01-02",
		"  - - version: 1.0.0", "  - null", "  - version: [1]", "  - !!map {version: 1.0.0}", "  !!str d:", "    urls: [a, b]", "  a:",
	}
	base := strings.Split(string(bigIndex(2, 2)), "\n")
	random := rand.New(rand.NewPCG(7, 11))
	compared := 0
	for range 400 {
		lines := slices.Clone(base)
		for range 1 + random.IntN(4) {
			at := random.IntN(len(lines))
			switch random.IntN(5) {
			case 0:
				lines = slices.Delete(lines, at, at+1)
			case 1:
				lines[at] = " " + lines[at]
			case 2:
				lines[at] = strings.TrimPrefix(lines[at], "  ")
			default:
				lines = slices.Insert(lines, at, snippets[random.IntN(len(snippets))])
			}
		}
		text := strings.Join(lines, "\n")
		whole, given := &indexReading{}, &indexReading{}
		wrong, failure := whole.readWhole([]byte(text)), given.read([]byte(text))
		if (wrong == nil) != (failure == nil) {
			t.Fatalf("the whole: %v, cut: %v\n%s", wrong, failure, text)
		}
		if wrong != nil {
			continue
		}
		compared++
		if a, b := encoded(t, whole.output()), encoded(t, given.output()); a != b {
			t.Fatalf("the whole:\n%s\ncut:\n%s\n%s", a, b, text)
		}
	}
	if compared < 40 {
		t.Fatalf("only %d of the texts were indexes", compared)
	}
}
