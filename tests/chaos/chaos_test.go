package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestSeedDecidesEverything(t *testing.T) {
	for seed := range uint64(40) {
		a, b := newPlan(seed), newPlan(seed)
		if a.kind != b.kind || a.what != b.what || a.when != b.when || !reflect.DeepEqual(a.shape, b.shape) {
			t.Fatalf("seed %d gives %s (%s) and %s (%s)", seed, a.kind, a.what, b.kind, b.what)
		}
	}
}

func TestARoundHasEveryKind(t *testing.T) {
	round, seen := 0, map[string]int{}
	for _, k := range kinds() {
		round += k.weight
	}
	for seed := range uint64(round) {
		seen[newPlan(1000+seed).kind]++
	}
	for _, k := range kinds() {
		if seen[k.name] != k.weight {
			t.Errorf("%s: %d times in a round of %d, want %d", k.name, seen[k.name], round, k.weight)
		}
	}
}

// A judge that finds nothing wrong with these would find nothing wrong with anything.
func TestJudgeFindsWhatIsWrong(t *testing.T) {
	named := want{outcome: fails, codes: []int{4}, words: []string{"refused"}}
	for _, c := range []struct {
		name  string
		o     outcome
		w     want
		wrong string
	}{
		{"in order", outcome{code: 4, stderr: "error: push refused\nhint: x\n"}, named, ""},
		{"impossible success", outcome{stdout: "x@sha256:0\n"}, named, "impossible"},
		{"stdout of a failure", outcome{code: 4, stdout: "x", stderr: "error: push refused\n"}, named, "stdout"},
		{"silent failure", outcome{code: 4}, named, "0 error"},
		{"two errors", outcome{code: 4, stderr: "error: push refused\nerror: again\n"}, named, "2 error"},
		{"two hints", outcome{code: 4, stderr: "error: push refused\nhint: a\nhint: b\n"}, named, "2 hint"},
		{"wrong code", outcome{code: 1, stderr: "error: push refused\n"}, named, "exit code 1"},
		{"unnamed cause", outcome{code: 4, stderr: "error: something went wrong\n"}, named, "name the cause"},
		{"words for programmers", outcome{code: 4, stderr: "error: refused: context canceled\n"}, named, "means nothing"},
		{"avoidable failure", outcome{code: 4, stderr: "error: push refused\n"}, mustSucceed, "should not"},
		{"success with an error", outcome{stderr: "error: push refused\n"}, mustSucceed, "error or a hint"},
		{"data race", outcome{code: 4, stderr: "WARNING: DATA RACE\nerror: push refused\n"}, named, "data race"},
	} {
		got := strings.Join(judgeOutput(c.o, c.w), "; ")
		if c.wrong == "" && got != "" || !strings.Contains(got, c.wrong) {
			t.Errorf("%s: judged %q, want %q", c.name, got, c.wrong)
		}
	}
}

func TestJudgeWantsEveryLineOfTheLogOnce(t *testing.T) {
	r := &run{plan: plan{shape: shape{lines: 3}}}
	one, two, three := "#7 0.1 line-1; 0\n", "#7 0.1 line-2; 0\n", "#7 0.1 line-3; 0\n"
	if err := r.checkLog("#7 RUN echo line-$i; x\n" + one + two + "warning: lost\n" + three); err != nil {
		t.Error(err)
	}
	for _, log := range []string{"", one + three, one + two, one + two + two + three, two + one + three, one + two + three + three} {
		if r.checkLog(log) == nil {
			t.Errorf("nothing wrong found with %q", log)
		}
	}
}
