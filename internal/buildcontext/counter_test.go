package buildcontext

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLargestEntries(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files []Entry
		want  []Entry
	}{
		{"none", nil, nil},
		{"empty files", []Entry{{"a", 0}}, nil},
		{"few", []Entry{{"a", 1}, {"b", 2}}, []Entry{{"b", 2}, {"a", 1}}},
		{"three of four", []Entry{{"a", 4}, {"b", 2}, {"c", 3}, {"d", 5}}, []Entry{{"d", 5}, {"a", 4}, {"c", 3}}},
		{"a directory of equals", []Entry{{"d/a", 50}, {"d/b", 50}, {"e", 60}}, []Entry{{"d", 100}, {"e", 60}}},
		{"one file is all of its directory", []Entry{{"d/e/a", 95}, {"d/e/b", 3}, {"d/f", 1}, {"g", 7}}, []Entry{{"d/e/a", 95}, {"g", 7}}},
		{"one directory is all of another", []Entry{{"d/e/a", 45}, {"d/e/b", 50}, {"d/f", 2}}, []Entry{{"d/e", 95}}},
		{"names that start alike", []Entry{{"d/a", 1}, {"d-x/a", 2}, {"d-x/b", 2}}, []Entry{{"d-x", 4}, {"d/a", 1}}},
	} {
		c := newCounter()
		for _, f := range tc.files {
			c.add(f.Path, f.Bytes)
		}
		if diff := cmp.Diff(tc.want, c.result().Largest); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}
