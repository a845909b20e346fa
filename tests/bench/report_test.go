package main

import (
	"errors"
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
	met := report{bar: bar{name: "equal", value: 1, limit: 1}}
	missed := report{bar: bar{name: "above", value: 1.01, limit: 1}}
	var out strings.Builder
	if err := verdict(&out, []report{met}); err != nil {
		t.Errorf("a bar that is just met: %v", err)
	}
	if err := verdict(&out, []report{missed, met}); !errors.Is(err, errMissed) {
		t.Errorf("a missed bar: %v", err)
	}
	want := "ok      equal: 1.00, at most 1.00\nMISSED  above: 1.01, at most 1.00\nok      equal: 1.00, at most 1.00\n"
	if out.String() != want {
		t.Errorf("verdict\n%s, want\n%s", out.String(), want)
	}
}

func TestReport(t *testing.T) {
	r := report{
		title: "race",
		rows:  []*row{{"plugin", "s", []float64{2, 1, 3}}, {"by hand", "s", []float64{4}}},
		bar:   bar{name: "ratio", value: 0.5, limit: 1},
	}
	want := "race\n  plugin   2.00 s  (1.00–3.00)\n  by hand  4.00 s  (4.00–4.00)\n  ratio: 0.50, at most 1.00\n\n"
	if r.String() != want {
		t.Errorf("report\n%s, want\n%s", r, want)
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
