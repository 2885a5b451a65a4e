package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An abstract value is a set of atoms: what a value in a template may be. An empty one is nothing.
type abstract []atom

type atomKind int

const (
	kindConstant  atomKind = iota // Known from the text of the template.
	kindPlace                     // The value at an address, not read yet.
	kindContext                   // The top-level context of a chart.
	kindRecord                    // A map or list that a template makes.
	kindComputed                  // The result of a function; what it depends on is read already.
	kindFiles                     // `.Files` of a chart.
	kindSubcharts                 // `.Subcharts` of a chart.
)

type atom struct {
	kind     atomKind
	constant any     // kindConstant: string, int64, float64, bool or nil
	at       address // kindPlace
	// inside marks a place that is somewhere below at, or an item of a list: navigating stays at the address.
	inside bool
	// copied marks a place whose value is a copy, so that changing it changes no values.
	copied bool
	home   *scope  // kindContext, kindFiles, kindSubcharts
	record *record // kindRecord
	origin *origin // kindComputed
	key    string
}

// record is a map or list made by a template. What functions add to it later is kept apart by its birthplace, since
// all that hold it see that.
type record struct {
	birth  int
	fields map[string]abstract // Of a list that is written out, by number.
	items  abstract            // Of a list, or under keys that are not known.
	list   bool
	base   abstract // What it was merged or copied from.
	copied bool
	depth  int
}

// origin is what a computed text is made of, for the case that it is used as a template.
type origin struct {
	places []address
	code   []string
	files  []*scope
	// cut means that code in these texts may have been cut up or written otherwise.
	cut bool
	// lost means that template code may have come in which is not known here.
	lost bool
}

const (
	maxAtoms       = 24
	maxRecordDepth = 7
	longConstant   = 80
)

func constant(value any) abstract {
	key := fmt.Sprintf("=%T:%v", value, value)
	if len(key) > longConstant {
		key = fmt.Sprintf("=%x", sha256.Sum256([]byte(key)))
	}
	return abstract{{kind: kindConstant, constant: value, key: key}}
}

func place(at address, inside, copied bool) abstract {
	key := string(at)
	if inside {
		key += "*"
	}
	if copied {
		key += "'"
	}
	return abstract{{kind: kindPlace, at: at, inside: inside, copied: copied, key: key}}
}

func contextOf(home *scope) abstract {
	return abstract{{kind: kindContext, home: home, key: "$" + string(home.context)}}
}

func homeAtom(kind atomKind, home *scope) abstract {
	return abstract{{kind: kind, home: home, key: fmt.Sprintf("%d$%s", kind, home.context)}}
}

var nothingKnown = &origin{}

// computed is a result whose inputs are read; what it is made of is in from.
func computed(from *origin) abstract {
	if from == nil {
		from = nothingKnown
	}
	parts := []string{"~"}
	for _, at := range from.places {
		parts = append(parts, string(at))
	}
	for _, code := range from.code {
		parts = append(parts, constant(code)[0].key)
	}
	for _, home := range from.files {
		parts = append(parts, string(home.context))
	}
	parts = append(parts, fmt.Sprint(from.cut, from.lost))
	return abstract{{kind: kindComputed, origin: from, key: strings.Join(parts, "|")}}
}

// union joins values; equal atoms count once.
func union(values ...abstract) abstract {
	var joined abstract
	for _, value := range values {
		for _, each := range value {
			if !slices.ContainsFunc(joined, func(known atom) bool { return known.key == each.key }) {
				joined = append(joined, each)
			}
		}
	}
	return joined
}

func (v abstract) key() string {
	keys := make([]string, len(v))
	for index, each := range v {
		keys[index] = each.key
	}
	slices.Sort(keys)
	return strings.Join(keys, "\x1e")
}

// texts gives the constants of a value as text, and whether that is all there is.
func (v abstract) texts() ([]string, bool) {
	var texts []string
	for _, each := range v {
		if each.kind != kindConstant {
			return nil, false
		}
		text, isText := each.constant.(string)
		if !isText {
			text = fmt.Sprint(each.constant)
		}
		texts = append(texts, text)
	}
	return texts, len(texts) > 0
}

func (v abstract) depth() int {
	deepest := 0
	for _, each := range v {
		if each.kind == kindRecord {
			deepest = max(deepest, each.record.depth)
		}
	}
	return deepest
}

// additions are what is added to records after they were made, by birthplace.
type additions struct {
	byBirth map[int]*record
	escaped map[int]bool
	grown   bool
}

func (a *additions) of(birth int) *record {
	return a.byBirth[birth]
}

func (a *additions) to(birth int) *record {
	found := a.byBirth[birth]
	if found == nil {
		found = &record{fields: map[string]abstract{}}
		a.byBirth[birth] = found
		a.grown = true
	}
	return found
}

func (a *additions) setField(birth int, key string, value abstract) {
	found := a.to(birth)
	found.fields[key] = a.grow(found.fields[key], value)
}

func (a *additions) addItems(birth int, value abstract) {
	found := a.to(birth)
	found.items = a.grow(found.items, value)
}

func (a *additions) addBase(birth int, value abstract) {
	found := a.to(birth)
	found.base = a.grow(found.base, value)
}

func (a *additions) grow(known, more abstract) abstract {
	joined := union(known, more)
	a.grown = a.grown || len(joined) > len(known)
	return joined
}

func (a *additions) escape(birth int) {
	if !a.escaped[birth] {
		a.escaped[birth] = true
		a.grown = true
	}
}

// recordKey tells records apart by what is in them; by their birthplace only when something was added to them, so that
// equal arguments of different callers are one.
func (a *additions) recordKey(made *record) string {
	var key strings.Builder
	key.WriteString("{")
	if a.byBirth[made.birth] != nil || a.escaped[made.birth] {
		fmt.Fprintf(&key, "@%d", made.birth)
	}
	fmt.Fprint(&key, made.copied, made.list)
	for _, name := range slices.Sorted(maps.Keys(made.fields)) {
		fmt.Fprintf(&key, "%q:%s,", name, made.fields[name].key())
	}
	fmt.Fprintf(&key, "*%s^%s}", made.items.key(), made.base.key())
	return key.String()
}

// whole is a record with what was added to it.
func (a *additions) whole(made *record) *record {
	more := a.of(made.birth)
	if more == nil {
		return made
	}
	fields := maps.Clone(made.fields)
	if fields == nil {
		fields = map[string]abstract{}
	}
	for key, value := range more.fields {
		fields[key] = union(fields[key], value)
	}
	return &record{
		birth: made.birth, fields: fields, items: union(made.items, more.items),
		base: union(made.base, more.base), copied: made.copied, list: made.list,
		depth: made.depth,
	}
}
