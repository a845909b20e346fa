package main

import (
	"bytes"
	"testing"

	"github.com/moby/buildkit/client"
)

func TestPrintWarnings(t *testing.T) {
	one, two := client.VertexWarning{Short: []byte("One: a (line 1)")}, client.VertexWarning{Short: []byte("Two:\nb (line 2)")}
	for want, warnings := range map[string][]client.VertexWarning{
		"":                                       nil,
		"1 warning found:\n - One: a (line 1)\n": {one, one},
		"2 warnings found:\n - One: a (line 1)\n - Two: b (line 2)\n": {one, two, one},
	} {
		var out bytes.Buffer
		if printWarnings(&out, warnings); out.String() != want {
			t.Errorf("got %q, want %q", &out, want)
		}
	}
}
