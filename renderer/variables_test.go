package main

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

func findReads(t *testing.T, files map[string]string) Variables {
	t.Helper()
	whole := map[string]string{"Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"}
	maps.Copy(whole, files)
	return loadVariables(t, packFiles(t, whole))
}

func loadVariables(t *testing.T, archive []byte) Variables {
	t.Helper()
	worker := newWorker(1 << 20)
	loaded, failure := ask[LoadedChart](t, worker, "load", nil, archive)
	if failure != nil {
		t.Fatal(failure)
	}
	found, failure := ask[Variables](t, worker, "variables", VariablesInput{loaded.Digest}, nil)
	if failure != nil {
		t.Fatal(failure)
	}
	return found
}

// lines writes the reads of a file as `path`, `path?` for presence, with `!` for required, `~` for dynamic and the
// default behind `=`.
func lines(found Variables, file string) []string {
	result := []string{}
	for _, template := range found.Templates {
		if template.Path != file {
			continue
		}
		for _, read := range template.Reads {
			line := strings.Join(read.Path, ".")
			if read.How == readPresence {
				line += "?"
			}
			if read.Required {
				line += "!"
			}
			if read.Dynamic {
				line += "~"
			}
			if read.Default != nil {
				line += "=" + string(read.Default)
			}
			result = append(result, line)
		}
		for _, unknown := range template.Unknown {
			result = append(result, fmt.Sprintf("unknown %s: %s", strings.Join(unknown.Path, "."), unknown.Reason))
		}
	}
	return result
}

