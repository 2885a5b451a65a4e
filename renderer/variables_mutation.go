package main

import "text/template/parse"

// Changes of maps. Maps that templates make are followed (additions). A change of the values or of a chart's context
// is a target: whatever reads there depends on all that the changing file depends on.

func setIn(w *walker, _ parse.Node, arguments []abstract) abstract {
	if len(arguments) != 3 {
		return nil
	}
	target, key, value := arguments[0], arguments[1], arguments[2]
	names, known := key.texts()
	if !known {
		w.consume(key, readValue)
	}
	for _, each := range target {
		if each.kind != kindRecord {
			w.change(each, names, known)
			w.give(value)
			continue
		}
		birth := each.record.birth
		if known {
			for _, name := range names {
				w.additions.setField(birth, name, value)
			}
		} else {
			w.additions.addItems(birth, value)
		}
		if w.additions.escaped[birth] {
			w.give(value)
		}
	}
	return target
}

func unsetIn(w *walker, _ parse.Node, arguments []abstract) abstract {
	if len(arguments) != 2 {
		return nil
	}
	names, known := arguments[1].texts()
	if !known {
		w.consume(arguments[1], readValue)
	}
	for _, each := range arguments[0] {
		w.change(each, names, known)
	}
	return arguments[0]
}

func mergeInto(w *walker, _ parse.Node, arguments []abstract) abstract {
	if len(arguments) == 0 {
		return nil
	}
	target, sources := arguments[0], w.bounded(union(arguments[1:]...))
	for _, each := range target {
		if each.kind != kindRecord {
			w.change(each, nil, false)
			w.give(sources)
			continue
		}
		w.additions.addBase(each.record.birth, sources)
		if w.additions.escaped[each.record.birth] {
			w.give(sources)
		}
	}
	return union(target, w.sharedWith(target, sources))
}

// sharedWith are the sources of a merge whose maps the result may hold; a record finds them in its base.
func (w *walker) sharedWith(target, sources abstract) abstract {
	for _, each := range target {
		if each.kind != kindRecord {
			return sources
		}
	}
	return nil
}

// give reads a value that goes where it cannot be followed. Maps in it may be changed later.
func (w *walker) give(value abstract) {
	w.consume(value, readValue)
	w.escape(value, map[int]bool{})
}

func (w *walker) escape(value abstract, seen map[int]bool) {
	for _, each := range value {
		if each.kind != kindRecord || seen[each.record.birth] {
			continue
		}
		seen[each.record.birth] = true
		w.additions.escape(each.record.birth)
		whole := w.additions.whole(each.record)
		w.escape(union(whole.items, whole.base), seen)
		for _, inner := range whole.fields {
			w.escape(inner, seen)
		}
	}
}

// change notes that keys of a map are changed, or that any may be.
func (w *walker) change(each atom, names []string, known bool) {
	switch {
	case each.kind == kindPlace && each.copied:
	case each.kind == kindPlace && (each.inside || !known):
		w.changed(each.at)
	case each.kind == kindPlace:
		for _, name := range names {
			w.changed(each.at.below(name))
		}
	case each.kind == kindContext && known:
		for _, name := range names {
			if name == "Values" {
				w.changed(each.home.values)
			}
			w.changed(each.home.context.below(name))
		}
	case each.kind == kindContext:
		w.changed(each.home.values)
		w.changed(each.home.context)
	}
}

func (w *walker) changed(at address) {
	w.call.mutates[at] = append(w.call.mutates[at], w.spot())
}

// changeAnything notes that a template that is not known gets this value.
func (w *walker) changeAnything(value abstract, seen map[int]bool) {
	for _, each := range value {
		if each.kind == kindRecord && !seen[each.record.birth] {
			seen[each.record.birth] = true
			w.changeAnything(w.child(abstract{each}), seen)
		}
		w.change(each, nil, false)
	}
}
