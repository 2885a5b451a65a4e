package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

// ComposeInput is a docker compose project. Paths are relative to the project's folder, with slashes and clean.
// A file or a variable that is null was looked for and is not there.
type ComposeInput struct {
	Name        string             `json:"name"`
	Compose     []string           `json:"compose"`
	EnvFiles    []string           `json:"envFiles"`
	Files       map[string]*string `json:"files"`
	Environment map[string]*string `json:"environment"`
	Profiles    []string           `json:"profiles"`
}

// ComposeOutput is the project as docker compose understands it; or what must be read before that is known.
type ComposeOutput struct {
	Project   json.RawMessage     `json:"project,omitempty"`
	Files     []string            `json:"files"`
	Variables []string            `json:"variables"`
	Warnings  []string            `json:"warnings"`
	Disabled  map[string][]string `json:"disabled"`
	Secrets   map[string]string   `json:"secrets"` // of variables, which the project's JSON leaves out
	Places    map[string]Place    `json:"places"`  // of sections, their entries, and the keys of these
}

// maxComposeDepth bounds chains of extends and of includes.
const maxComposeDepth = 32

// composition is one project on its way. What is asked for and not known yet is collected rather than failed on.
type composition struct {
	input     *ComposeInput
	limits    Limits
	files     map[string]bool
	variables map[string]bool
	bases     map[string]string // what a hidden service stands for
	loads     int
}

func (w *Worker) compose(request *Request) (any, error) {
	input, err := decode[ComposeInput](request)
	if err != nil {
		return nil, err
	}
	c := &composition{
		input: input, limits: request.Limits,
		files: map[string]bool{}, variables: map[string]bool{}, bases: map[string]string{},
	}
	if failure := c.check(); failure != nil {
		return nil, failure
	}
	warnings := listen()
	project, err := c.project()
	output := &ComposeOutput{
		Files: sorted(c.files), Variables: sorted(c.variables),
		Warnings: warnings.messages, Disabled: map[string][]string{}, Secrets: map[string]string{}, Places: map[string]Place{},
	}
	if len(c.files)+len(c.variables) > 0 {
		return output, nil // Errors may be of what is missing.
	}
	if err != nil {
		return nil, c.failure(err)
	}
	for name, service := range project.DisabledServices {
		output.Disabled[name] = service.Profiles
	}
	for name, secret := range project.Secrets {
		if value, set := project.Environment[secret.Environment]; secret.Environment != "" && set {
			output.Secrets[name] = value
		}
	}
	output.Places = c.places()
	output.Project, err = json.Marshal(project)
	return output, err
}

func (c *composition) check() *Failure {
	if len(c.input.Compose) == 0 {
		return fail(CodeRequestInvalid, Place{}, "there is no compose file")
	}
	if limit := c.limits.Files; limit > 0 && len(c.input.Files) > limit {
		return fail(CodeComposeInvalid, Place{}, "the project has %d files, allowed are %d", len(c.input.Files), limit)
	}
	for name, text := range c.input.Files {
		if text != nil && c.limits.YAMLBytes > 0 && int64(len(*text)) > c.limits.YAMLBytes {
			return fail(CodeComposeInvalid, Place{File: name}, "the file has %d bytes, allowed are %d",
				len(*text), c.limits.YAMLBytes)
		}
	}
	return nil
}

// read gives a file's text; a file that was not sent yet is asked for.
func (c *composition) read(name string) (text string, known, there bool) {
	found, known := c.input.Files[name]
	if !known {
		c.files[name] = true
		return "", false, false
	}
	if found == nil {
		return "", true, false
	}
	return *found, true, true
}

func (c *composition) project() (*types.Project, error) {
	environment, err := c.environment()
	if err != nil {
		return nil, err
	}
	top := &inclusion{composition: c, directory: ".", environment: environment}
	var files []types.ConfigFile
	for _, name := range c.input.Compose {
		expanded, err := top.expand(path.Clean(name))
		if err != nil {
			return nil, err
		}
		files = append(files, expanded...)
	}
	if len(c.files)+len(c.variables) > 0 {
		return nil, nil
	}
	details := types.ConfigDetails{WorkingDir: ".", ConfigFiles: files, Environment: environment}
	var opts *loader.Options
	model, err := loader.LoadModelWithContext(context.Background(), details, c.options, func(o *loader.Options) { opts = o })
	if err != nil {
		return nil, err
	}
	dropBases(model)
	project, err := loader.ModelToProject(model, opts, details)
	if err != nil {
		return nil, err
	}
	return project, c.resolve(project)
}

// options leave to us what reads files: the environment and the labels of services.
func (c *composition) options(o *loader.Options) {
	o.SetProjectName(loader.NormalizeProjectName(c.input.Name), false)
	o.Profiles = c.input.Profiles
	o.ResolvePaths = false
	o.SkipResolveEnvironment = true
	o.SkipResolveLabels = true
	o.MaxNodeVisits = c.limits.YAMLNodes
}