func TestWhatATemplateReads(t *testing.T) {
	helpers := `{{define "name"}}{{.Values.name | default "x"}}{{end}}
{{define "image"}}{{.image.tag}}{{.root.Values.registry}}{{end}}
{{define "loop"}}{{.Values.depth}}{{include "loop" .}}{{include "other" .}}{{end}}
{{define "other"}}{{.Values.other}}{{include "loop" .}}{{end}}`
	cases := []struct{ name, template, reads string }{
		{"a field", `{{.Values.a.b}}`, "a.b"},
		{"the top", `{{$.Values.a}}`, "a"},
		{"a condition", `{{if .Values.a}}x{{end}}`, "a?"},
		{"a condition and its value", `{{if .Values.a}}{{.Values.a}}{{end}}`, "a"},
		{"with", `{{with .Values.a}}{{.b}}{{$.Values.c}}{{else}}{{.Values.d}}{{end}}`, "a? a.b c d"},
		{"range over a list", `{{range .Values.a}}{{.b}}{{end}}`, "a"},
		{"range over entries", `{{range $k, $v := .Values.a}}{{$k}}{{$v.x}}{{$.Values.y}}{{end}}`, "a y"},
		{"range over constants", `{{range list "a" "b"}}{{index $.Values . "x"}}{{end}}`, "a.x b.x"},
		{"default", `{{.Values.a | default 80}}`, `a=80`},
		{"default of another value", `{{default .Values.b .Values.a}}`, `a b`},
		{"coalesce", `{{coalesce .Values.a .Values.b "c"}}`, `a="c" b="c"`},
		{"required", `{{required "give it" .Values.a}}`, "a!"},
		{"index", `{{index .Values "a" "b.c"}}`, "a.b.c"},
		{"index of a list", `{{index .Values.a 0}}`, "a"},
		{"index by another value", `{{index .Values.a .Values.key}}`, "a key unknown a: the key is computed"},
		{"get", `{{get .Values.a "b"}}`, "a.b"},
		{"dig", `{{dig "b" "c" "d" .Values.a}}`, `a.b.c="d"`},
		{"pluck", `{{pluck "x" .Values.a .Values.b | first}}`, "a.x b.x"},
		{"hasKey", `{{if hasKey .Values.a "b"}}x{{end}}`, "a.b?"},
		{"keys", `{{keys .Values.a | join ","}}`, "a?"},
		{"a whole map", `{{toYaml .Values.a}}`, "a"},
		{"all values", `{{toYaml .Values}}`, ""},
		{"the context", `{{toYaml .}}`, ""},
		{"ternary", `{{ternary .Values.a "b" .Values.c}}`, "a c"},
		{"comparison", `{{if eq .Values.a "b"}}x{{end}}`, "a"},
		{"and", `{{if and .Values.a .Values.a.b}}x{{end}}`, "a? a.b?"},
		{"a variable", `{{$x := .Values.a}}{{$x.b}}`, "a.b"},
		{"an assignment", `{{$x := .Values.a}}{{if .Values.c}}{{$x = .Values.b}}{{end}}{{$x.y}}`, "a.y b.y c?"},
		{"an assignment in a loop", `{{$x := .Values.a}}{{range until 3}}{{$x.y}}{{$x = $.Values.b}}{{end}}`, "a.y b.y"},
		{"include", `{{include "name" .}}`, `name="x"`},
		{"template", `{{template "name" .}}`, `name="x"`},
		{"a part in an include", `{{include "image" (dict "image" .Values.web.image "root" $)}}`, "registry web.image.tag"},
		{"a name put together", `{{include (printf "%s" "name") .}}`, `name="x"`},
		{"a name out of values", `{{include .Values.n (dict "Values" .Values.part)}}`,
			"n part unknown part: the name of the template is computed"},
		{"recursion", `{{include "other" .}}`, "depth other"},
		{"another file", `{{include (print $.Template.BasePath "/other.yaml") .}}`, "elsewhere"},
		{"a part of a list", `{{$l := list . "x" .Values.a}}{{(index $l 0).Values.b}}{{(index $l 2).c}}`, "a.c b"},
		{"a list that grows", `{{$l := append (list . "x") .Values.a}}{{(index $l 2).c}}`, "a.c"},
		{"a dict", `{{$d := dict "a" .Values.a "b" .Values.b}}{{$d.a.x}}{{(get $d "b").y}}`, "a.x b.y"},
		{"a dict that is changed", `{{$d := dict}}{{$_ := set $d "a" .Values.a}}{{$d.a.x}}`, "a.x"},
		{"a dict that is printed", `{{dict "a" .Values.a | toJson}}`, "a"},
		{"merge", `{{$d := merge (dict) .Values.a .Values.b}}{{$d.x}}`, "a.x b.x"},
		{"merge of a copy", `{{$d := mergeOverwrite (deepCopy .Values.a) .Values.b}}{{$d.x}}`, "a.x b.x"},
		{"pick", `{{(pick .Values.a "x" "y").x}}`, "a.x a.y?"},
		{"tpl of a value", `{{tpl .Values.text .}}`, "elsewhere text~"},
		{"tpl of a map", `{{tpl (toYaml .Values.texts) .}}`, "elsewhere other texts~"},
		{"tpl of a constant", `{{tpl "{{.Values.a}}" .}}`, "a"},
		{"tpl of a file", `{{tpl (.Files.Get "files/a.txt") .}}`, "in.file"},
		{"tpl of any file", `{{range $p, $_ := .Files.Glob "*"}}{{tpl ($.Files.Get $p) $}}{{end}}`, "in.file"},
		{"tpl of a computed text", `{{tpl (.Values.a | replace "[" "{") (dict "x" .Values.part)}}`,
			"a~ part unknown part: the text that is used as a template is computed"},
		{"an unknown function", `{{frobnicate .Values.a}}`, "a"},
		{"methods of values", `{{(.Values.Table "a").b}}`, ""},
		{"not values", `{{.Release.Name}}{{.Chart.Name}}{{.Capabilities.APIVersions.Has "v1"}}{{now}}`, "-"},
	}
	for _, each := range cases {
		t.Run(each.name, func(t *testing.T) {
			found := findReads(t, map[string]string{
				"values.yaml":            "text: 'x {{.Values.elsewhere}}'\ntexts: {a: '{{.Values.elsewhere}}', b: ['{{.Values.other}}']}\n",
				"templates/_helpers.tpl": helpers,
				"templates/other.yaml":   "{{.Values.elsewhere}}",
				"templates/a.yaml":       each.template,
				"files/a.txt":            "{{.Values.in.file}}",
			})
			got := strings.Join(lines(found, "c/templates/a.yaml"), " ")
			if len(lines(found, "c/templates/a.yaml")) == 0 {
				got = "-"
			}
			if got != each.reads {
				t.Errorf("got  %s\nwant %s", got, each.reads)
			}
			if len(found.Mutates) > 0 {
				t.Errorf("mutates: %v", found.Mutates)
			}
		})
	}
}
