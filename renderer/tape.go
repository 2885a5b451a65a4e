package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// TapeEntry is one recorded result of a function that gives something else each time.
type TapeEntry struct {
	Template  string `json:"template"`
	Function  string `json:"function"`
	Arguments string `json:"arguments"`
	Ordinal   int    `json:"ordinal"`
	Result    string `json:"result"`
}

type tapeKey struct {
	template, function, arguments string
	ordinal                       int
}

type callKey struct{ function, arguments string }

// frame is one execution of a template file; equal calls are counted in it.
type frame struct {
	template string
	calls    map[callKey]int
}

// Tape plays recorded results back, and records the results of calls that are new.
//
// A call is known by the template file in which it happens, the function, its arguments, and its number among equal
// calls. Custom functions are not told which template calls them, so every file announces itself (observe.go).
// A file that another one includes with the top-level context, as `checksum/secret` annotations do, counts from the
// start again: it makes the same calls as when it is rendered for itself, so it must get the same results.
type Tape struct {
	recorded map[tapeKey]string
	played   map[tapeKey]string
	frames   []*frame
	root     uintptr // The top-level context of the file that is being rendered.
}

func newTape(entries []TapeEntry) *Tape {
	tape := &Tape{recorded: map[tapeKey]string{}, played: map[tapeKey]string{}}
	for _, entry := range entries {
		tape.recorded[tapeKey{entry.Template, entry.Function, entry.Arguments, entry.Ordinal}] = entry.Result
	}
	return tape
}

// enter is called at the start of every template file, with its context.
func (t *Tape) enter(file string, context any) string {
	root := pointerOf(context)
	switch {
	case len(t.frames) == 0 || renderedFile(context) == file:
		t.root, t.frames = root, []*frame{newFrame(file)}
	case root != 0 && root == t.root:
		t.frames = append(t.frames, newFrame(file))
	default: // Used like a named template, with some other context: part of whoever includes it.
		t.frames = append(t.frames, t.frames[len(t.frames)-1])
	}
	return ""
}

// leave is called at the end of every template file.
func (t *Tape) leave() string {
	if len(t.frames) > 1 {
		t.frames = t.frames[:len(t.frames)-1]
	}
	return ""
}

func newFrame(file string) *frame { return &frame{template: file, calls: map[callKey]int{}} }

func pointerOf(context any) uintptr {
	if value := reflect.ValueOf(context); value.Kind() == reflect.Map {
		return value.Pointer()
	}
	return 0
}

// renderedFile is `.Template.Name`: the file that the engine itself is executing.
func renderedFile(context any) string {
	value := reflect.ValueOf(context)
	for _, key := range []string{"Template", "Name"} {
		if value.Kind() != reflect.Map || value.Type().Key().Kind() != reflect.String {
			return ""
		}
		value = value.MapIndex(reflect.ValueOf(key).Convert(value.Type().Key()))
		for value.Kind() == reflect.Interface {
			value = value.Elem()
		}
	}
	if value.Kind() != reflect.String {
		return ""
	}
	return value.String()
}

// functions are the replacements that the engine gets.
func (t *Tape) functions() template.FuncMap {
	original := sprig.TxtFuncMap()
	functions := template.FuncMap{
		enterFunction: t.enter,
		leaveFunction: t.leave,
		"keys":        sortedKeys,
		"values":      sortedValues,
	}
	for name, isTaped := range tapedFunctions {
		functions[name] = t.wrap(name, original[name], isTaped)
	}
	return functions
}

// wrap gives a function of the same type that asks the tape first.
func (t *Tape) wrap(name string, function any, isTaped func([]reflect.Value) bool) any {
	original := reflect.ValueOf(function)
	kind := original.Type()
	wrapped := func(arguments []reflect.Value) []reflect.Value {
		if !isTaped(arguments) {
			return original.Call(arguments)
		}
		key := t.next(name, arguments)
		result, known := t.played[key] // By another execution of the same file.
		if !known {
			result, known = t.recorded[key]
		}
		if !known {
			results := original.Call(arguments)
			if len(results) == 2 && !results[1].IsNil() {
				return results
			}
			encoded, err := marshal(results[0].Interface())
			if err != nil {
				panic(fmt.Errorf("the result of %s cannot be recorded: %w", name, err))
			}
			result = string(encoded)
		}
		// A new result is decoded too, so that it is the same to the last bit when it is played back.
		decoded := reflect.New(kind.Out(0))
		if err := json.Unmarshal([]byte(result), decoded.Interface()); err != nil {
			panic(fmt.Errorf("the recorded result of %s is not one: %w", name, err))
		}
		t.played[key] = result
		results := []reflect.Value{decoded.Elem()}
		if kind.NumOut() == 2 {
			results = append(results, reflect.Zero(kind.Out(1)))
		}
		return results
	}
	return reflect.MakeFunc(kind, wrapped).Interface()
}

// next is the key of the call that is about to happen.
func (t *Tape) next(function string, arguments []reflect.Value) tapeKey {
	if len(t.frames) == 0 {
		t.frames = []*frame{newFrame("")}
	}
	current := t.frames[len(t.frames)-1]
	call := callKey{function, argumentsDigest(arguments)}
	ordinal := current.calls[call]
	current.calls[call]++
	return tapeKey{current.template, function, call.arguments, ordinal}
}

// argumentsDigest is the SHA-256 of the arguments as a JSON list, in hexadecimal.
func argumentsDigest(arguments []reflect.Value) string {
	plain := make([]any, len(arguments))
	for index, argument := range arguments {
		plain[index] = argument.Interface()
	}
	encoded, err := marshal(plain)
	if err != nil { // Something that JSON does not know, such as a map with keys that are not strings.
		encoded = fmt.Appendf(nil, "%v", plain)
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// entries are the calls of this render, old results and new, in a fixed order.
func (t *Tape) entries() []TapeEntry {
	entries := make([]TapeEntry, 0, len(t.played))
	for key, result := range t.played {
		entries = append(entries, TapeEntry{key.template, key.function, key.arguments, key.ordinal, result})
	}
	slices.SortFunc(entries, func(a, b TapeEntry) int {
		return cmp.Or(
			cmp.Compare(a.Template, b.Template), cmp.Compare(a.Function, b.Function),
			cmp.Compare(a.Arguments, b.Arguments), cmp.Compare(a.Ordinal, b.Ordinal),
		)
	})
	return entries
}
