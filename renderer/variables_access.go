package main

import (
	"maps"
	"slices"
	"strings"
)

// valuesMethods are those of Helm's type for `.Values`, which a template calls like fields.
var valuesMethods = []string{"YAML", "Table", "AsMap", "Encode", "PathValue"}

// member is one step of a chain: a key of a map, or a method.
func (w *walker) member(value abstract, name string, arguments []abstract) abstract {
	for _, argument := range arguments {
		w.consume(argument, readValue)
	}
	var found []abstract
	for _, each := range value {
		switch {
		case each.kind == kindFiles:
			found = append(found, w.fileMethod(each.home, name, arguments))
		case each.kind == kindPlace && !each.inside && w.tree.scopes[each.at] != nil && slices.Contains(valuesMethods, name):
			if name == "AsMap" {
				found = append(found, abstract{each})
			} else {
				w.consume(abstract{each}, readValue)
				found = append(found, place(each.at, true, each.copied))
			}
		case len(arguments) > 0: // Of .Capabilities.APIVersions, or of a date.
			found = append(found, computed(nil))
		default:
			found = append(found, w.lookupAtom(each, name))
		}
	}
	return union(found...)
}

func (w *walker) fileMethod(home *scope, name string, arguments []abstract) abstract {
	if name == "Glob" {
		return homeAtom(kindFiles, home)
	}
	if len(arguments) == 1 && (name == "Get" || name == "GetBytes" || name == "Lines") {
		if names, known := arguments[0].texts(); known {
			var contents []abstract
			for _, wanted := range names {
				contents = append(contents, constant(fileText(home, wanted)))
			}
			if content := union(contents...); name == "Get" {
				return content
			}
			return computed(w.originOf(union(contents...)))
		}
	}
	return computed(&origin{files: []*scope{home}})
}

func fileText(home *scope, name string) string {
	for _, file := range home.chart.Files {
		if file.Name == name {
			return string(file.Data)
		}
	}
	return ""
}

func (w *walker) lookup(value abstract, key string) abstract {
	found := make([]abstract, 0, len(value))
	for _, each := range value {
		found = append(found, w.lookupAtom(each, key))
	}
	return union(found...)
}

func (w *walker) lookupAtom(each atom, key string) abstract {
	switch each.kind {
	case kindPlace:
		if each.inside {
			return abstract{each}
		}
		inner := each.at.below(key)
		if home := w.tree.scopes[inner]; home != nil {
			w.readConditions(home.conditions)
		}
		return place(inner, false, each.copied)
	case kindContext:
		return w.contextKey(each.home, key)
	case kindSubcharts:
		child := each.home.children[key]
		if child == nil {
			return nil
		}
		w.readConditions(child.conditions)
		return contextOf(child)
	case kindRecord:
		whole := w.additions.whole(each.record)
		found := union(whole.fields[key], whole.items, w.lookup(whole.base, key))
		if whole.copied {
			return w.copyOf(found)
		}
		return found
	case kindComputed:
		return abstract{each}
	case kindFiles:
		return constant(fileText(each.home, key))
	default:
		return nil
	}
}

// contextKey is a key of a chart's top-level context.
func (w *walker) contextKey(home *scope, key string) abstract {
	at := home.context.below(key)
	switch key {
	case "Values":
		return place(home.values, false, false)
	case "Files":
		return homeAtom(kindFiles, home)
	case "Subcharts":
		return homeAtom(kindSubcharts, home)
	case "Template":
		base := home.chart.ChartFullPath() + "/templates"
		fields := map[string]abstract{"BasePath": constant(base), "Name": computed(nil)}
		return w.made(&record{birth: w.birthOf(home, ""), fields: fields})
	case "Capabilities":
		// The API versions of a subchart's definitions are there when the subchart is.
		for _, other := range w.tree.scopes {
			if len(other.conditions) > 0 && len(other.chart.CRDObjects()) > 0 {
				w.readConditions(other.conditions)
			}
		}
	}
	return place(at, false, false)
}

// child is what may stand under a key that is not known.
func (w *walker) child(value abstract) abstract {
	var found []abstract
	for _, each := range value {
		switch each.kind {
		case kindPlace:
			found = append(found, place(each.at, true, each.copied))
		case kindContext:
			found = append(found, place(each.home.values, true, false), place(each.home.context, true, false))
		case kindSubcharts:
			for _, home := range each.home.children {
				w.readConditions(home.conditions)
				found = append(found, contextOf(home))
			}
		case kindRecord:
			whole := w.additions.whole(each.record)
			inner := union(slices.Collect(maps.Values(whole.fields))...)
			inner = union(inner, whole.items, w.child(whole.base))
			if whole.copied {
				inner = w.copyOf(inner)
			}
			found = append(found, inner)
		case kindComputed:
			found = append(found, abstract{each})
		case kindFiles:
			found = append(found, computed(&origin{files: []*scope{each.home}}))
		default:
			found = append(found, computed(nil))
		}
	}
	return w.bounded(union(found...))
}

// items gives the keys and entries of what a range goes through, which is read as a whole.
func (w *walker) items(value abstract) (keys, items abstract) {
	var names []abstract
	for _, each := range value {
		if each.kind != kindRecord {
			w.consume(abstract{each}, readValue)
			names = append(names, computed(w.originOf(abstract{each})))
			continue
		}
		whole := w.additions.whole(each.record)
		for _, name := range slices.Sorted(maps.Keys(whole.fields)) {
			if whole.list {
				names = append(names, computed(nil))
			} else {
				names = append(names, constant(name))
			}
		}
		if len(whole.items) > 0 || len(whole.base) > 0 {
			w.consume(whole.base, readValue)
			names = append(names, computed(w.originOf(whole.base)))
		}
	}
	return w.bounded(union(names...)), w.child(value)
}

