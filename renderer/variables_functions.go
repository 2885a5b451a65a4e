package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"
)

// mutatingCall finds the functions that change a map that they are given.
var mutatingCall = regexp.MustCompile(`\b(?:set|unset|(?:must)?[mM]erge(?:Overwrite)?)\b`)

// abstractFunction gives the result of a call and records what it reads.
type abstractFunction func(w *walker, node parse.Node, arguments []abstract) abstract

// function evaluates a call. A function that the table does not know reads all its arguments as a whole.
func (w *walker) function(node *parse.IdentifierNode, arguments []abstract) abstract {
	if fold := foldable[node.Ident]; fold != nil {
		if result, ok := foldConstants(fold, arguments); ok {
			return result
		}
	}
	if known := w.functions[node.Ident]; known != nil {
		return w.bounded(known(w, node, arguments))
	}
	result := w.originOf(arguments...)
	for _, argument := range arguments {
		w.consume(argument, readValue)
	}
	switch {
	case plainResults[node.Ident]:
		return computed(nil)
	case keepsText[node.Ident] || result == nothingKnown:
		return computed(result)
	default:
		changed := *result
		changed.cut = true
		changed.lost = changed.lost || !cutsText[node.Ident]
		return computed(&changed)
	}
}

// abstractFunctions are those that give a part of an argument on, or read less than all of one.
func abstractFunctions() map[string]abstractFunction {
	table := map[string]abstractFunction{
		"include": (*walker).include, "tpl": (*walker).tpl,
		"and": anyOf, "or": anyOf, "coalesce": coalesceOf, "default": defaultOf, "required": requiredOf,
		"ternary": ternaryOf, "index": indexOf, "get": indexOf, "dig": digOf, "pluck": pluckOf, "hasKey": hasKeyOf,
		"dict": dictOf, "list": listOf, "tuple": listOf, "pick": pickOf, "omit": omitOf, "values": allItems, "keys": keysOf, "lookup": lookupOf,
		"set": setIn, "unset": unsetIn, "deepCopy": deepCopyOf, "mustDeepCopy": deepCopyOf,
	}
	for _, name := range []string{"empty", "all", "any", "not", "len", "kindOf", "typeOf", "kindIs", "typeIs", "typeIsLike"} {
		table[name] = presenceOf
	}
	for _, name := range []string{"merge", "mergeOverwrite"} {
		table[name], table["must"+strings.ToUpper(name[:1])+name[1:]] = mergeInto, mergeInto
	}
	for _, name := range []string{"first", "last"} {
		table[name], table["must"+strings.ToUpper(name[:1])+name[1:]] = itemOf, itemOf
	}
	for _, name := range []string{"append", "push", "prepend"} {
		table[name], table["must"+strings.ToUpper(name[:1])+name[1:]] = appendTo, appendTo
	}
	for _, name := range []string{"rest", "initial", "reverse", "slice", "concat"} {
		table[name], table["must"+strings.ToUpper(name[:1])+name[1:]] = allItems, allItems
	}
	for _, name := range []string{"uniq", "without", "compact", "chunk"} {
		table[name], table["must"+strings.ToUpper(name[:1])+name[1:]] = comparedItems, comparedItems
	}
	return table
}

// keepsText are functions whose result holds the template code of their arguments as it is.
var keepsText = words(`toYaml mustToYaml toYamlPretty toString trim trimSuffix trimPrefix trimAll cat print println printf
	indent nindent join toJson mustToJson toRawJson toPrettyJson quote squote fromYaml fromYamlArray fromJson fromJsonArray`)

// cutsText are functions that make no template code where there is none.
var cutsText = words(`split splitList splitn trunc substr abbrev lower upper title untitle initials nospace sortAlpha
	base dir ext clean urlParse regexFind regexFindAll regexSplit wrap wrapWith toStrings repeat`)

// plainResults are functions whose result is no template code, whatever they are given.
var plainResults = words(`eq ne lt le gt ge has contains hasPrefix hasSuffix int int64 float64 atoi add sub mul div mod add1
	max min floor ceil round until untilStep seq semver semverCompare regexMatch mustRegexMatch deepEqual sha1sum sha256sum
	sha512sum adler32sum b64enc b32enc now date toDate unixEpoch fail genCA genSelfSignedCert genSignedCert
	genPrivateKey randAlphaNum randAlpha randNumeric randAscii randInt uuidv4 htpasswd bcrypt derivePassword`)

func words(text string) map[string]bool {
	found := map[string]bool{}
	for _, word := range strings.Fields(text) {
		found[word] = true
	}
	return found
}

