package main

import (
	"fmt"
	"slices"
	"text/template/parse"
)

// call is one template executed with one context: what it reads itself, and what it calls.
type call struct {
	tree     *parse.Tree
	source   *source
	reads    map[readKey]*readFact
	mentions map[address][]Spot
	callees  map[*call]bool
	lost     map[lostKey]bool
	mutates  map[address][]Spot
}

type readKey struct {
	at  address
	how string
	Spot
}

type readFact struct {
	preset   []byte // A default that is given in place, as JSON.
	required bool
	dynamic  bool
}

// lostKey is an Unknown that can be a key of a map.
type lostKey struct {
	Spot
	at     address
	reason string
}

type variable struct {
	name  string
	value abstract
}

// maxLoopRounds is how often a loop's body is walked; variables that still change in the last ones are not followed.
const maxLoopRounds = 6

// walker executes one template abstractly.
type walker struct {
	*readAnalysis
	call      *call
	contextID string
	variables []variable
	pos       parse.Pos
	local     map[string]*parse.Tree // Templates that a text given to tpl defines.
}

func (w *walker) spot() Spot { return w.call.source.spot(w.pos) }

func (w *walker) push(name string, value abstract) {
	w.variables = append(w.variables, variable{name, value})
}

// assign joins, since the assignment may stand where it is not always reached.
func (w *walker) assign(name string, value abstract) {
	for index := len(w.variables) - 1; index >= 0; index-- {
		if w.variables[index].name == name {
			w.variables[index].value = w.bounded(union(w.variables[index].value, value))
			return
		}
	}
}

func (w *walker) variable(name string) abstract {
	for index := len(w.variables) - 1; index >= 0; index-- {
		if w.variables[index].name == name {
			return w.variables[index].value
		}
	}
	return nil
}

// bounded reads a value that has become too large to follow, and forgets what it was.
func (w *walker) bounded(value abstract) abstract {
	if len(value) <= maxAtoms && value.depth() <= maxRecordDepth {
		return value
	}
	return w.opaque(value)
}

func (w *walker) list(node *parse.ListNode, dot abstract) {
	if node == nil {
		return
	}
	for _, child := range node.Nodes {
		w.walk(child, dot)
	}
}

func (w *walker) walk(node parse.Node, dot abstract) {
	if w.exhausted() {
		return
	}
	w.pos = node.Position()
	switch node := node.(type) {
	case *parse.ActionNode:
		value := w.pipe(node.Pipe, dot)
		if len(node.Pipe.Decl) == 0 {
			w.consume(value, readValue)
		}
	case *parse.IfNode:
		mark := len(w.variables)
		w.consume(w.pipe(node.Pipe, dot), readPresence)
		w.list(node.List, dot)
		w.list(node.ElseList, dot)
		w.variables = w.variables[:mark]
	case *parse.WithNode:
		mark := len(w.variables)
		value := w.pipe(node.Pipe, dot)
		w.consume(value, readPresence)
		w.list(node.List, value)
		w.list(node.ElseList, dot)
		w.variables = w.variables[:mark]
	case *parse.RangeNode:
		w.loop(node, dot)
	case *parse.TemplateNode:
		w.execute(node.Name, w.pipe(node.Pipe, dot))
	case *parse.ListNode:
		w.list(node, dot)
	}
}

// loop walks the body until the variables that it assigns are stable.
func (w *walker) loop(node *parse.RangeNode, dot abstract) {
	mark := len(w.variables)
	value := w.pipe(node.Pipe, dot)
	keys, items := w.items(value)
	inner := len(w.variables)
	for round := range maxLoopRounds {
		before := w.variableKeys(mark)
		switch decl := node.Pipe.Decl; len(decl) {
		case 1:
			w.declare(node.Pipe, decl[0], items)
		case 2:
			w.declare(node.Pipe, decl[0], keys)
			w.declare(node.Pipe, decl[1], items)
		}
		w.list(node.List, items)
		w.variables = w.variables[:inner]
		after := w.variableKeys(mark)
		if slices.Equal(before, after) {
			break
		}
		for index := range before {
			if round >= maxLoopRounds-3 && before[index] != after[index] {
				w.variables[index].value = w.opaque(w.variables[index].value)
			}
		}
	}
	w.variables = w.variables[:inner]
	w.list(node.ElseList, dot)
	w.variables = w.variables[:mark]
}

