package main

import (
	"slices"
	"testing"
)

func TestCircles(t *testing.T) {
	for name, want := range map[string][]string{
		"circle": {
			"github.com/kubectl-img/kubectl-img/tools/fileorder/testdata/circle: the files a.go, b.go use each other in a circle:",
			"\ta.go uses down of b.go", "\tb.go uses Up of a.go",
		},
		"order": nil,
	} {
		got, err := inPackages("testdata", "./"+name)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}