// foldable are pure functions of texts that are evaluated when all arguments are known.
var foldable = map[string]func([]any) (any, bool){
	"print": func(given []any) (any, bool) { return fmt.Sprint(given...), true },
	"printf": func(given []any) (any, bool) {
		format, isText := first(given).(string)
		if !isText || strings.ContainsAny(format, "0123456789*") { // A width could make the text huge.
			return nil, false
		}
		return fmt.Sprintf(format, given[1:]...), true
	},
	"lower":      onTexts(1, func(text []string) string { return strings.ToLower(text[0]) }),
	"upper":      onTexts(1, func(text []string) string { return strings.ToUpper(text[0]) }),
	"trim":       onTexts(1, func(text []string) string { return strings.TrimSpace(text[0]) }),
	"toString":   onTexts(1, func(text []string) string { return text[0] }),
	"trimSuffix": onTexts(2, func(text []string) string { return strings.TrimSuffix(text[1], text[0]) }),
	"trimPrefix": onTexts(2, func(text []string) string { return strings.TrimPrefix(text[1], text[0]) }),
	"replace":    onTexts(3, func(text []string) string { return strings.ReplaceAll(text[2], text[0], text[1]) }),
}

func first(values []any) any {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}

func onTexts(count int, function func([]string) string) func([]any) (any, bool) {
	return func(given []any) (any, bool) {
		texts := []string{}
		for _, each := range given {
			if text, isText := each.(string); isText {
				texts = append(texts, text)
			}
		}
		if len(texts) != count || len(given) != count {
			return nil, false
		}
		result := function(texts)
		return result, len(result) < 1<<16
	}
}

const maxFolded = 16

// foldConstants calls a function with all combinations of known arguments.
func foldConstants(function func([]any) (any, bool), arguments []abstract) (abstract, bool) {
	combinations := [][]any{{}}
	for _, argument := range arguments {
		var longer [][]any
		for _, each := range argument {
			if each.kind != kindConstant {
				return nil, false
			}
			for _, known := range combinations {
				longer = append(longer, append(known[:len(known):len(known)], each.constant))
			}
		}
		if len(longer) == 0 || len(longer) > maxFolded {
			return nil, false
		}
		combinations = longer
	}
	var results []abstract
	for _, combination := range combinations {
		result, ok := function(combination)
		if !ok {
			return nil, false
		}
		results = append(results, constant(result))
	}
	return union(results...), true
}

func consumeAll(w *walker, arguments []abstract, how string) {
	for _, argument := range arguments {
		w.consume(argument, how)
	}
}

func presenceOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	consumeAll(w, arguments, readPresence)
	return computed(nil)
}

func keysOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	from := w.originOf(arguments...)
	consumeAll(w, arguments, readPresence)
	return computed(from)
}

// lookupOf finds objects of the cluster, which may hold any text.
func lookupOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	consumeAll(w, arguments, readValue)
	return computed(&origin{lost: true})
}

func anyOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	consumeAll(w, arguments, readPresence)
	return union(arguments...)
}

func coalesceOf(w *walker, node parse.Node, arguments []abstract) abstract {
	if last := len(arguments) - 1; last > 0 {
		for _, argument := range arguments[:last] {
			w.preset(argument, arguments[last])
		}
	}
	return anyOf(w, node, arguments)
}

func defaultOf(w *walker, node parse.Node, arguments []abstract) abstract {
	if len(arguments) == 2 {
		w.preset(arguments[1], arguments[0])
		w.consume(arguments[1], readPresence)
		return union(arguments...)
	}
	return anyOf(w, node, arguments)
}

// preset notes the default of the places that a value may stand for, if it is known.
func (w *walker) preset(value, fallback abstract) {
	if len(fallback) != 1 || fallback[0].kind != kindConstant {
		return
	}
	encoded, err := marshal(fallback[0].constant)
	if err != nil {
		return
	}
	for _, each := range value {
		if each.kind == kindPlace && !each.inside {
			w.read(each.at, readPresence).preset = encoded
		}
	}
}

func requiredOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	if len(arguments) != 2 {
		return nil
	}
	for _, each := range arguments[1] {
		if each.kind == kindPlace {
			w.read(each.at, readPresence).required = true
		}
	}
	consumeAll(w, arguments, readPresence)
	return arguments[1]
}

func ternaryOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	if len(arguments) != 3 {
		return nil
	}
	w.consume(arguments[2], readValue)
	return union(arguments[0], arguments[1])
}

// indexOf is `index` and `get`: one key after the other.
func indexOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	if len(arguments) == 0 {
		return nil
	}
	value := arguments[0]
	for _, key := range arguments[1:] {
		value = w.at(value, key)
	}
	w.mention(value)
	return value
}

// at follows one key that may be known or not.
func (w *walker) at(value, key abstract) abstract {
	if names, known := key.texts(); known {
		var found []abstract
		for index, name := range names {
			if _, isText := key[index].constant.(string); isText {
				found = append(found, w.lookup(value, name))
			} else {
				found = append(found, w.item(value, name))
			}
		}
		return w.bounded(union(found...))
	}
	w.consume(key, readValue)
	for _, each := range value {
		switch each.kind {
		case kindPlace:
			w.lose(each.at, "the key is computed")
		case kindContext:
			w.lose(each.home.values, "the key is computed")
		}
	}
	return w.child(value)
}

