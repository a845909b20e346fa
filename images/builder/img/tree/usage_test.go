package tree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	_, _, lower, upper := filled(t)
	_, before, err := Usage(open(t, lower), open(t, upper))
	must(t, err)
	put(t, filepath.Join(upper, "usr/large"), strings.Repeat("x", 100_000))
	must(t, os.Link(filepath.Join(upper, "usr/large"), filepath.Join(upper, "run/same")))
	size, after, err := Usage(open(t, lower), open(t, upper))
	if err != nil || after != before+1 || size < 100_000 || size > 200_000 {
		t.Errorf("%d bytes, %d files more than %d, %v", size, after-before, before, err)
	}
	whole, files, err := Usage(-1, open(t, upper))
	if err != nil || files != after+1 || whole <= size {
		t.Errorf("%d bytes in %d files, %v", whole, files, err)
	}
}
