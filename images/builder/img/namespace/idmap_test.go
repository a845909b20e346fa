package namespace

import (
	"slices"
	"strings"
	"testing"
)

func TestPlan(t *testing.T) {
	both := []idRange{{Outside: 1001, Count: 64535}, {Outside: 1, Count: 999}}
	tests := []struct {
		name        string
		subordinate []idRange
		available   int
		want        []idRange
	}{
		{"pod user namespace", both, 65536, []idRange{{0, 1000, 1}, {1, 1, 999}, {1000, 1001, 64535}}},
		{"the node's system ids are left out", both, wholeHost, []idRange{{0, 1000, 1}, {1, 1001, 64535}}},
		{"image of a range that exceeds the pod", []idRange{{Outside: 1001, Count: 100000}}, 65536, []idRange{{0, 1000, 1}, {1, 1001, 64535}}},
		{"range beyond the pod", []idRange{{Outside: 100000, Count: 65536}}, 65536, []idRange{{0, 1000, 1}}},
		{"usual range of a host", []idRange{{Outside: 100000, Count: 65536}}, wholeHost, []idRange{{0, 1000, 1}, {1, 100000, 65536}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := plan(1000, slices.Clone(tt.subordinate), tt.available); !slices.Equal(got, tt.want) {
				t.Errorf("plan = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSubordinateIDs(t *testing.T) {
	const file = "other:1:2\nuser:1001:64535\n# user\n1000:1:999\n"
	got, err := subordinateIDs(strings.NewReader(file), "1000", "user")
	want := []idRange{{0, 1001, 64535}, {0, 1, 999}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("subordinateIDs = %v, %v, want %v", got, err, want)
	}
	if _, err := subordinateIDs(strings.NewReader("user:x:1\n"), "user"); err == nil {
		t.Error("a range that is no number is accepted")
	}
}

func TestAvailableIDs(t *testing.T) {
	for text, want := range map[string]int{
		"         0          0 4294967295\n":   wholeHost,
		"         0 1131741184      65536\n":   65536,
		"0 1000 1\n1 1 999\n1000 1001 64535\n": 65535,
		"         0       1000          1\n":   1,
	} {
		if got, err := availableIDs(strings.NewReader(text)); err != nil || got != want {
			t.Errorf("availableIDs(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestArguments(t *testing.T) {
	got := strings.Join(arguments(7, []idRange{{0, 1000, 1}, {1, 1, 999}}), " ")
	if want := "7 0 1000 1 1 1 999"; got != want {
		t.Errorf("arguments = %s, want %s", got, want)
	}
}

func TestWithin(t *testing.T) {
	hidden := []string{"/run/kubectl-img", "/workspace/"}
	for path, want := range map[string]bool{
		"/run/kubectl-img": true, "/run/kubectl-img/login": true, "/run/kubectl-img2": false, "/workspace/context": true, "/": false,
	} {
		if got := within(hidden, path); got != want {
			t.Errorf("within(%s) = %v, want %v", path, got, want)
		}
	}
}
