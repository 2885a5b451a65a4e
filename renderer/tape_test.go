package main

import (
	"reflect"
	"testing"

	"github.com/Masterminds/sprig/v3"
)

func TestEveryFunctionThatSprigCallsNonHermeticIsHandled(t *testing.T) {
	elsewhere := map[string]string{
		"env": "Helm removes it", "expandenv": "Helm removes it", "getHostByName": "Helm answers nothing",
		"date_modify": "reads no clock", "dateModify": "reads no clock", "now": "taped",
	}
	hermetic := sprig.HermeticTxtFuncMap()
	for name := range sprig.TxtFuncMap() {
		_, isHermetic := hermetic[name]
		_, isTaped := tapedFunctions[name]
		if !isHermetic && !isTaped && elsewhere[name] == "" {
			t.Errorf("%s is neither taped nor known to be harmless", name)
		}
	}
	for name := range tapedFunctions {
		if _, ok := sprig.TxtFuncMap()[name]; !ok {
			t.Errorf("sprig has no function %s", name)
		}
	}
}

func TestReplacementsHaveTheTypesOfTheOriginals(t *testing.T) {
	original := sprig.TxtFuncMap()
	for name, function := range newTape(nil).functions() {
		if before, ok := original[name]; ok && reflect.TypeOf(before) != reflect.TypeOf(function) {
			t.Errorf("%s is %T, was %T", name, function, before)
		}
	}
}

func TestCallsAreCountedWhereTheyBelong(t *testing.T) {
	root := map[string]any{"Template": map[string]any{"Name": "a"}}
	item := map[string]any{"own": true}
	tape := newTape(nil)
	random := tape.functions()["randAlpha"].(func(int) string)
	tape.enter("a", root)
	inA := random(8)
	tape.enter("b", root) // Included with the top-level context: as if rendered alone.
	inB := random(8)
	tape.enter("c", item) // Included with another context: part of b.
	alsoInB := random(8)
	tape.leave()
	tape.leave()
	alsoInA := random(8)
	tape.leave()
	root["Template"] = map[string]any{"Name": "b"}
	tape.enter("b", root)
	if again := random(8); again != inB {
		t.Errorf("b gave %q, then %q", inB, again)
	}
	if again := random(8); again != alsoInB {
		t.Errorf("c in b gave %q, then %q", alsoInB, again)
	}
	got := map[tapeKey]bool{}
	for _, entry := range tape.entries() {
		got[tapeKey{entry.Template, entry.Function, "", entry.Ordinal}] = true
	}
	want := map[tapeKey]bool{
		{"a", "randAlpha", "", 0}: true, {"a", "randAlpha", "", 1}: true,
		{"b", "randAlpha", "", 0}: true, {"b", "randAlpha", "", 1}: true,
	}
	if !reflect.DeepEqual(got, want) || inA == alsoInA {
		t.Errorf("got %v", got)
	}
}

func TestAFunctionThatFailsIsNotRecorded(t *testing.T) {
	tape := newTape(nil)
	functions := tape.functions()
	results := reflect.ValueOf(functions["genCAWithKey"]).Call([]reflect.Value{
		reflect.ValueOf("cn"), reflect.ValueOf(1), reflect.ValueOf("not a key"),
	})
	if results[1].IsNil() || len(tape.entries()) != 0 {
		t.Errorf("got %v and %v", results, tape.entries())
	}
}
