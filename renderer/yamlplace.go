package main

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

var yamlErrorPrefix = regexp.MustCompile(`^(?:error converting YAML to JSON: )?yaml: (?:unmarshal errors:\s*)?(?:line \d+: )?`)

// maxPlaced is the longest text in which an error is searched for: it is parsed some twenty times.
const maxPlaced = 128 << 10

var parserLine = regexp.MustCompile(`line (\d+): `)

// placeYAMLError finds where a YAML text breaks. The parsers name a line, often the one before or that of the
// enclosing block, and never a column. But they read from the front to the back: the shortest beginning of the text
// that already fails in the same way ends at the trouble.
func placeYAMLError(text string, parse func(string) error, err error) (Place, string) {
	message := yamlErrorPrefix.ReplaceAllString(err.Error(), "")
	// A converter may wrap the parser's error, so ask the parser itself.
	broken := parse(text)
	if broken == nil || len(text) > maxPlaced {
		place := Place{}
		if match := parserLine.FindStringSubmatch(err.Error()); match != nil {
			place.Line, _ = strconv.Atoi(match[1])
		}
		return place, message
	}
	wanted := broken.Error()
	end := sort.Search(len(text), func(length int) bool {
		found := parse(text[:runeStart(text, length)])
		return found != nil && found.Error() == wanted
	})
	spot := max(runeStart(text, end)-1, 0)
	// A missing token is noticed at the start of the next one: an error at a line's end means that line.
	lineStart := strings.LastIndexByte(text[:spot], '\n') + 1
	return Place{
		Line:   1 + strings.Count(text[:lineStart], "\n"),
		Column: 1 + utf8.RuneCountInString(text[lineStart:spot]),
	}, message
}

func runeStart(text string, offset int) int {
	for offset > 0 && offset < len(text) && !utf8.RuneStart(text[offset]) {
		offset--
	}
	return offset
}

// shifted is a place in a part of a file as a place in the whole file.
func (p Place) shifted(file string, lines int) Place {
	p.File = file
	if p.Line > 0 {
		p.Line += lines
	}
	return p
}
