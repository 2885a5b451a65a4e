package main

import (
	"path"
	"strconv"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// The engine does not tell a function which template calls it. So each template file gets an action in front and one
// at its end that print nothing and tell the tape. No line moves; columns of the first line are corrected when an
// error is placed (places.go).
const (
	enterFunction = "cantataEnter"
	leaveFunction = "cantataLeave"
)

// templateText is a template file as written, and how many bytes stand in front of its first line now.
type templateText struct {
	written string
	prefix  int
}

// observeTemplates replaces the templates of a chart, subcharts included. It returns them by the name that the engine
// gives them, which depends on aliases, so dependencies must have been processed.
func observeTemplates(c *chart.Chart) map[string]templateText {
	texts := map[string]templateText{}
	observeInto(c, texts)
	return texts
}

func observeInto(c *chart.Chart, texts map[string]templateText) {
	observed := make([]*common.File, 0, len(c.Templates))
	for _, file := range c.Templates {
		name := path.Join(c.ChartFullPath(), file.Name)
		text := string(file.Data)
		prefix := "{{" + enterFunction + " " + strconv.Quote(name) + " .}}"
		suffix := "{{" + leaveFunction + "}}"
		if strings.HasSuffix(text, "{") { // "{" and "{{" would be read as "{{" and "{".
			suffix = ""
		}
		texts[name] = templateText{written: text, prefix: len(prefix)}
		observed = append(observed, &common.File{
			Name: file.Name, ModTime: file.ModTime, Data: []byte(prefix + text + suffix),
		})
	}
	c.Templates = observed
	for _, dependency := range c.Dependencies() {
		observeInto(dependency, texts)
	}
}