// copyOf marks what a deep copy holds: changing it changes no values.
func (w *walker) copyOf(value abstract) abstract {
	var found []abstract
	for _, each := range value {
		switch each.kind {
		case kindPlace:
			found = append(found, place(each.at, each.inside, true))
		case kindRecord:
			copied := *each.record
			copied.copied = true
			found = append(found, w.made(&copied))
		default:
			found = append(found, abstract{each})
		}
	}
	return union(found...)
}

// made is the value of a record.
func (w *walker) made(created *record) abstract {
	created.depth = 1 + max(created.items.depth(), created.base.depth())
	for _, value := range created.fields {
		created.depth = max(created.depth, 1+value.depth())
	}
	return abstract{{kind: kindRecord, record: created, key: w.additions.recordKey(created)}}
}

// consume records that a value is used: all of it, or only whether it is there.
func (w *walker) consume(value abstract, how string) { w.consumeSeen(value, how, map[int]bool{}) }

func (w *walker) consumeSeen(value abstract, how string, seen map[int]bool) {
	for _, each := range value {
		switch each.kind {
		case kindPlace:
			w.consumePlace(each, how)
		case kindContext:
			if how == readValue {
				w.consumeContext(each.home)
			}
		case kindSubcharts:
			for _, home := range each.home.children {
				w.readConditions(home.conditions)
				if how == readValue {
					w.consumeContext(home)
				}
			}
		case kindRecord:
			if seen[each.record.birth] {
				continue
			}
			seen[each.record.birth] = true
			whole := w.additions.whole(each.record)
			w.consumeSeen(whole.base, how, seen)
			if how == readValue {
				w.consumeSeen(whole.items, how, seen)
				for _, inner := range whole.fields {
					w.consumeSeen(inner, how, seen)
				}
			}
			delete(seen, each.record.birth)
		}
	}
}

func (w *walker) consumePlace(each atom, how string) {
	if each.inside {
		how = readValue
	}
	w.read(each.at, how)
	if each.at.isValues() {
		if how == readValue {
			w.readConditions(w.tree.conditionsWithin(each.at))
		}
		return
	}
	for _, home := range w.tree.scopes { // `.Chart.Dependencies` holds those that are switched on.
		if each.at.related(home.context.below("Chart").below("Dependencies")) {
			for _, child := range home.children {
				w.readConditions(child.conditions)
			}
		}
	}
}

func (w *walker) consumeContext(home *scope) {
	w.consumePlace(atom{at: home.values}, readValue)
	w.consumePlace(atom{at: home.context}, readValue)
}

// opaque reads a value as a whole and gives what is left of it.
func (w *walker) opaque(value abstract) abstract {
	w.consume(value, readValue)
	return computed(w.originOf(value))
}

const maxOriginPlaces = 40

// originOf is what a text made of these values is made of.
func (w *walker) originOf(values ...abstract) *origin {
	found := &origin{}
	for _, value := range values {
		w.addOrigin(found, value, map[int]bool{})
	}
	if len(found.places) > maxOriginPlaces {
		found.places, found.lost = nil, true
	}
	if len(found.places)+len(found.code)+len(found.files) == 0 && !found.lost {
		return nothingKnown
	}
	return found
}

func (w *walker) addOrigin(found *origin, value abstract, seen map[int]bool) {
	for _, each := range value {
		switch each.kind {
		case kindConstant:
			if text, isText := each.constant.(string); isText && holdsCode(text) && !slices.Contains(found.code, text) {
				found.code = append(found.code, text)
			}
		case kindPlace:
			if !each.at.isValues() {
				// Templates may have put anything there; the rest of a context holds no code.
				found.lost = found.lost || w.tree.mutating
			} else if !slices.Contains(found.places, each.at) {
				found.places = append(found.places, each.at)
			}
		case kindContext:
			w.addOrigin(found, place(each.home.values, false, false), seen)
		case kindRecord:
			if seen[each.record.birth] {
				continue
			}
			seen[each.record.birth] = true
			whole := w.additions.whole(each.record)
			for _, key := range slices.Sorted(maps.Keys(whole.fields)) {
				w.addOrigin(found, whole.fields[key], seen)
			}
			w.addOrigin(found, union(whole.items, whole.base), seen)
		case kindComputed:
			w.mergeOrigin(found, each.origin)
		case kindFiles:
			w.mergeOrigin(found, &origin{files: []*scope{each.home}})
		}
	}
}

func (w *walker) mergeOrigin(found, more *origin) {
	for _, at := range more.places {
		if !slices.Contains(found.places, at) {
			found.places = append(found.places, at)
		}
	}
	for _, code := range more.code {
		if !slices.Contains(found.code, code) {
			found.code = append(found.code, code)
		}
	}
	for _, home := range more.files {
		if !slices.Contains(found.files, home) {
			found.files = append(found.files, home)
		}
	}
	found.cut, found.lost = found.cut || more.cut, found.lost || more.lost
}

func holdsCode(text string) bool { return strings.Contains(text, "{{") || strings.Contains(text, "}}") }
