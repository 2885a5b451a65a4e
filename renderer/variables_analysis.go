package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template/parse"
)

// readAnalysis executes all templates of a chart abstractly. The result never leaves a read out: what is not
// understood counts as reading everything that it could reach.
//
// A template is walked once for each context that it is called with. What is added to maps that templates make
// (additions) holds in all places, so the walk is done again until nothing is added any more.
type readAnalysis struct {
	tree      *chartTree
	functions map[string]abstractFunction
	additions *additions
	births    map[birthKey]int
	calls     map[string]*call
	contexts  map[*parse.Tree]int
	texts     map[string]*parsedText
	steps     int
}

type birthKey struct {
	node    any
	context string
}

type parsedText struct {
	trees map[string]*parse.Tree
	main  *parse.Tree
}

const (
	maxSteps    = 1_000_000
	maxRounds   = 10
	maxContexts = 1_000 // For one template.
	maxTexts    = 2_000
)

func newReadAnalysis(tree *chartTree) *readAnalysis {
	return &readAnalysis{
		tree: tree, functions: abstractFunctions(), births: map[birthKey]int{}, texts: map[string]*parsedText{},
		additions: &additions{byBirth: map[int]*record{}, escaped: map[int]bool{}},
	}
}

func (a *readAnalysis) exhausted() bool { return a.steps > maxSteps }

// run fills in what each file reads.
func (a *readAnalysis) run(found *Variables) {
	entries := map[string]*call{}
	settled := false
	for round := 0; round < maxRounds && !settled && !a.exhausted(); round++ {
		a.calls, a.contexts, a.additions.grown = map[string]*call{}, map[*parse.Tree]int{}, false
		for _, file := range a.tree.files {
			entries[file.name] = a.walkTree(file.tree, a.tree.sources[file.tree], contextOf(file.home), nil)
		}
		settled = !a.additions.grown
	}
	newReadReport(a.tree, entries).fill(found, settled && !a.exhausted())
}

// walkTree gives the call of a template with a context, walking it if that is new; nil when there are too many.
func (a *readAnalysis) walkTree(tree *parse.Tree, from *source, context abstract, local map[string]*parse.Tree) *call {
	key := fmt.Sprintf("%p %s", tree, context.key())
	for _, name := range slices.Sorted(maps.Keys(local)) {
		key += fmt.Sprintf(" %s=%p", name, local[name])
	}
	if known := a.calls[key]; known != nil {
		return known
	}
	if a.contexts[tree]++; a.contexts[tree] > maxContexts {
		return nil
	}
	made := &call{
		tree: tree, source: from, reads: map[readKey]*readFact{}, mentions: map[address][]Spot{},
		callees: map[*call]bool{}, lost: map[lostKey]bool{}, mutates: map[address][]Spot{},
	}
	a.calls[key] = made
	walk := &walker{readAnalysis: a, call: made, contextID: key, local: local}
	walk.push("$", context)
	walk.list(tree.Root, context)
	return made
}

func (a *readAnalysis) birthOf(node any, context string) int {
	key := birthKey{node, context}
	number, known := a.births[key]
	if !known {
		number = len(a.births) + 1
		a.births[key] = number
	}
	return number
}

// include is Helm's function: a template by name, as text.
func (w *walker) include(_ parse.Node, arguments []abstract) abstract {
	if len(arguments) != 2 {
		return nil
	}
	names, known := arguments[0].texts()
	if !known {
		w.consume(arguments[0], readValue)
		w.loseContext(arguments[1], "the name of the template is computed")
	}
	for _, name := range names {
		w.execute(name, arguments[1])
	}
	return computed(&origin{lost: true})
}

// execute calls a template by name. One that is not there fails the render, so it reads nothing.
func (w *walker) execute(name string, context abstract) {
	if tree := w.local[name]; tree != nil {
		w.enter(tree, w.call.source, context, w.local)
		return
	}
	for _, each := range w.tree.resolve(name) {
		w.readConditions(each.home.conditions)
		w.enter(each.tree, w.tree.sources[each.tree], context, w.local)
	}
}

func (w *walker) enter(tree *parse.Tree, from *source, context abstract, local map[string]*parse.Tree) {
	callee := w.walkTree(tree, from, w.bounded(context), local)
	if callee == nil {
		w.loseContext(context, "template %q is used with too many contexts", tree.Name)
		return
	}
	w.call.callees[callee] = true
}