func (w *walker) variableKeys(count int) []string {
	keys := make([]string, 0, count)
	for _, each := range w.variables[:count] {
		keys = append(keys, each.value.key())
	}
	return keys
}

func (w *walker) declare(pipe *parse.PipeNode, decl *parse.VariableNode, value abstract) {
	if pipe.IsAssign {
		w.assign(decl.Ident[0], value)
	} else {
		w.push(decl.Ident[0], value)
	}
}

func (w *walker) pipe(node *parse.PipeNode, dot abstract) abstract {
	if node == nil {
		return nil
	}
	var value abstract
	piped := false
	for _, command := range node.Cmds {
		value = w.command(command, dot, value, piped)
		piped = true
	}
	value = w.bounded(value)
	for _, decl := range node.Decl {
		w.declare(node, decl, value)
	}
	return value
}

// command evaluates one part of a pipeline; final is what the part before gives.
func (w *walker) command(node *parse.CommandNode, dot, final abstract, piped bool) abstract {
	w.steps++
	first := node.Args[0]
	w.pos = first.Position()
	if function, isFunction := first.(*parse.IdentifierNode); isFunction {
		arguments := w.arguments(node.Args[1:], dot)
		if piped {
			arguments = append(arguments, final)
		}
		w.pos = first.Position()
		return w.function(function, arguments)
	}
	arguments := w.arguments(node.Args[1:], dot)
	if piped {
		arguments = append(arguments, final)
	}
	w.pos = first.Position()
	switch node := first.(type) {
	case *parse.FieldNode:
		return w.fields(dot, node.Ident, arguments)
	case *parse.ChainNode:
		return w.fields(w.argument(node.Node, dot), node.Field, arguments)
	case *parse.VariableNode:
		return w.fields(w.variable(node.Ident[0]), node.Ident[1:], arguments)
	default:
		return w.argument(first, dot)
	}
}

func (w *walker) arguments(nodes []parse.Node, dot abstract) []abstract {
	values := make([]abstract, len(nodes), len(nodes)+1)
	for index, node := range nodes {
		values[index] = w.argument(node, dot)
	}
	return values
}

func (w *walker) argument(node parse.Node, dot abstract) abstract {
	w.pos = node.Position()
	switch node := node.(type) {
	case *parse.DotNode:
		w.mention(dot)
		return dot
	case *parse.NilNode:
		return constant(nil)
	case *parse.FieldNode:
		return w.fields(dot, node.Ident, nil)
	case *parse.VariableNode:
		return w.fields(w.variable(node.Ident[0]), node.Ident[1:], nil)
	case *parse.PipeNode:
		return w.pipe(node, dot)
	case *parse.ChainNode:
		return w.fields(w.argument(node.Node, dot), node.Field, nil)
	case *parse.IdentifierNode:
		return w.function(node, nil)
	case *parse.StringNode:
		return constant(node.Text)
	case *parse.BoolNode:
		return constant(node.True)
	case *parse.NumberNode:
		if node.IsInt {
			return constant(node.Int64)
		}
		return constant(node.Float64)
	}
	return computed(nil)
}

// fields follows a chain such as .Values.image.tag. Arguments make the last one a method.
func (w *walker) fields(value abstract, names []string, arguments []abstract) abstract {
	for index, name := range names {
		var given []abstract
		if index == len(names)-1 {
			given = arguments
		}
		value = w.member(value, name, given)
	}
	if len(names) == 0 {
		for _, argument := range arguments {
			w.consume(argument, readValue)
		}
	}
	w.mention(value)
	return value
}

// mention notes where a place is named, which need not be where it is read.
func (w *walker) mention(value abstract) {
	for _, each := range value {
		if each.kind != kindPlace {
			continue
		}
		spot := w.spot()
		if !slices.Contains(w.call.mentions[each.at], spot) {
			w.call.mentions[each.at] = append(w.call.mentions[each.at], spot)
		}
	}
}

func (w *walker) read(at address, how string) *readFact {
	key := readKey{at, how, w.spot()}
	fact := w.call.reads[key]
	if fact == nil {
		fact = &readFact{}
		w.call.reads[key] = fact
	}
	return fact
}

func (w *walker) readConditions(conditions []condition) {
	for _, each := range conditions {
		w.read(each.at, readValue)
	}
}

func (w *walker) lose(at address, reason string, arguments ...any) {
	w.call.lost[lostKey{w.spot(), at, fmt.Sprintf(reason, arguments...)}] = true
}
