package main

import (
	"bytes"

	yamlv3 "go.yaml.in/yaml/v3"
)

// indexParts is an index cut into documents of their own, one for each version of each chart. A parser's tree of a
// whole index takes many times its size; those of single entries come and go.
type indexParts struct {
	head    []byte
	entries []indexPart
}

type indexPart struct {
	name string
	line int
	text []byte
}

// cutIndex cuts an index that is written as Helm writes it: in block style, each chart at one depth under `entries:`,
// each version after a dash at one depth under its chart.
//
// Such a cut never changes what the index means. What is inside of an entry stands deeper than its dash, but for
// quoted texts and flow collections that go on in the next line; where one of those is cut, its first half is no
// document, and neither is an entry whose anchor stands in another one. Whoever reads the parts then reads the whole.
func cutIndex(text []byte) (*indexParts, bool) {
	cutting := &indexCutting{text: text, parts: &indexParts{}, names: map[string]bool{}}
	for start, number := 0, 1; start < len(text); number++ {
		end := len(text)
		if length := bytes.IndexByte(text[start:], '\n'); length >= 0 {
			end = start + length + 1
		}
		if !cutting.line(start, end, number) {
			return nil, false
		}
		start = end
	}
	cutting.closeEntry(len(text))
	return cutting.parts, cutting.found
}

type indexCutting struct {
	text  []byte
	parts *indexParts
	names map[string]bool

	begun, found, inside  bool
	chartDepth, dashDepth int
	chart                 string
	chartOpen             bool
	start, startLine      int
}

// line takes one line; false when the index is not written as expected.
func (c *indexCutting) line(start, end, number int) bool {
	line := c.text[start:end]
	content := bytes.TrimLeft(line, " ")
	depth := len(line) - len(content)
	content = bytes.TrimRight(content, " \r\n")
	if len(content) == 0 || content[0] == '#' {
		if !c.inside {
			c.parts.head = append(c.parts.head, line...)
		}
		return true
	}
	if content[0] == '\t' || depth == 0 && (content[0] == '%' || bytes.HasPrefix(content, []byte("..."))) {
		return false
	}
	if depth == 0 && bytes.HasPrefix(content, []byte("---")) {
		return len(bytes.TrimSpace(c.parts.head)) == 0 && !c.found && len(content) == 3
	}
	if depth == 0 {
		return c.topLine(line, content, start)
	}
	if !c.inside {
		c.parts.head = append(c.parts.head, line...)
		return c.begun // A document that begins deeper ends where the first key stands at the left.
	}
	return c.entryLine(content, depth, start, number)
}

func (c *indexCutting) topLine(line, content []byte, start int) bool {
	c.closeEntry(start)
	c.begun, c.inside, c.chartOpen = true, false, false
	if bytes.Equal(content, []byte("entries:")) {
		if c.found {
			return false
		}
		c.found, c.inside, c.chartDepth = true, true, 0
		return true
	}
	c.parts.head = append(c.parts.head, line...)
	return true
}

func (c *indexCutting) entryLine(content []byte, depth, start, number int) bool {
	if c.chartDepth == 0 {
		c.chartDepth = depth
	}
	dash := content[0] == '-' && (len(content) == 1 || content[1] == ' ')
	switch {
	case depth < c.chartDepth:
		return false
	case depth == c.chartDepth && !dash:
		c.closeEntry(start)
		return c.openChart(content)
	case !c.chartOpen:
		return false
	case c.dashDepth < 0:
		if !dash {
			return false
		}
		c.dashDepth = depth
	}
	if depth < c.dashDepth || depth == c.dashDepth && !dash {
		return false
	}
	if depth == c.dashDepth {
		c.closeEntry(start)
		c.start, c.startLine = start, number
	}
	return true
}

// openChart reads a line such as `  redis:`; `redis: []` has no versions.
func (c *indexCutting) openChart(content []byte) bool {
	var line map[string][]struct{}
	if err := yamlv3.Unmarshal(content, &line); err != nil || len(line) != 1 {
		return false
	}
	for name, versions := range line {
		if c.names[name] || len(versions) > 0 {
			return false // Read as a whole, which tells what is wrong with it.
		}
		c.names[name] = true
		c.chart, c.chartOpen = name, content[len(content)-1] == ':'
	}
	c.dashDepth = -1
	return true
}

func (c *indexCutting) closeEntry(end int) {
	if c.startLine > 0 {
		c.parts.entries = append(c.parts.entries, indexPart{c.chart, c.startLine, c.text[c.start:end]})
		c.startLine = 0
	}
}