// environment is what interpolation sees: the given variables over those of the .env file.
func (c *composition) environment() (types.Mapping, error) {
	environment := types.Mapping{}
	for name, value := range c.input.Environment {
		if value != nil {
			environment[name] = *value
		}
	}
	files := c.input.EnvFiles
	if len(files) == 0 {
		files = []string{".env"}
	}
	return c.withEnvFiles(environment, files, len(c.input.EnvFiles) > 0)
}

func (c *composition) withEnvFiles(environment types.Mapping, files []string, required bool) (types.Mapping, error) {
	loaded := map[string]string{}
	for _, name := range files {
		text, known, there := c.read(name)
		if !there {
			if known && required {
				return nil, fail(CodeComposeInvalid, Place{File: name}, "there is no env file %s", name)
			}
			continue
		}
		lookup := func(key string) (string, bool) {
			if value, ok := environment[key]; ok {
				return value, true
			}
			value, ok := loaded[key]
			return value, ok
		}
		values, err := dotenv.ParseWithLookup(strings.NewReader(text), lookup)
		if err != nil {
			return nil, fail(CodeComposeInvalid, Place{File: name, Line: errorLine(err)}, "%s", envTrouble(err))
		}
		maps.Copy(loaded, values)
	}
	return environment.Clone().Merge(loaded), nil
}

// resolve does what the library does with its own eyes on the disk: env_file, label_file, variables without a value.
func (c *composition) resolve(project *types.Project) error {
	for name, service := range project.Services {
		if err := c.resolveContainer(&service.ContainerSpec, project.Environment); err != nil {
			return err
		}
		for index := range service.PreStart {
			if err := c.resolveContainer(&service.PreStart[index].ContainerSpec, project.Environment); err != nil {
				return err
			}
		}
		project.Services[name] = service
	}
	for _, secret := range project.Secrets {
		c.want(secret.Environment, project.Environment)
	}
	for _, config := range project.Configs {
		c.want(config.Environment, project.Environment)
	}
	return nil
}

func (c *composition) want(name string, environment types.Mapping) {
	if _, set := environment[name]; name == "" || set {
		return
	}
	if _, asked := c.input.Environment[name]; !asked {
		c.variables[name] = true
	}
}

func (c *composition) resolveContainer(spec *types.ContainerSpec, environment types.Mapping) error {
	spec.Environment = spec.Environment.Resolve(environment.Resolve)
	for name, value := range spec.Environment {
		if value == nil {
			c.want(name, environment)
		}
	}
	merged := spec.Environment.ToMapping()
	for _, file := range spec.EnvFiles {
		text, known, there := c.read(path.Clean(file.Path))
		if !there {
			if known && bool(file.Required) {
				return fail(CodeComposeInvalid, Place{File: file.Path}, "there is no env file %s", file.Path)
			}
			continue
		}
		err := dotenv.ParseWithFormat(strings.NewReader(text), file.Path, merged, func(key string) (string, bool) {
			if value, ok := environment.Resolve(key); ok {
				return value, true
			}
			if value, ok := spec.Environment[key]; ok && value != nil {
				return *value, true
			}
			return "", false
		}, file.Format)
		if err != nil {
			return fail(CodeComposeInvalid, Place{File: file.Path, Line: errorLine(err)}, "%s", envTrouble(err))
		}
	}
	spec.Environment = merged.ToMappingWithEquals().OverrideBy(spec.Environment)
	return c.resolveLabels(spec)
}

func (c *composition) resolveLabels(spec *types.ContainerSpec) error {
	labels := types.Mapping{}
	for _, name := range spec.LabelFiles {
		text, known, there := c.read(path.Clean(name))
		if !there {
			if known {
				return fail(CodeComposeInvalid, Place{File: name}, "there is no label file %s", name)
			}
			continue
		}
		if err := dotenv.ParseWithFormat(strings.NewReader(text), name, labels, nil, ""); err != nil {
			return fail(CodeComposeInvalid, Place{File: name, Line: errorLine(err)}, "%s", envTrouble(err))
		}
	}
	if len(labels) == 0 {
		return nil
	}
	maps.Copy(labels, spec.Labels)
	spec.Labels = types.Labels(labels)
	return nil
}

// hearing keeps what the library would write to the standard error output.
type hearing struct{ messages []string }

func listen() *hearing {
	heard := &hearing{messages: []string{}}
	logger := logrus.StandardLogger()
	logger.SetOutput(io.Discard)
	logger.ReplaceHooks(logrus.LevelHooks{logrus.WarnLevel: {heard}})
	return heard
}

func (h *hearing) Levels() []logrus.Level { return []logrus.Level{logrus.WarnLevel} }

// Fire leaves out what the library says once in the life of a process, which says nothing of this project.
func (h *hearing) Fire(entry *logrus.Entry) error {
	if !strings.Contains(entry.Message, "`version` is obsolete") && !slices.Contains(h.messages, entry.Message) {
		h.messages = append(h.messages, entry.Message)
	}
	return nil
}

func sorted(names map[string]bool) []string {
	if len(names) == 0 {
		return []string{}
	}
	return slices.Sorted(maps.Keys(names))
}

var errComposeDepth = errors.New("the files include or extend one another more than 32 deep")