// item is an item of a list by its number, where the list is written out.
func (w *walker) item(value abstract, number string) abstract {
	var found []abstract
	for _, each := range value {
		if each.kind == kindRecord && each.record.list {
			found = append(found, w.lookup(abstract{each}, number))
		} else {
			found = append(found, w.child(abstract{each}))
		}
	}
	return union(found...)
}

func digOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	if len(arguments) < 3 {
		return nil
	}
	last := len(arguments) - 1
	value := arguments[last]
	for _, key := range arguments[:last-1] {
		value = w.at(value, key)
	}
	w.mention(value)
	w.preset(value, arguments[last-1])
	w.consume(value, readPresence)
	return union(value, arguments[last-1])
}

func pluckOf(w *walker, node parse.Node, arguments []abstract) abstract {
	if len(arguments) == 0 {
		return nil
	}
	var found []abstract
	for _, table := range arguments[1:] {
		value := w.at(table, arguments[0])
		w.mention(value)
		w.consume(value, readPresence)
		found = append(found, value)
	}
	return listWith(w, node, found...)
}

func hasKeyOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	if len(arguments) != 2 {
		return nil
	}
	if _, known := arguments[1].texts(); known {
		value := w.at(arguments[0], arguments[1])
		w.mention(value)
		w.consume(value, readPresence)
	} else {
		w.consume(arguments[1], readValue)
		w.consume(arguments[0], readPresence)
	}
	return computed(nil)
}

func dictOf(w *walker, node parse.Node, arguments []abstract) abstract {
	created := &record{birth: w.birthOf(node, w.contextID), fields: map[string]abstract{}}
	for index := 0; index < len(arguments); index += 2 {
		var value abstract
		if index+1 < len(arguments) {
			value = arguments[index+1]
		}
		names, known := arguments[index].texts()
		if !known {
			w.consume(arguments[index], readValue)
			created.items = union(created.items, value)
		}
		for _, name := range names {
			created.fields[name] = union(created.fields[name], value)
		}
	}
	return w.made(created)
}

func listOf(w *walker, node parse.Node, arguments []abstract) abstract {
	created := &record{birth: w.birthOf(node, w.contextID), fields: map[string]abstract{}, list: true}
	for index, argument := range arguments {
		created.fields[strconv.Itoa(index)] = argument
	}
	return w.made(created)
}

// listWith is a list of which it is not known what stands where.
func listWith(w *walker, node parse.Node, items ...abstract) abstract {
	return w.made(&record{birth: w.birthOf(node, w.contextID), items: w.bounded(union(items...)), list: true})
}

// itemOf gives one item of a list.
func itemOf(w *walker, _ parse.Node, arguments []abstract) abstract {
	var items []abstract
	for _, argument := range arguments {
		_, found := w.items(argument)
		items = append(items, found)
	}
	return union(items...)
}

// allItems gives a new list of the items of lists.
func allItems(w *walker, node parse.Node, arguments []abstract) abstract {
	return listWith(w, node, itemOf(w, node, arguments))
}

// comparedItems is a list that depends on the items themselves.
func comparedItems(w *walker, node parse.Node, arguments []abstract) abstract {
	consumeAll(w, arguments, readValue)
	return allItems(w, node, arguments)
}

func appendTo(w *walker, node parse.Node, arguments []abstract) abstract {
	if len(arguments) == 0 {
		return nil
	}
	items := itemOf(w, node, arguments[:1])
	return listWith(w, node, append(arguments[1:], items)...)
}

func pickOf(w *walker, node parse.Node, arguments []abstract) abstract {
	if len(arguments) == 0 {
		return nil
	}
	created := &record{birth: w.birthOf(node, w.contextID), fields: map[string]abstract{}}
	for _, key := range arguments[1:] {
		names, known := key.texts()
		if !known {
			return omitOf(w, node, arguments)
		}
		for _, name := range names {
			value := w.lookup(arguments[0], name)
			w.consume(value, readPresence)
			created.fields[name] = value
		}
	}
	return w.made(created)
}

// omitOf is a new map whose values come from another one.
func omitOf(w *walker, node parse.Node, arguments []abstract) abstract {
	if len(arguments) == 0 {
		return nil
	}
	consumeAll(w, arguments[1:], readValue)
	return w.made(&record{birth: w.birthOf(node, w.contextID), base: arguments[0]})
}

func deepCopyOf(w *walker, node parse.Node, arguments []abstract) abstract {
	return w.made(&record{birth: w.birthOf(node, w.contextID), base: w.bounded(union(arguments...)), copied: true})
}
