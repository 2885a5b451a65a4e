package main

import (
	"maps"
	"reflect"
	"slices"
	"time"
)

func always([]reflect.Value) bool { return true }

// tapedFunctions are the template functions that read the clock or randomness, each with the condition under which a
// call does. All of them are sprig's; Helm adds none.
var tapedFunctions = map[string]func([]reflect.Value) bool{
	"randAlphaNum": always, "randAlpha": always, "randNumeric": always, "randAscii": always,
	"randBytes": always, "randInt": always, "shuffle": always, "uuidv4": always,
	"now": always, "ago": always,
	"genPrivateKey": always, "genCA": always, "genCAWithKey": always,
	"genSelfSignedCert": always, "genSelfSignedCertWithKey": always,
	"genSignedCert": always, "genSignedCertWithKey": always,
	"bcrypt": always, "htpasswd": always, "encryptAES": always, // They salt.
	"date": dateAt(1), "htmlDate": dateAt(0),
	"dateInZone": dateAt(1), "date_in_zone": dateAt(1), "htmlDateInZone": dateAt(0),
	"durationRound": func(arguments []reflect.Value) bool {
		_, since := arguments[0].Interface().(time.Time)
		return since
	},
}

// dateAt tells of the functions that print a date: given anything but a date, they print the present.
func dateAt(index int) func([]reflect.Value) bool {
	return func(arguments []reflect.Value) bool {
		switch arguments[index].Interface().(type) {
		case time.Time, *time.Time, int64, int, int32:
			return false
		}
		return true
	}
}

// sortedKeys is sprig's `keys`, which leaves the order to chance, in order.
func sortedKeys(dicts ...map[string]any) []string {
	keys := []string{}
	for _, dict := range dicts {
		keys = append(keys, slices.Sorted(maps.Keys(dict))...)
	}
	return keys
}

// sortedValues is sprig's `values`, in the order of the keys.
func sortedValues(dict map[string]any) []any {
	values := []any{}
	for _, key := range slices.Sorted(maps.Keys(dict)) {
		values = append(values, dict[key])
	}
	return values
}
