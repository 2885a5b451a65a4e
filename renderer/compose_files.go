package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	yamlv4 "go.yaml.in/yaml/v4"
)

// The library reads what `include` and `extends` name from the disk, which a worker cannot. So these are taken out of
// a file before it is read: what it includes is loaded by itself and put beside what the file has, and the service
// of another file that one extends becomes a hidden service of this file.

// basePrefix begins the names of hidden services.
const basePrefix = "cantata-base-"

// maxComposeLoads bounds how many files one project can make of few, each including the next one twice.
const maxComposeLoads = 200

// inclusion is what holds within one include: its project's directory, from the root, and its variables.
type inclusion struct {
	*composition
	directory   string
	environment types.Mapping
	chain       []string
}

// resources are what an included file adds.
var resources = []string{"services", "jobs", "volumes", "networks", "secrets", "configs", "models"}

func (s *inclusion) lookup(name string) (string, bool) {
	value, ok := s.environment[name]
	return value, ok
}

// expand gives a file as the library can read it, after what it includes.
func (s *inclusion) expand(name string) ([]types.ConfigFile, error) {
	if slices.Contains(s.chain, name) {
		return nil, fail(CodeComposeInvalid, Place{File: name}, "include cycle: %s", strings.Join(append(s.chain, name), " → "))
	}
	if s.loads++; len(s.chain) > maxComposeDepth || s.loads > maxComposeLoads {
		return nil, errComposeDepth
	}
	text, known, there := s.read(name)
	if !there {
		if known {
			return nil, fail(CodeComposeInvalid, Place{File: name}, "there is no compose file %s", name)
		}
		return nil, nil
	}
	documents, err := composeNodes(text)
	if err != nil {
		place, message := placeYAMLError(text, composeParse, err)
		place.File = name
		return nil, fail(CodeComposeInvalid, place, "%s", message)
	}
	var files []types.ConfigFile
	changed := false
	for _, document := range documents {
		s.scan(document)
		expanded, alone, err := s.expandDocument(name, document)
		if err != nil {
			return nil, err
		}
		files, changed = append(files, expanded...), changed || !alone
	}
	if !changed {
		return []types.ConfigFile{{Filename: name, Content: []byte(text)}}, nil // Its errors have their lines.
	}
	return files, nil
}

// expandDocument also says whether the document stands alone, as it is.
func (s *inclusion) expandDocument(name string, document *yamlv4.Node) ([]types.ConfigFile, bool, error) {
	root := target(document)
	if root == nil || root.Kind != yamlv4.MappingNode {
		return nil, true, nil // The library says so.
	}
	inner := &inclusion{s.composition, s.directory, s.environment, append(slices.Clone(s.chain), name)}
	var files []types.ConfigFile
	include := child(root, "include")
	if include != nil {
		conflicts, err := inner.include(root, include)
		if err != nil {
			return nil, false, err
		}
		if len(conflicts) > 0 {
			// The empty text keeps the library from looking for a project name on the disk.
			files = append(files, types.ConfigFile{Filename: name, Config: conflicts, Content: []byte{}})
		}
		removeChild(root, "include")
	}
	extended, err := inner.extends(name, root)
	if err != nil {
		return nil, false, err
	}
	content, err := yamlv4.Marshal(document)
	if err != nil {
		return nil, false, err
	}
	return append(files, types.ConfigFile{Filename: name, Content: content}), include == nil && !extended, nil
}

// include loads what a file includes. What the file has itself, too, is given back: it stands below the file's own.
func (s *inclusion) include(root, include *yamlv4.Node) (map[string]any, error) {
	conflicts, taken := map[string]any{}, map[string]any{}
	for _, entry := range target(include).Content {
		model, err := s.included(target(entry))
		if err != nil {
			return nil, err
		}
		for _, kind := range resources {
			found, _ := model[kind].(map[string]any)
			for _, key := range sortedKeys(found) {
				resource := escapeDollars(found[key])
				same := kind + "." + key
				if before, ok := taken[same]; ok && reflect.DeepEqual(before, resource) {
					continue // The same file by another way.
				}
				if section := child(root, kind); taken[same] != nil || (section != nil && child(target(section), key) != nil) {
					put(conflicts, kind, key, resource)
				} else if err := addChild(root, kind, key, resource); err != nil {
					return nil, err
				}
				taken[same] = resource
			}
		}
	}
	return conflicts, nil
}

func (s *inclusion) included(entry *yamlv4.Node) (map[string]any, error) {
	paths, directory, envFiles := s.texts(entry), "", []string(nil)
	if entry.Kind == yamlv4.MappingNode {
		paths, envFiles = s.texts(child(entry, "path")), s.texts(child(entry, "env_file"))
		if given := s.texts(child(entry, "project_directory")); len(given) == 1 {
			directory = path.Join(s.directory, given[0])
		}
	}
	if len(paths) == 0 {
		return nil, fail(CodeComposeInvalid, Place{Line: entry.Line, Column: entry.Column, Key: "include"}, "an include without a path")
	}
	for index := range paths {
		paths[index] = path.Join(s.directory, paths[index])
	}
	if directory == "" {
		directory = path.Dir(paths[0])
	}
	required := len(envFiles) > 0
	if !required {
		envFiles = []string{path.Join(directory, ".env")}
	} else {
		envFiles = slices.DeleteFunc(envFiles, func(name string) bool { return name == "/dev/null" })
		for index := range envFiles {
			envFiles[index] = path.Join(s.directory, envFiles[index])
		}
	}
	environment, err := s.withEnvFiles(s.environment, envFiles, required)
	if err != nil {
		return nil, err
	}
	inner := &inclusion{s.composition, directory, environment, s.chain}
	var files []types.ConfigFile
	for _, name := range paths {
		expanded, err := inner.expand(name)
		if err != nil {
			return nil, err
		}
		files = append(files, expanded...)
	}
	if len(files) == 0 || len(s.files) > 0 {
		return nil, nil
	}
	return inner.model(files, relative(s.directory, directory), func(o *loader.Options) {})
}

