package dockerfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// For any Dockerfile: references of a bounded size, or an error, and the same ones every time.
func FuzzReferences(f *testing.F) {
	for _, seed := range []string{
		"FROM scratch", "# syntax=docker/dockerfile:1\nARG V=1\nFROM a:$V AS x\nFROM x\nCOPY --from=b:2 / /\nRUN --mount=from=c true", "FROM a AS a\nFROM b\nCOPY --from=0 / /",
		"ARG A\nFROM ${A:-d}\n", "FROM --platform=$BUILDPLATFORM a", "ARG a=xxxxxxxx\nARG b=$a$a$a$a\nARG c=$b$b$b$b\nFROM $c", "FROM a\nCOPY <<E /x\nhi\nE\n", "FROM \"", "# escape=`\nFROM a`\nb", "\xef\xbb\xbfFROM a",
		"#!/usr/bin/env x\n//syntax=y\nFROM a", "{\"syntax\":\"z\"}", "FROM a AS b\nFROM b AS a\nCOPY --from=a / /",
	} {
		f.Add([]byte(seed), "", "V=2")
	}
	doubling := "ARG a0=x\n"
	for i := range 24 {
		doubling += fmt.Sprintf("ARG a%d=$a%d$a%d\n", i+1, i, i)
	}
	f.Add([]byte(doubling+"FROM $a24"), "", "")
	f.Fuzz(func(t *testing.T, dockerfile []byte, target, arg string) {
		refs, err := References(dockerfile, target, []string{arg})
		again, _ := References(dockerfile, target, []string{arg})
		if !slices.Equal(refs, again) {
			t.Errorf("%q and then %q", refs, again)
		}
		for i, ref := range refs {
			if ref == "" || ref == "scratch" && i > 0 || slices.Contains(refs[:i], ref) {
				t.Errorf("references %q", refs)
			}
			if len(ref) > maxExpandedBytes+len(dockerfile)+len(arg) {
				t.Errorf("a reference of %d bytes", len(ref))
			}
		}
		if step, err := TargetStep(dockerfile, target, []string{arg}); err == nil && (step.Line < 0 || step.Line > bytes.Count(dockerfile, []byte("\n"))+1) {
			t.Errorf("step %+v", step)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "parse Dockerfile: ") {
			t.Errorf("error %v", err)
		}
	})
}