// loseContext reads all that a value leads to, since nobody knows who gets it.
func (w *walker) loseContext(context abstract, reason string, arguments ...any) {
	w.consume(context, readValue)
	for _, at := range w.reachable(context, map[int]bool{}) {
		w.lose(at, reason, arguments...)
	}
	if w.tree.mutating {
		w.changeAnything(context, map[int]bool{})
	}
}

// reachable lists the addresses that a value leads to.
func (w *walker) reachable(value abstract, seen map[int]bool) []address {
	var found []address
	for _, each := range value {
		switch each.kind {
		case kindPlace:
			found = append(found, each.at)
		case kindContext:
			found = append(found, each.home.values)
		case kindSubcharts:
			found = append(found, each.home.values)
		case kindRecord:
			if !seen[each.record.birth] {
				seen[each.record.birth] = true
				whole := w.additions.whole(each.record)
				found = append(found, w.reachable(union(whole.items, whole.base), seen)...)
				for _, inner := range whole.fields {
					found = append(found, w.reachable(inner, seen)...)
				}
			}
		}
	}
	return found
}

// tpl executes a text as a template. What the chart gives as text is known; a user may give another one, which the
// reads of that text are marked for.
func (w *walker) tpl(_ parse.Node, arguments []abstract) abstract {
	if len(arguments) != 2 {
		return nil
	}
	text, context := arguments[0], arguments[1]
	w.consume(text, readValue)
	from := w.originOf(text)
	if from.lost || from.cut && w.originHoldsCode(from) {
		w.loseContext(context, "the text that is used as a template is computed")
	}
	for _, at := range from.places {
		w.read(at, readValue).dynamic = true
		value, _ := w.tree.defaultAt(at)
		for _, code := range codeIn(value, nil) {
			if len(from.code) > 0 {
				w.loseContext(context, "a text that is used as a template is put together")
			}
			w.executeText(code, context)
		}
	}
	for _, home := range from.files {
		for _, file := range home.chart.Files {
			if holdsCode(string(file.Data)) {
				w.executeText(string(file.Data), context)
			}
		}
	}
	w.executePieces(from.code, context)
	return computed(&origin{lost: true})
}

func (w *walker) originHoldsCode(from *origin) bool {
	for _, at := range from.places {
		if value, _ := w.tree.defaultAt(at); len(codeIn(value, nil)) > 0 {
			return true
		}
	}
	return len(from.code)+len(from.files) > 0
}

// executePieces executes template code out of constants: each for itself, or all together.
func (w *walker) executePieces(pieces []string, context abstract) {
	whole := ""
	failed, complete := false, true
	for _, code := range pieces {
		whole += code
		complete = complete && wholeActions(code)
		failed = !w.executeText(code, context) || failed
	}
	if failed && (!complete || !w.executeText(whole, context)) {
		w.loseContext(context, "a text that is used as a template is put together")
	}
}

// wholeActions tells whether no action goes over the ends of a piece, so that what is put between pieces is text.
func wholeActions(code string) bool {
	for {
		opened, closed := strings.Index(code, "{{"), strings.Index(code, "}}")
		if opened < 0 && closed < 0 {
			return true
		}
		if opened < 0 || closed < opened {
			return false
		}
		code = code[closed+len("}}"):]
	}
}

// executeText tells whether the text is a template at all; a render with one that is not would fail.
func (w *walker) executeText(text string, context abstract) bool {
	key := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	parsed := w.texts[key]
	if parsed == nil {
		parsed = &parsedText{}
		if len(w.texts) >= maxTexts {
			w.loseContext(context, "there are too many texts that are used as templates")
			return true
		}
		if trees, err := parseTemplate("tpl", text); err == nil {
			parsed.trees, parsed.main = trees, trees["tpl"]
		}
		w.texts[key] = parsed
	}
	if parsed.main == nil {
		return false
	}
	local := maps.Clone(parsed.trees)
	delete(local, "tpl")
	for name, tree := range w.local {
		if local[name] == nil {
			local[name] = tree
		}
	}
	spot := w.spot()
	w.enter(parsed.main, &source{file: spot.File, line: max(spot.Line, 1)}, context, local)
	return true
}

// codeIn lists the texts with template code in a value.
func codeIn(value any, found []string) []string {
	switch typed := value.(type) {
	case string:
		if holdsCode(typed) {
			found = append(found, typed)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(typed)) {
			found = codeIn(typed[key], found)
		}
	case []any:
		for _, item := range typed {
			found = codeIn(item, found)
		}
	}
	return found
}
