package main

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"
)

var (
	// templatePlace is how text/template and Helm write a position: file:line or file:line:column.
	templatePlace = regexp.MustCompile(`([^\s():"]+):(\d+)(?::(\d+))?`)
	// tplText is the whole text given to `tpl`, which Helm prints and which may hold anything.
	tplText = regexp.MustCompile(`(cannot parse template|error during tpl function execution for) "(?:[^"\\]|\\.)*"`)
	// leadingPlace is what Helm puts in front of a message; the failure says it in fields.
	leadingPlace = regexp.MustCompile(`^(?:execution|parse) error (?:at|in) \([^()]*\): |^template: \S+:\d+:\d+: executing "[^"]*" at <[^\n]*?>: `)
	syntaxPlace  = regexp.MustCompile(`^template: \S+:\d+: `)
	placeOnly    = regexp.MustCompile(`^[^\s():"]+:\d+(?::\d+)?$`)
)

const maxMessage = 2000

// templateFailure places an error of the engine: the innermost template file that it names is where to look first,
// the others are how the execution got there.
func templateFailure(err error, texts map[string]templateText) *Failure {
	full := tplText.ReplaceAllString(err.Error(), "$1 a text")
	failure := &Failure{Code: CodeTemplateFailed, Message: innermostMessage(full)}
	for _, match := range templatePlace.FindAllStringSubmatch(full, -1) {
		text, known := texts[match[1]]
		if !known {
			continue
		}
		place := Place{File: match[1]}
		place.Line, _ = strconv.Atoi(match[2])
		if match[3] != "" {
			column, _ := strconv.Atoi(match[3])
			if place.Line == 1 {
				column -= text.prefix
			}
			place.Column = max(column, 0) + 1 // text/template counts columns from 0.
		}
		if len(failure.Details) == 0 || failure.Details[len(failure.Details)-1].Place != place {
			failure.Details = append(failure.Details, Detail{Message: "called from here", Place: place})
		}
	}
	if count := len(failure.Details); count > 0 {
		failure.Place = failure.Details[count-1].Place
		failure.Details = failure.Details[:count-1]
	}
	if strings.HasPrefix(full, "parse error") {
		failure.Message = cmp.Or(syntaxError(failure.File, texts[failure.File].written), failure.Message)
	}
	return failure
}

// syntaxError is what the parser says of the template as written: what was added at its end can turn an action that
// is not closed into something else.
func syntaxError(name, text string) string {
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	_, err := tree.Parse(text, "", "", map[string]*parse.Tree{})
	if err == nil {
		return ""
	}
	return syntaxPlace.ReplaceAllString(err.Error(), "")
}

// innermostMessage is the last of Helm's chained messages: one a line, each below its place.
func innermostMessage(full string) string {
	full = strings.ReplaceAll(full, enterFunction, "template")
	lines := strings.Split(strings.TrimSpace(full), "\n")
	start := 0
	for index, line := range lines {
		if placeOnly.MatchString(line) {
			start = index + 1
			if start < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[start]), "executing ") {
				start++
			}
		}
	}
	message := full
	if start > 0 && start < len(lines) {
		message = strings.Join(lines[start:], "\n")
	}
	message = strings.TrimSpace(leadingPlace.ReplaceAllString(strings.TrimSpace(message), ""))
	if len(message) > maxMessage {
		message = message[:maxMessage] + " …"
	}
	return message
}
