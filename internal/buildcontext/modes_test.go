package buildcontext

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTarMode(t *testing.T) {
	for _, tc := range []struct {
		goos string
		mode fs.FileMode
		want int64
	}{
		{"linux", 0o640, 0o640},
		{"darwin", fs.ModeDir | fs.ModeSticky | 0o777, 0o1777},
		{"linux", fs.ModeSetuid | fs.ModeSetgid | 0o755, 0o6755},
		{"linux", fs.ModeSymlink | 0o777, 0o777},
		{"windows", 0o666, 0o755},
		{"windows", 0o444, 0o755},
		{"windows", fs.ModeDir | 0o777, 0o755},
		{"windows", fs.ModeSymlink | 0o666, 0o777},
	} {
		if got := tarMode(tc.goos, tc.mode); got != tc.want {
			t.Errorf("tarMode(%s, %v) = %04o, want %04o", tc.goos, tc.mode, got, tc.want)
		}
	}
}

func TestModeScript(t *testing.T) {
	if got := (Summary{}).ModeScript(); got != nil {
		t.Errorf("nothing to set gives %q", got)
	}
	got := string(Summary{modes: sortedModes(map[string]int64{"c/it's": 0o555, "c/it's/$(x)\n": 0o555, "c": 0o4755})}.ModeScript())
	want := "chmod 00555 -- 'c/it'\\''s/$(x)\n' 'c/it'\\''s' || exit\nchmod 04755 -- 'c' || exit\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	many := map[string]int64{}
	for i := range 3*maxChmodNames + 1 {
		many[strings.Repeat("x", i+1)] = 0o500
	}
	if got := strings.Count(string(Summary{modes: sortedModes(many)}.ModeScript()), "chmod "); got != 4 {
		t.Errorf("%d commands, want 4", got)
	}
}
