package registryauth

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
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
		if err != nil && !strings.HasPrefix(err.Error(), "parse Dockerfile: ") {
			t.Errorf("error %v", err)
		}
		for _, r := range Registries(nil, refs) {
			if _, err := parseRegistry(r.Host); err != nil {
				t.Errorf("registry %q: %v", r.Host, err)
			}
		}
	})
}

// For any value of --auth: a rule that stays the same when it is written and read again, or an error of one line.
func FuzzParseRule(f *testing.F) {
	for _, seed := range []string{"auto", "gcr", "secret=keys", "secret=", "r.example=local", "r:5000=secret=keys", "docker.io=none", "index.docker.io=none", "a=b=c", "=auto", "secret=auto=gcr", "[::1]:5000=local", "user:hunter2@r=local"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		rule, err := ParseRule(value)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		if back, err := ParseRule(rule.String()); err != nil || back != rule {
			t.Errorf("%q is %+v, and that written and read %+v, %v", value, rule, back, err)
		}
		if _, err := NewRules([]Rule{rule, rule}); err != nil {
			t.Errorf("%v contradicts itself: %v", rule, err)
		}
		if rule.Host != "" {
			if _, err := name.NewRegistry(rule.Host, name.StrictValidation); err != nil {
				t.Errorf("host %q: %v", rule.Host, err)
			}
		}
	})
}
