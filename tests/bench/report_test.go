package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   float64
	}{
		"one value":                     {[]float64{3}, 3},
		"odd number of values":          {[]float64{9, 1, 2}, 2},
		"mean of the two middle values": {[]float64{4, 1, 9, 2}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (&row{values: c.values}).median(); got != c.want {
				t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	met, shown := bar{name: "equal", value: 1, limit: 1}, bar{name: "shown", value: 9, unit: "ms"}
	missed := bar{name: "above", value: 150.6, limit: 150, unit: "ms"}
	var out strings.Builder
	if err := verdict(&out, []report{{bars: []bar{met, shown}}}, true); err != nil {
		t.Errorf("a bar that is just met: %v", err)
	}
	out.Reset()
	if err := verdict(&out, []report{{bars: []bar{missed, met}}, {bars: []bar{shown}}}, true); !errors.Is(err, errMissed) {
		t.Errorf("a missed bar: %v", err)
	}
	want := `| figure | measured | at most | |
| --- | --- | --- | --- |
| above | 151 ms | 150 ms | **missed** |
| equal | 1.00 | 1.00 | ok |
| shown | 9 ms |  |  |
`
	if out.String() != want {
		t.Errorf("verdict\n%s, want\n%s", out.String(), want)
	}
	if err := verdict(&out, []report{{bars: []bar{missed}}}, false); err != nil {
		t.Errorf("a missed bar without -strict: %v", err)
	}
}

func TestReport(t *testing.T) {
	r := report{title: "race", rows: []*row{{"plugin", "s", []float64{2, 1, 3}}, {"by hand", "s", []float64{4}}}}
	want := "race\n  plugin   2.00 s  (1.00–3.00)\n  by hand  4.00 s  (4.00–4.00)\n\n"
	if r.String() != want {
		t.Errorf("report\n%s, want\n%s", r, want)
	}
	b := ratio("half", r.rows[0], r.rows[1], 0.4)
	if want := "| half | 0.50 (2.00 s / 4.00 s) | 0.40 | **missed** |"; b.String() != want {
		t.Errorf("ratio of the medians %q, want %q", b, want)
	}
}

func TestUpdatePage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	for _, c := range []struct{ before, want string }{
		{"# Speed\n\n" + tableHead + "| old | 2 ms |  |  |\n\nText\n", "# Speed\n\n" + tableHead + "| new | 1 ms |  |  |\n\nText\n"},
		{"# Speed\n", ""},
	} {
		if err := os.WriteFile(page, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		err := updatePage(page, []report{{bars: []bar{{name: "new", value: 1, unit: "ms"}}}})
		got, readErr := os.ReadFile(page)
		if (err != nil) != (c.want == "") || readErr != nil || err == nil && string(got) != c.want {
			t.Errorf("page %q, %v, %v; want %q", got, err, readErr, c.want)
		}
	}
}

func TestUploadTime(t *testing.T) {
	t.Run("upload has ended", func(t *testing.T) {
		took, err := uploadTime("created builder pod\nsent the build context: 451.7MB in 17.7s (25.52MB/s)\n#1 DONE\n")
		if err != nil || took != 17.7 {
			t.Errorf("upload time %v, %v; want 17.7", took, err)
		}
	})
	t.Run("upload has not ended", func(t *testing.T) {
		if took, err := uploadTime("sending the build context: 1MB in 0.2s (5MB/s)\n"); err == nil {
			t.Errorf("upload time %v", took)
		}
	})
}
