package main

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template/parse"

	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

// An address is a place that templates can read: a path of the values as the top-level chart sees them, or a key of a
// chart's top-level context (`.Chart`, or what a template has put there). Its parts are joined by a separator that no
// template can write.
type address string

const (
	addressSeparator = "\x1f"
	valuesRoot       = address("V")
)

func (a address) below(key string) address { return a + address(addressSeparator+key) }

func (a address) isValues() bool {
	return a == valuesRoot || strings.HasPrefix(string(a), string(valuesRoot)+addressSeparator)
}

// path is the address as the user writes it; only for values.
func (a address) path() []string { return strings.Split(string(a), addressSeparator)[1:] }

func addressOf(path []string) address {
	return address(strings.Join(append([]string{string(valuesRoot)}, path...), addressSeparator))
}

// within tells whether a is b or below it.
func (a address) within(b address) bool {
	return a == b || strings.HasPrefix(string(a), string(b)+addressSeparator)
}

func (a address) related(b address) bool { return a.within(b) || b.within(a) }

// condition is a value that dependency processing reads.
type condition struct {
	at   address
	file string
}

// scope is a chart in its place: the top-level one, or a subchart under its alias.
type scope struct {
	chart    *chart.Chart
	parent   *scope
	children map[string]*scope
	path     []string
	values   address
	context  address
	// conditions decide whether the chart is there at all.
	conditions []condition
}

// definition is a named template, or a file as one.
type definition struct {
	tree *parse.Tree
	home *scope // nil for a text given to tpl.
}

// source is a text with templates, and where its lines end.
type source struct {
	file     string
	newlines []int
	// line is set for a text that stands in one line of another file.
	line int
}

func newSource(file, text string) *source {
	found := &source{file: file}
	for index := range len(text) {
		if text[index] == '\n' {
			found.newlines = append(found.newlines, index)
		}
	}
	return found
}

func (s *source) spot(pos parse.Pos) Spot {
	if s.line > 0 {
		return Spot{s.file, s.line}
	}
	index, _ := slices.BinarySearch(s.newlines, int(pos))
	return Spot{s.file, index + 1}
}

type templateFile struct {
	name string
	home *scope
	tree *parse.Tree
}

// chartTree is a chart with all its subcharts and parsed templates.
type chartTree struct {
	root        *scope
	scopes      map[address]*scope
	files       []templateFile // Those that are rendered.
	definitions map[string][]definition
	sources     map[*parse.Tree]*source
	defaults    common.Values
	// importing conditions decide about values that a chart takes from a subchart.
	importing []condition
	mutating  bool // Whether any template calls a function that changes a map.
}

func newChartTree(c *chart.Chart, optional map[string][]condition) (*chartTree, *Failure) {
	defaults, err := commonutil.CoalesceValues(c, map[string]any{})
	if err != nil {
		return nil, fail(CodeChartInvalid, Place{}, "%s", withoutValue(err.Error()))
	}
	tree := &chartTree{
		scopes: map[address]*scope{}, definitions: map[string][]definition{},
		sources: map[*parse.Tree]*source{}, defaults: defaults,
	}
	tree.root = tree.addScope(c, nil, nil, optional)
	if failure := tree.parse(); failure != nil {
		return nil, failure
	}
	return tree, nil
}

func (t *chartTree) addScope(c *chart.Chart, parent *scope, path []string, optional map[string][]condition) *scope {
	added := &scope{
		chart: c, parent: parent, children: map[string]*scope{}, path: path, values: addressOf(path),
		context: address("C/" + strings.Join(path, "/")), conditions: optional[strings.Join(path, "/")],
	}
	if parent != nil {
		added.conditions = slices.Concat(parent.conditions, added.conditions)
	}
	t.scopes[added.values] = added
	for _, dependency := range c.Dependencies() {
		name := dependency.Name()
		added.children[name] = t.addScope(dependency, added, append(slices.Clone(path), name), optional)
	}
	for _, dependency := range c.Metadata.Dependencies {
		if dependency != nil && len(dependency.ImportValues) > 0 {
			if child := added.children[dependency.Name]; child != nil {
				t.importing = append(t.importing, child.conditions...)
			}
		}
	}
	return added
}

