package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// readReport puts together what each file reads, out of the calls that it leads to.
type readReport struct {
	tree  *chartTree
	files map[string]*fileReads
}

// fileReads is what a file reads at which address, and what it changes.
type fileReads struct {
	reads   map[address]*gathered
	lost    map[lostKey]bool
	mutates map[address]map[Spot]bool
}

// gathered is a Read in the making.
type gathered struct {
	Read
	spots map[Spot]struct{}
}

func newGathered() *gathered {
	return &gathered{Read: Read{How: readPresence}, spots: map[Spot]struct{}{}}
}

func newReadReport(tree *chartTree, entries map[string]*call) *readReport {
	report := &readReport{tree: tree, files: map[string]*fileReads{}}
	for _, file := range tree.files {
		found := &fileReads{
			reads: map[address]*gathered{}, lost: map[lostKey]bool{}, mutates: map[address]map[Spot]bool{},
		}
		report.files[file.name] = found
		for _, each := range slices.Concat(file.home.conditions, tree.importing) {
			report.add(found, each.at, readValue, &readFact{}, []Spot{{tree.root.chart.Name() + "/" + each.file, 0}})
		}
		if entry := entries[file.name]; entry != nil {
			seen := map[*call]bool{}
			report.gather(found, entry, seen)
			report.mention(found, seen)
		}
	}
	report.spreadChanges()
	return report
}

func (r *readReport) gather(found *fileReads, entry *call, seen map[*call]bool) {
	if seen[entry] {
		return
	}
	seen[entry] = true
	for key, fact := range entry.reads {
		r.add(found, key.at, key.how, fact, []Spot{key.Spot})
	}
	for key := range entry.lost {
		found.lost[key] = true
		r.add(found, key.at, readValue, &readFact{}, []Spot{key.Spot})
	}
	for at, spots := range entry.mutates {
		for _, target := range r.tree.expand(at, readPresence) {
			if found.mutates[target] == nil {
				found.mutates[target] = map[Spot]bool{}
			}
			for _, spot := range spots {
				found.mutates[target][spot] = true
			}
		}
	}
	for callee := range entry.callees {
		r.gather(found, callee, seen)
	}
}

// mention adds where a place that is read is named: it may be passed on under another name.
func (r *readReport) mention(found *fileReads, calls map[*call]bool) {
	for entry := range calls {
		for at, spots := range entry.mentions {
			for _, target := range r.tree.expand(at, readPresence) {
				if known := found.reads[target]; known != nil {
					known.addPlaces(spots)
				}
			}
		}
	}
}

func (r *readReport) add(found *fileReads, at address, how string, fact *readFact, spots []Spot) {
	for _, target := range r.tree.expand(at, how) {
		known := found.reads[target]
		if known == nil {
			known = newGathered()
			found.reads[target] = known
		}
		if how == readValue {
			known.How = readValue
		}
		if fact.preset != nil && (known.Default == nil || string(fact.preset) < string(known.Default)) {
			known.Default = fact.preset
		}
		known.Required = known.Required || fact.required
		known.Dynamic = known.Dynamic || fact.dynamic
		known.addPlaces(spots)
	}
}

func (g *gathered) addPlaces(spots []Spot) {
	for _, spot := range spots {
		g.spots[spot] = struct{}{}
	}
}

// spreadChanges gives each file that reads where another one changes something all that the other one depends on.
func (r *readReport) spreadChanges() {
	var changing []*fileReads
	for _, file := range r.files {
		if len(file.mutates) > 0 {
			changing = append(changing, file)
		}
	}
	for again := len(changing) > 0; again; {
		again = false
		for _, file := range r.files {
			for _, other := range changing {
				if file != other && file.readsWhere(other) {
					again = r.take(file, other) || again
				}
			}
		}
	}
}

func (f *fileReads) readsWhere(other *fileReads) bool {
	for target := range other.mutates {
		for at := range f.reads {
			if at.related(target) {
				return true
			}
		}
	}
	return false
}

func (r *readReport) take(file, other *fileReads) bool {
	grown := false
	for at, read := range other.reads {
		known := file.reads[at]
		if known == nil {
			known = newGathered()
			file.reads[at] = known
			grown = true
		}
		if read.How == readValue && known.How != readValue {
			known.How, grown = readValue, true
		}
		if read.Dynamic && !known.Dynamic {
			known.Dynamic, grown = true, true
		}
		maps.Copy(known.spots, read.spots)
	}
	return grown
}

// fill writes the result. Where the analysis did not end, every file reads everything.
func (r *readReport) fill(found *Variables, complete bool) {
	mutates := map[Spot]bool{}
	found.Templates = []TemplateReads{}
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		file := r.files[name]
		if !complete {
			file.lost[lostKey{Spot{name, 0}, valuesRoot, "the templates are too intricate to follow"}] = true
			r.add(file, valuesRoot, readValue, &readFact{}, []Spot{{name, 0}})
		}
		reads := TemplateReads{Path: name, Reads: []Read{}, Unknown: []Unknown{}}
		for at, read := range file.reads {
			if at.isValues() {
				read.Path = at.path()
				read.Places = slices.SortedFunc(maps.Keys(read.spots), compareSpots)
				reads.Reads = append(reads.Reads, read.Read)
			}
		}
		slices.SortFunc(reads.Reads, func(a, b Read) int { return slices.Compare(a.Path, b.Path) })
		for key := range file.lost {
			unknown := Unknown{Spot: key.Spot, Path: []string{}, Reason: key.reason}
			if key.at.isValues() {
				unknown.Path = key.at.path()
			}
			reads.Unknown = append(reads.Unknown, unknown)
		}
		slices.SortFunc(reads.Unknown, func(a, b Unknown) int {
			return cmp.Or(compareSpots(a.Spot, b.Spot), strings.Compare(a.Reason, b.Reason), slices.Compare(a.Path, b.Path))
		})
		for _, spots := range file.mutates {
			maps.Copy(mutates, spots)
		}
		found.Templates = append(found.Templates, reads)
	}
	found.Mutates = slices.AppendSeq(found.Mutates, maps.Keys(mutates))
	slices.SortFunc(found.Mutates, compareSpots)
}

func compareSpots(a, b Spot) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}
