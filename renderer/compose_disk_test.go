package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// diskCases are projects whose files name others: what comes of them in memory must be what the library makes of
// them on a disk.
var diskCases = map[string]map[string]string{
	"extends in the same file": {
		"compose.yaml": "services:\n  a: {extends: b, environment: {A: a}}\n  b: {image: b, environment: {A: b, B: b}}\n",
	},
	"extends of another file, twice": {
		"compose.yaml": `
services:
  a: {extends: {file: sub/base.yaml, service: one}, ports: ["1:1"], command: [x]}
  b: {extends: {file: sub/base.yaml, service: one}, labels: {l: "$$x"}}
volumes: {data: {}}
`,
		"sub/base.yaml": `
services:
  one:
    image: one
    extends: {service: two}
    volumes: ["./v:/v", "data:/data"]
    environment: {COST: "$$5", WHO: "${WHO:-nobody}"}
    env_file: [one.env]
    build: {context: ./build}
  two:
    extends: {file: ../deep/deep.yaml, service: three}
    ports: ["2:2"]
    environment: [TWO=2]
`,
		"sub/one.env":    "FROM_FILE=1\n",
		"deep/deep.yaml": "services: {three: {image: three, volumes: ['./w:/w'], healthcheck: {test: [CMD, x]}}}\n",
	},
	"extends through an anchor": {
		"compose.yaml": `
x-base: &base
  extends: {file: base.yaml, service: a}
  restart: always
services:
  a: {<<: *base, environment: {A: 1}}
  b: {<<: *base}
`,
		"base.yaml": "services: {a: {image: a, restart: 'no', cap_add: [X]}}\n",
	},
	"includes": {
		"compose.yaml": `
include:
  - a/compose.yaml
  - {path: b/compose.yaml, env_file: b/b.env, project_directory: b}
services:
  web: {image: web, depends_on: [db, cache], extends: {service: base}}
`,
		"a/compose.yaml": `
include: [inner/compose.yaml]
services:
  db: {image: "db:${VERSION:-1}", volumes: ["./db:/db", "data:/data"], env_file: db.env, build: ./x}
  base: {image: base, environment: {A: "$$A"}}
volumes: {data: {}}
secrets: {s: {file: ./s.txt}}
configs: {c: {file: ./c.txt}}
`,
		"a/db.env":             "DB=1\n",
		"a/inner/compose.yaml": "services: {inner: {image: inner, volumes: ['./i:/i'], extends: {file: ../../common.yaml, service: common}}}\n",
		"common.yaml":          "services: {common: {labels: {c: c}, volumes: ['./common:/common']}}\n",
		"b/compose.yaml":       "services: {cache: {image: 'cache:${VERSION}', environment: [VERSION]}}\n",
		"b/b.env":              "VERSION=7\n",
		"a/.env":               "VERSION=3\n",
	},
	"an include that is overridden": {
		"compose.yaml":   "include: [a/compose.yaml]\nservices:\n  db: {image: mine, environment: {B: 2}, ports: ['2:2']}\n",
		"a/compose.yaml": "services:\n  db: {image: theirs, environment: {A: 1, B: 1}, ports: ['1:1'], command: run}\n",
	},
	"one include by two ways": {
		"compose.yaml":   "include: [a/compose.yaml, b/compose.yaml]\n",
		"a/compose.yaml": "include: [../c/compose.yaml]\nservices: {a: {image: a}}\n",
		"b/compose.yaml": "include: [../c/compose.yaml]\nservices: {b: {image: b}}\n",
		"c/compose.yaml": "services: {c: {image: c, ports: ['1:1'], volumes: ['./v:/v']}}\n",
	},
	"several paths of an include": {
		"compose.yaml":   "include:\n  - path: [a/compose.yaml, a/over.yaml]\n",
		"a/compose.yaml": "services: {a: {image: a, environment: {A: 1}, ports: ['1:1']}}\n",
		"a/over.yaml":    "services: {a: {environment: {A: 2}, ports: !override ['2:2'], volumes: ['./x:/x']}}\n",
	},
	"an override of what extends": {
		"compose.yaml":          "services: {a: {extends: {file: base.yaml, service: a}, environment: {B: 1}}}\n",
		"compose.override.yaml": "services: {a: {environment: {A: 2}, command: !reset null, image: over}}\n",
		"base.yaml":             "services: {a: {image: a, environment: {A: 1}, command: base}}\n",
	},
}

func TestComposeReadsAsTheLibraryDoesOnADisk(t *testing.T) {
	for name, files := range diskCases {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			sent := map[string]*string{}
			for path, text := range files {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				sent[path] = &text
			}
			compose := []string{"compose.yaml"}
			if _, there := files["compose.override.yaml"]; there {
				compose = append(compose, "compose.override.yaml")
			}
			ours, theirs := inMemory(t, compose, sent), onDisk(t, compose)
			if !reflect.DeepEqual(ours, theirs) {
				t.Errorf("in memory:\n%s\non the disk:\n%s", pretty(ours), pretty(theirs))
			}
		})
	}
}

func inMemory(t *testing.T, compose []string, files map[string]*string) any {
	environment := map[string]*string{}
	for {
		input, _ := json.Marshal(&ComposeInput{Name: "shop", Compose: compose, Files: files, Environment: environment})
		answer, err := newWorker(1).compose(&Request{Op: "compose", Input: input})
		if err != nil {
			t.Fatal(err)
		}
		output := answer.(*ComposeOutput)
		if len(output.Files)+len(output.Variables) == 0 {
			return plain(t, output.Project)
		}
		for _, path := range output.Files {
			if strings.HasSuffix(path, ".env") {
				files = maps.Clone(files)
				files[path] = nil
			} else {
				t.Fatalf("%s is asked for", path)
			}
		}
		for _, variable := range output.Variables {
			environment[variable] = nil
		}
	}
}

func onDisk(t *testing.T, compose []string) any {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	details := types.ConfigDetails{WorkingDir: folder, Environment: types.Mapping{}}
	for _, name := range compose {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: filepath.Join(folder, name)})
	}
	project, err := loader.LoadWithContext(context.Background(), details, func(o *loader.Options) {
		o.SetProjectName("shop", false)
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(project)
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, []byte(strings.ReplaceAll(string(text), folder+"/", "")))
}

// plain is a project with clean paths: the library writes them with and without a leading dot.
func plain(t *testing.T, text []byte) any {
	var project any
	if err := json.Unmarshal(text, &project); err != nil {
		t.Fatal(err)
	}
	return cleaned(project)
}

func cleaned(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		for key, item := range typed {
			typed[key] = cleaned(item)
		}
	case []any:
		for index, item := range typed {
			typed[index] = cleaned(item)
		}
	case string:
		return strings.TrimPrefix(typed, "./")
	}
	return value
}

func pretty(value any) string {
	text, _ := json.MarshalIndent(value, "", "  ")
	return string(text)
}
