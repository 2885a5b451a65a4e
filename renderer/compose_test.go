package main

import (
	"os"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/schema"
)

// TestComposeAttributes keeps the list of what the specification knows, which the translation is tested against.
// CANTATA_UPDATE_GOLDEN=1 writes it anew.
func TestComposeAttributes(t *testing.T) {
	var known []string
	for _, path := range schema.AttributePaths() {
		known = append(known, path.String())
	}
	text := strings.Join(known, "\n") + "\n"
	const file = "testdata/compose-attributes.txt"
	if os.Getenv("CANTATA_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if written, err := os.ReadFile(file); err != nil || string(written) != text {
		t.Fatalf("%s is not what the library knows: %v", file, err)
	}
}
