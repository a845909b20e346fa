package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copied has the files that are changed, from the module in use.
func copied(t *testing.T) string {
	t.Helper()
	source, err := download()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, e := range edits {
		text, err := os.ReadFile(filepath.Join(source, e.file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, e.file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, e.file), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestApply(t *testing.T) {
	dir := copied(t)
	if err := apply(dir); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		if text, err := os.ReadFile(filepath.Join(dir, e.file)); err != nil || !strings.Contains(string(text), e.text) {
			t.Errorf("%s lacks %q, %v", e.file, e.text, err)
		}
	}
}

// TestOtherText has a BuildKit that says it differently.
func TestOtherText(t *testing.T) {
	dir := copied(t)
	file := filepath.Join(dir, edits[0].file)
	if err := os.WriteFile(file, []byte("package snapshot\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := apply(dir); err == nil || !strings.Contains(err.Error(), "0 times, want once") {
		t.Errorf("%v", err)
	}
}