// model reads files that belong to another one, their paths resolved against a directory.
func (s *inclusion) model(files []types.ConfigFile, directory string, more func(*loader.Options)) (map[string]any, error) {
	details := types.ConfigDetails{WorkingDir: directory, ConfigFiles: files, Environment: s.environment.Clone()}
	model, err := loader.LoadModelWithContext(context.Background(), details, s.options, func(o *loader.Options) {
		o.ResolvePaths = true
		o.SkipNormalization = true
		o.SkipConsistencyCheck = true
	}, more)
	dropBases(model)
	return model, err
}

// extends makes services that others of other files extend hidden services of this file, and says whether there are any.
func (s *inclusion) extends(name string, root *yamlv4.Node) (bool, error) {
	services := target(child(root, "services"))
	if services == nil || services.Kind != yamlv4.MappingNode {
		return false, nil
	}
	hidden := map[string]string{}
	entries := slices.Clone(services.Content)
	for index := 1; index < len(entries); index += 2 {
		extends := target(mergedChild(target(entries[index]), "extends", 0))
		file, service := s.texts(child(extends, "file")), s.texts(child(extends, "service"))
		if len(file) != 1 || len(service) != 1 {
			continue
		}
		chain := []string{name + " " + entries[index-1].Value}
		base, err := s.base(root, path.Join(s.directory, file[0]), service[0], hidden, chain)
		if err != nil {
			return false, err
		}
		if base != "" {
			removeChild(extends, "file")
			target(child(extends, "service")).SetString(base)
		}
	}
	return len(hidden) > 0, nil
}

// base adds a service of another file as a hidden one, and what that one extends. It gives the hidden name.
func (s *inclusion) base(root *yamlv4.Node, file, service string, hidden map[string]string, chain []string) (string, error) {
	id := file + " " + service
	if name, ok := hidden[id]; ok {
		return name, nil
	}
	if slices.Contains(chain, id) || len(chain) > maxComposeDepth {
		return "", fail(CodeComposeInvalid, Place{File: file}, "a service extends itself: %s", strings.Join(append(chain, id), " → "))
	}
	if s.loads++; s.loads > maxComposeLoads {
		return "", errComposeDepth
	}
	text, known, there := s.read(file)
	if !there {
		if known {
			return "", fail(CodeComposeInvalid, Place{File: file}, "there is no file %s, whose service %s is extended", file, service)
		}
		return "", nil
	}
	if documents, err := composeNodes(text); err == nil {
		for _, document := range documents {
			s.scan(document)
		}
	}
	directory := relative(s.directory, path.Dir(file))
	model, err := s.model([]types.ConfigFile{{Filename: file, Content: []byte(text)}}, directory, func(o *loader.Options) {
		o.SkipInclude, o.SkipExtends, o.SkipValidation, o.SkipDefaultValues = true, true, true, true
	})
	if err != nil {
		return "", err
	}
	services, _ := model["services"].(map[string]any)
	found, ok := services[service].(map[string]any)
	if !ok {
		return "", fail(CodeComposeInvalid, Place{File: file}, "there is no service %s in %s, which is extended", service, file)
	}
	if extends, ok := found["extends"].(map[string]any); ok {
		next, _ := extends["service"].(string)
		from, isFile := extends["file"].(string)
		if isFile {
			from = path.Join(s.directory, from)
		} else {
			from = file
		}
		above, err := s.base(root, from, next, hidden, append(slices.Clone(chain), id))
		if err != nil || above == "" {
			return "", err
		}
		found["extends"] = map[string]any{"service": above}
	}
	name := fmt.Sprintf("%s%d", basePrefix, len(s.bases)+1)
	hidden[id], s.bases[name] = name, service+" of "+file
	return name, addChild(root, "services", name, escapeDollars(found))
}

// scan asks for the variables that a document names. It follows no alias, so that it ends soon.
func (s *inclusion) scan(node *yamlv4.Node) {
	if node.Kind == yamlv4.ScalarNode {
		for name := range template.ExtractVariables(map[string]any{"": node.Value}, template.DefaultPattern) {
			s.want(name, s.environment)
		}
	}
	for _, inner := range node.Content {
		s.scan(inner)
	}
}

// texts are the texts of a scalar or a list, with variables put in.
func (s *inclusion) texts(node *yamlv4.Node) []string {
	node = target(node)
	if node == nil {
		return nil
	}
	if node.Kind == yamlv4.SequenceNode {
		var all []string
		for _, item := range node.Content {
			all = append(all, s.texts(item)...)
		}
		return all
	}
	if node.Kind != yamlv4.ScalarNode {
		return nil
	}
	text, err := template.SubstituteWithOptions(node.Value, s.lookup, template.WithoutLogging)
	if err != nil {
		return nil // The library says the same, with its place, when it reads the file.
	}
	return []string{text}
}

func composeNodes(text string) ([]*yamlv4.Node, error) {
	decoder := yamlv4.NewDecoder(strings.NewReader(text))
	var documents []*yamlv4.Node
	for {
		node := new(yamlv4.Node)
		if err := decoder.Decode(node); errors.Is(err, io.EOF) {
			return documents, nil
		} else if err != nil {
			return nil, err
		}
		documents = append(documents, node)
	}
}

func composeParse(text string) error {
	_, err := composeNodes(text)
	return err
}
