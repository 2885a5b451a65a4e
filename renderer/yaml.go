package main

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// YAMLInput names the text in the request's body.
type YAMLInput struct {
	File string `json:"file"`
}

// YAMLOutput has one entry per document that holds something.
type YAMLOutput struct {
	Documents []YAMLDocument `json:"documents"`
}

// YAMLDocument is a document's value as kubectl reads it and where each part of it stands.
type YAMLDocument struct {
	Value json.RawMessage `json:"value"`
	Nodes []YAMLNode      `json:"nodes"`
}

func (w *Worker) yaml(request *Request) (any, error) {
	input, err := decode[YAMLInput](request)
	if err != nil {
		return nil, err
	}
	documents, failure := parseDocuments(string(request.Body), input.File, request.Limits)
	if failure != nil {
		return nil, failure
	}
	return &YAMLOutput{Documents: documents}, nil
}

// parseDocuments reads a text twice: with kubectl's parser for the value, and with one that keeps positions for the
// nodes. Where the two could disagree about what a scalar is, kubectl's decides (nodes.go).
func parseDocuments(text, file string, limits Limits) ([]YAMLDocument, *Failure) {
	if limits.YAMLBytes > 0 && int64(len(text)) > limits.YAMLBytes {
		return nil, fail(CodeYAMLInvalid, Place{File: file}, "the text has %d bytes, allowed are %d", len(text), limits.YAMLBytes)
	}
	documents := []YAMLDocument{}
	for _, part := range splitStream(text) {
		document, failure := parseDocument(part.text, limits)
		if failure != nil {
			failure.Place = failure.Place.shifted(file, part.line-1)
			return nil, failure
		}
		if document != nil {
			for index := range document.Nodes {
				document.Nodes[index].shift(part.line - 1)
			}
			documents = append(documents, *document)
		}
	}
	return documents, nil
}

// documentMarker is a line that starts a document. What follows on the line belongs to the document.
var (
	documentMarker = regexp.MustCompile(`(?m)^---(?:[ \t\r]|$)`)
	onlyDirectives = regexp.MustCompile(`\A(?:%.*\n|#.*\n|[ \t\r]*\n)*%.*\n(?:#.*\n|[ \t\r]*\n)*\z`)
)

// splitStream cuts a stream of documents; each part keeps its marker, and directives stay with their document.
func splitStream(text string) []textPart {
	var parts []textPart
	lines := lineCounter{text: text}
	start := 0
	for _, bound := range documentMarker.FindAllStringIndex(text, -1) {
		if bound[0] == start || onlyDirectives.MatchString(text[start:bound[0]]) {
			continue
		}
		parts = append(parts, textPart{text[start:bound[0]], lines.at(start)})
		start = bound[0]
	}
	return append(parts, textPart{text[start:], lines.at(start)})
}

func parseDocument(text string, limits Limits) (*YAMLDocument, *Failure) {
	root, failure := parseNodes(text)
	if failure != nil || root == nil {
		return nil, failure
	}
	value, err := yaml.YAMLToJSON([]byte(text))
	// The walk knows the places of what JSON cannot hold, so it comes before the converter's complaint.
	walk := newNodeWalk(limits)
	if failure := walk.document(root); failure != nil {
		return nil, failure
	}
	if err != nil {
		place, message := placeYAMLError(text, kubectlParse, err)
		return nil, fail(CodeYAMLInvalid, place, "%s", message)
	}
	return &YAMLDocument{Value: value, Nodes: walk.nodes}, nil
}

// parseNodes gives the document's root, or nil when there is nothing but comments.
func parseNodes(text string) (*yamlv3.Node, *Failure) {
	decoder := yamlv3.NewDecoder(strings.NewReader(text))
	var document, next yamlv3.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		err = decoder.Decode(&next)
		if err == nil {
			return nil, fail(CodeYAMLInvalid, Place{Line: next.Line, Column: next.Column},
				"there is text after the end of the document; start a new one with ---")
		}
		if errors.Is(err, io.EOF) {
			root := document.Content[0]
			if root.Kind == yamlv3.ScalarNode && root.Value == "" && root.Tag == "!!null" {
				return nil, nil
			}
			return root, nil
		}
	}
	place, message := placeYAMLError(text, nodeParse, err)
	return nil, fail(CodeYAMLInvalid, place, "%s", message)
}

func kubectlParse(text string) error {
	var value any
	return yamlv2.Unmarshal([]byte(text), &value)
}

func nodeParse(text string) error {
	decoder := yamlv3.NewDecoder(strings.NewReader(text))
	for {
		var node yamlv3.Node
		if err := decoder.Decode(&node); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
