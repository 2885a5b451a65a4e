package main

import (
	"errors"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yamlv4 "go.yaml.in/yaml/v4"
)

// target is what a node stands for: an alias's anchor, a document's root.
func target(node *yamlv4.Node) *yamlv4.Node {
	for node != nil {
		switch {
		case node.Kind == yamlv4.AliasNode:
			node = node.Alias
		case node.Kind == yamlv4.DocumentNode && len(node.Content) > 0:
			node = node.Content[0]
		default:
			return node
		}
	}
	return nil
}

func child(node *yamlv4.Node, key string) *yamlv4.Node {
	if node == nil || node.Kind != yamlv4.MappingNode {
		return nil
	}
	for index := 0; index+1 < len(node.Content); index += 2 {
		if node.Content[index].Value == key {
			return node.Content[index+1]
		}
	}
	return nil
}

// mergedChild looks into merge keys, too.
func mergedChild(node *yamlv4.Node, key string, depth int) *yamlv4.Node {
	if found := child(node, key); found != nil || depth > maxComposeDepth {
		return found
	}
	merged := target(child(node, "<<"))
	if merged == nil {
		return nil
	}
	sources := []*yamlv4.Node{merged}
	if merged.Kind == yamlv4.SequenceNode {
		sources = merged.Content
	}
	for _, source := range sources {
		if found := mergedChild(target(source), key, depth+1); found != nil {
			return found
		}
	}
	return nil
}

func removeChild(node *yamlv4.Node, key string) {
	for index := 0; index+1 < len(node.Content); index += 2 {
		if node.Content[index].Value == key {
			node.Content = slices.Delete(node.Content, index, index+2)
			return
		}
	}
}

// addChild puts a value under section.key; the section is made when it is not there.
func addChild(root *yamlv4.Node, section, key string, value any) error {
	node := new(yamlv4.Node)
	if err := node.Encode(value); err != nil {
		return err
	}
	parent := target(child(root, section))
	if parent == nil || parent.Kind != yamlv4.MappingNode {
		removeChild(root, section)
		parent = &yamlv4.Node{Kind: yamlv4.MappingNode, Tag: "!!map"}
		root.Content = append(root.Content, textNode(section), parent)
	}
	parent.Content = append(parent.Content, textNode(key), node)
	return nil
}

func textNode(text string) *yamlv4.Node {
	node := new(yamlv4.Node)
	node.SetString(text)
	return node
}

func put(tree map[string]any, section, key string, value any) {
	inner, ok := tree[section].(map[string]any)
	if !ok {
		inner = map[string]any{}
		tree[section] = inner
	}
	inner[key] = value
}

// escapeDollars keeps what was interpolated from being interpolated again.
func escapeDollars(value any) any {
	switch typed := value.(type) {
	case string:
		return strings.ReplaceAll(typed, "$", "$$")
	case map[string]any:
		escaped := make(map[string]any, len(typed))
		for key, item := range typed {
			escaped[key] = escapeDollars(item)
		}
		return escaped
	case []any:
		escaped := make([]any, len(typed))
		for index, item := range typed {
			escaped[index] = escapeDollars(item)
		}
		return escaped
	default:
		return value
	}
}

func dropBases(model map[string]any) {
	services, _ := model["services"].(map[string]any)
	maps.DeleteFunc(services, func(name string, _ any) bool { return strings.HasPrefix(name, basePrefix) })
}

func relative(from, to string) string {
	if found, err := filepath.Rel(from, to); err == nil {
		return found
	}
	return to
}

var (
	composeFile  = regexp.MustCompile(`^(?:failed to parse|validating) ([^:]+): `)
	composeKey   = regexp.MustCompile(`\b(?:services|volumes|networks|secrets|configs|include|jobs|models)(?:\.[A-Za-z0-9_.-]+|\[\d+\])*[A-Za-z0-9_\]]`)
	composeExtra = regexp.MustCompile(`^\s*additional properties '([^']+)'`)
	anyLine      = regexp.MustCompile(`\bline (\d+):? ?`)
	goNoise      = regexp.MustCompile(`^(?:yaml: |go-yaml: |unmarshal errors?:\s*)+`)
)

