package main

import (
	"strings"
	"testing"
)

func TestJudgeOutput(t *testing.T) {
	named := want{outcome: fails, codes: []int{4}, words: []string{"refused"}}
	for _, c := range []struct {
		name  string
		o     outcome
		w     want
		wrong string
	}{
		{"failure that names its cause", outcome{code: 4, stderr: "error: push refused\nhint: x\n"}, named, ""},
		{"success that is impossible", outcome{stdout: "x@sha256:0\n"}, named, "impossible"},
		{"failure with output on stdout", outcome{code: 4, stdout: "x", stderr: "error: push refused\n"}, named, "stdout"},
		{"failure without an error line", outcome{code: 4}, named, "0 error"},
		{"two error lines", outcome{code: 4, stderr: "error: push refused\nerror: again\n"}, named, "2 error"},
		{"two hint lines", outcome{code: 4, stderr: "error: push refused\nhint: a\nhint: b\n"}, named, "2 hint"},
		{"wrong exit code", outcome{code: 1, stderr: "error: push refused\n"}, named, "exit code 1"},
		{"cause not named", outcome{code: 4, stderr: "error: something went wrong\n"}, named, "name the cause"},
		{"error not written for users", outcome{code: 4, stderr: "error: refused: context canceled\n"}, named, "means nothing"},
		{"failure that a build must survive", outcome{code: 4, stderr: "error: push refused\n"}, mustSucceed, "should not"},
		{"success with an error line", outcome{stderr: "error: push refused\n"}, mustSucceed, "error or a hint"},
		{"data race", outcome{code: 4, stderr: "WARNING: DATA RACE\nerror: push refused\n"}, named, "data race"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(judgeOutput(c.o, c.w), "; ")
			if c.wrong == "" && got != "" || !strings.Contains(got, c.wrong) {
				t.Errorf("judged %q, want %q", got, c.wrong)
			}
		})
	}
}

func TestCheckLog(t *testing.T) {
	r := &run{plan: plan{shape: shape{lines: 3}}}
	one, two, three := "#7 0.1 line-1; 0\n", "#7 0.1 line-2; 0\n", "#7 0.1 line-3; 0\n"
	for name, c := range map[string]struct {
		log   string
		valid bool
	}{
		"every line once, among others": {"#7 RUN echo line-$i; x\n" + one + two + "warning: lost\n" + three, true},
		"empty":                         {"", false},
		"line missing":                  {one + three, false},
		"last line missing":             {one + two, false},
		"line twice":                    {one + two + two + three, false},
		"lines in another order":        {two + one + three, false},
		"last line twice":               {one + two + three + three, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := r.checkLog(c.log); (err == nil) != c.valid {
				t.Errorf("%q: %v", c.log, err)
			}
		})
	}
}
