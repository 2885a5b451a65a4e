package main

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// Notices collects what Helm logs while it works: ignored keys, tables in place of values and the like. They become
// the warnings of a render.
type Notices struct{ lines []string }

// captureNotices redirects both loggers that Helm writes to.
func captureNotices() *Notices {
	notices := &Notices{}
	slog.SetDefault(slog.New(notices)) // This also redirects package log, so it comes first.
	log.SetFlags(0)
	log.SetOutput(notices)
	return notices
}

func (n *Notices) reset() { n.lines = nil }

// add keeps a line once: Helm merges the same values several times and says so each time.
func (n *Notices) add(line string) {
	if !slices.Contains(n.lines, line) {
		n.lines = append(n.lines, line)
	}
}

// sorted are the lines in a fixed order: Helm merges by the order of a Go map.
func (n *Notices) sorted() []string {
	return append([]string{}, slices.Sorted(slices.Values(n.lines))...)
}

// printedValue is the value that Helm appends to some of its messages. A value may be a secret.
var printedValue = regexp.MustCompile(`(?s) \(.*\)$|: %!t\(.*$`)

func withoutValue(line string) string { return printedValue.ReplaceAllString(line, "") }

func (n *Notices) Write(line []byte) (int, error) {
	n.add(withoutValue(strings.TrimPrefix(string(bytes.TrimSpace(line)), "warning: ")))
	return len(line), nil
}

func (n *Notices) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (n *Notices) Handle(_ context.Context, record slog.Record) error {
	text := record.Message
	record.Attrs(func(attr slog.Attr) bool {
		text += " " + attr.Key + "=" + attr.Value.String()
		return true
	})
	n.add(text)
	return nil
}

func (n *Notices) WithAttrs([]slog.Attr) slog.Handler { return n }

func (n *Notices) WithGroup(string) slog.Handler { return n }