// failure tells an error of the library with the file and the line where they can be known.
func (c *composition) failure(err error) *Failure {
	var known *Failure
	if errors.As(err, &known) {
		return known
	}
	place, message := Place{}, err.Error()
	if match := composeFile.FindStringSubmatch(message); match != nil {
		place.File, message = match[1], message[len(match[0]):]
	} else if len(c.input.Compose) == 1 {
		place.File = c.input.Compose[0]
	}
	place.Line, message = errorLine(err), goNoise.ReplaceAllString(message, "")
	if place.Line > 0 {
		message = anyLine.ReplaceAllString(message, "")
	}
	for name, meaning := range c.bases {
		message = strings.ReplaceAll(message, name, meaning)
	}
	if match := composeExtra.FindStringSubmatch(message); match != nil {
		place.Key, message = match[1], match[1]+" is no key that docker compose knows"
	} else {
		place.Key = composeKey.FindString(message)
	}
	if place.Key != "" && place.Line == 0 {
		place.File, place.Line, place.Column = c.find(place.File, place.Key)
	}
	message = strings.Replace(message, " false schema", " is no key that docker compose knows", 1)
	return fail(CodeComposeInvalid, place, "%s", message)
}

// find gives the place of a key in the last file that has it, or of the deepest key above it.
func (c *composition) find(file, key string) (string, int, int) {
	names := slices.Clone(c.input.Compose)
	if file != "" {
		names = []string{file}
	}
	parts := strings.FieldsFunc(key, func(char rune) bool { return char == '.' || char == '[' || char == ']' })
	best, found, line, column := 0, file, 0, 0
	for _, name := range names {
		text := c.input.Files[name]
		if text == nil {
			continue
		}
		documents, err := composeNodes(*text)
		if err != nil {
			continue
		}
		for _, document := range documents {
			node, depth := target(document), 0
			for ; depth < len(parts); depth++ {
				next, at := step(node, parts[depth])
				if next == nil {
					break
				}
				if depth+1 >= best {
					best, found, line, column = depth+1, name, at.Line, at.Column
				}
				node = target(next)
			}
		}
	}
	return found, line, column
}

// placedDepth is how deep the places of keys are told: services, services.web, services.web.ports.
const placedDepth = 3

// places tells where keys of the compose files are written, the last file that has one counting.
func (c *composition) places() map[string]Place {
	found := map[string]Place{}
	for _, name := range c.input.Compose {
		text := c.input.Files[name]
		if text == nil {
			continue
		}
		documents, err := composeNodes(*text)
		if err != nil {
			continue
		}
		for _, document := range documents {
			placeKeys(found, name, "", target(document), 1)
		}
	}
	return found
}

func placeKeys(found map[string]Place, file, path string, node *yamlv4.Node, depth int) {
	if node == nil || node.Kind != yamlv4.MappingNode {
		return
	}
	for index := 0; index+1 < len(node.Content); index += 2 {
		key := joinKey(path, node.Content[index].Value)
		found[key] = Place{File: file, Line: node.Content[index].Line}
		if depth < placedDepth {
			placeKeys(found, file, key, target(node.Content[index+1]), depth+1)
		}
	}
}

// step goes down by a key or an index; the second node is where that is written.
func step(node *yamlv4.Node, part string) (*yamlv4.Node, *yamlv4.Node) {
	if node != nil && node.Kind == yamlv4.SequenceNode {
		if index, err := strconv.Atoi(part); err == nil && index >= 0 && index < len(node.Content) {
			return node.Content[index], node.Content[index]
		}
		return nil, nil
	}
	if node == nil || node.Kind != yamlv4.MappingNode {
		return nil, nil
	}
	for index := 0; index+1 < len(node.Content); index += 2 {
		if node.Content[index].Value == part {
			return node.Content[index+1], node.Content[index]
		}
	}
	return nil, nil
}

func errorLine(err error) int {
	if match := anyLine.FindStringSubmatch(err.Error()); match != nil {
		line, _ := strconv.Atoi(match[1])
		return line
	}
	return 0
}

// envTrouble says what is wrong with an env file without the text itself, which may hold secrets.
func envTrouble(err error) string {
	message := err.Error()
	if index := strings.LastIndex(message, "line "); index >= 0 {
		message = anyLine.ReplaceAllString(message[index:], "")
	}
	if index := strings.IndexAny(message, "\"'`"); index >= 0 {
		message = strings.TrimRight(message[:index], " :")
	}
	if message == "" {
		message = "the line is not NAME=value"
	}
	return "the env file cannot be read: " + message
}