// collectConditions lists the values that decide whether each subchart is there, by the subchart's path under its
// aliases joined by "/". Helm looks conditions up from the chart that names them and tags at the top.
func collectConditions(c *chart.Chart, path []string, found map[string][]condition) {
	named := map[*chart.Chart]bool{}
	for _, wanted := range c.Metadata.Dependencies {
		if wanted == nil {
			continue
		}
		for _, dependency := range c.Dependencies() {
			if dependency.Name() != wanted.Name || !chartutil.IsCompatibleRange(wanted.Version, dependency.Metadata.Version) {
				continue
			}
			named[dependency] = true
			inner := append(slices.Clone(path), cmp.Or(wanted.Alias, wanted.Name))
			key := strings.Join(inner, "/")
			file := "Chart.yaml"
			if len(path) > 0 {
				file = "charts/" + strings.Join(path, "/charts/") + "/Chart.yaml"
			}
			for text := range strings.SplitSeq(strings.TrimSpace(wanted.Condition), ",") {
				if text != "" {
					at := addressOf(slices.Concat(path, strings.Split(text, ".")))
					found[key] = append(found[key], condition{at, file})
				}
			}
			for _, tag := range wanted.Tags {
				found[key] = append(found[key], condition{addressOf([]string{"tags", tag}), file})
			}
			collectConditions(dependency, inner, found)
			break
		}
	}
	for _, dependency := range c.Dependencies() {
		if !named[dependency] {
			collectConditions(dependency, append(slices.Clone(path), dependency.Name()), found)
		}
	}
}

// parse reads all templates in the order of Helm's engine, in which the last definition of a name counts.
func (t *chartTree) parse() *Failure {
	type text struct {
		name, data string
		home       *scope
	}
	var texts []text
	for _, home := range t.scopes {
		library := home.chart.Metadata.Type == "library"
		for _, file := range home.chart.Templates {
			if file != nil && (!library || strings.HasPrefix(filepath.Base(file.Name), "_")) {
				texts = append(texts, text{path.Join(home.chart.ChartFullPath(), file.Name), string(file.Data), home})
			}
		}
	}
	slices.SortFunc(texts, func(a, b text) int {
		byDepth := cmp.Compare(strings.Count(b.name, "/"), strings.Count(a.name, "/"))
		return cmp.Or(byDepth, cmp.Compare(b.name, a.name))
	})
	for _, each := range texts {
		trees, err := parseTemplate(each.name, each.data)
		if err != nil {
			return templateSyntaxFailure(each.name, err)
		}
		origin := newSource(each.name, each.data)
		for name, tree := range trees {
			t.sources[tree] = origin
			if name != each.name && parse.IsEmptyTree(tree.Root) && t.definitions[name] != nil {
				continue
			}
			t.definitions[name] = append(t.definitions[name], definition{tree, each.home})
		}
		if !strings.HasPrefix(path.Base(each.name), "_") {
			t.files = append(t.files, templateFile{each.name, each.home, trees[each.name]})
		}
		t.mutating = t.mutating || mutatingCall.MatchString(each.data)
	}
	slices.SortFunc(t.files, func(a, b templateFile) int { return cmp.Compare(a.name, b.name) })
	return nil
}

func parseTemplate(name, text string) (map[string]*parse.Tree, error) {
	trees := map[string]*parse.Tree{}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return nil, err
	}
	if trees[name] == nil {
		trees[name] = tree
	}
	return trees, nil
}

func templateSyntaxFailure(name string, err error) *Failure {
	failure := templateFailure(err, map[string]templateText{name: {}})
	failure.File = cmp.Or(failure.File, name)
	failure.Message = syntaxPlace.ReplaceAllString(err.Error(), "")
	return failure
}

// resolve gives what a name may mean: the last definition, and while that one is of a chart that may be switched off,
// the one before it too.
func (t *chartTree) resolve(name string) []definition {
	all := t.definitions[name]
	for index := len(all) - 1; index >= 0; index-- {
		if len(all[index].home.conditions) == 0 {
			return all[index:]
		}
	}
	return all
}

// expand gives all addresses whose values come to stand at one: `global` of a subchart holds those of the charts above.
func (t *chartTree) expand(at address, how string) []address {
	found := []address{at}
	if !at.isValues() {
		return found
	}
	parts := at.path()
	for index := 0; index <= len(parts); index++ {
		home := t.scopes[addressOf(parts[:index])]
		if home == nil {
			break
		}
		var rest []string
		switch {
		case index < len(parts) && parts[index] == common.GlobalKey:
			rest = parts[index:]
		case index == len(parts) && how == readValue:
			rest = []string{common.GlobalKey}
		default:
			continue
		}
		for above := range index {
			found = append(found, addressOf(slices.Concat(parts[:above], rest)))
		}
	}
	return found
}

// conditionsWithin lists what decides about subcharts whose values stand at an address or below it: a subchart that is
// switched off leaves its defaults out.
func (t *chartTree) conditionsWithin(at address) []condition {
	var found []condition
	for _, home := range t.scopes {
		if home.parent != nil && home.values.within(at) {
			found = append(found, home.conditions...)
		}
	}
	return found
}

// defaultAt is the chart's own value at an address.
func (t *chartTree) defaultAt(at address) (any, bool) {
	if !at.isValues() {
		return nil, false
	}
	var value any = map[string]any(t.defaults)
	for _, part := range at.path() {
		table, isMap := value.(map[string]any)
		if !isMap {
			return nil, false
		}
		var ok bool
		if value, ok = table[part]; !ok {
			return nil, false
		}
	}
	return value, true
}
