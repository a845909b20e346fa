package buildflags

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// bothWays are the flags whose values the Plan holds in a form that the flag takes too. Each returns that form, and the arguments to
// read it again.
var bothWays = map[string]func(*build.Plan) []string{
	"tag":          func(p *build.Plan) []string { return p.Build.Tags },
	"label":        func(p *build.Plan) []string { return p.Build.Labels },
	"build-arg":    func(p *build.Plan) []string { return p.Build.BuildArgs },
	"cache-from":   func(p *build.Plan) []string { return p.Build.CacheFrom },
	"cache-to":     func(p *build.Plan) []string { return p.Build.CacheTo },
	"platform":     func(p *build.Plan) []string { return nonEmpty(p.Build.Platform) },
	"profile":      func(p *build.Plan) []string { return nonEmpty(string(p.Profile)) },
	"name":         func(p *build.Plan) []string { return nonEmpty(p.Pod.Name) },
	"target":       func(p *build.Plan) []string { return nonEmpty(p.Build.Target) },
	"timeout":      func(p *build.Plan) []string { return nonEmpty(p.Timeout.String()) },
	"detach-grace": func(p *build.Plan) []string { return nonEmpty(p.DetachGrace.String()) },
	"auth": func(p *build.Plan) []string {
		var rules []string
		for _, r := range p.Auth {
			rules = append(rules, r.String())
		}
		return rules
	},
	"insecure-registry": func(p *build.Plan) []string { return p.Trust.Insecure },
	"output":            outputOf,
	"image":             nil, // only read
	"node-selector":     nil, "toleration": nil, "request": nil, "limit": nil, "pod-label": nil, "pod-annotation": nil,
	"seccomp-profile": nil, "progress": nil, "dry-run": nil, "service-account": nil, "cache-volume": nil, "namespace": nil,
}

func nonEmpty(s string) []string {
	return slices.DeleteFunc([]string{s}, func(s string) bool { return s == "" })
}

// outputOf writes what the engine is told of the output as buildx does.
func outputOf(p *build.Plan) []string {
	fields := []string{"type=" + p.Output.Type, "dest=" + p.Output.Dest}
	if p.Output.Stdout {
		fields[1] = "dest=-"
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(append(fields, p.Build.Output.Attrs...)) // a buffer takes everything
	w.Flush()
	return []string{strings.TrimSuffix(b.String(), "\n")}
}

// Whatever a flag or its variable is given: a plan that is the same when its values are given again, or one error line and exit
// code 2.
func FuzzFlags(f *testing.F) {
	for flag, values := range map[string][]string{
		"tag":               {"app", "r.example:5000/team/app:1", "docker.io/library/a", "index.docker.io/a", "a@sha256:0", "A", "a:b:c", "localhost/a", "a/b/../c", "a:" + strings.Repeat("x", 129)},
		"label":             {"a=b", "a", "=b", "a=b=c", " =x"},
		"build-arg":         {"a=b", "HTTP_PROXY", "=b", "a=\n"},
		"cache-from":        {"r.example/a", "type=registry,ref=a", `"type=registry","ref=a"`, "type=registry,ref=a:b@sha256:0", "a,b"},
		"cache-to":          {"type=inline", "type=registry,ref=a,mode=max", "type=registry,ref=a,ref=b", "type=inline,mode=min"},
		"platform":          {"linux/amd64", "linux/arm/v7", "LINUX/x86_64", "linux/arm64/v8/x", "linux/arm64/v8", "linux/arm/v7,x"},
		"output":            {"out", "-", "type=oci,dest=x.tar", `type=docker,dest=-,"name=a"`, `"type=tar","dest=a,b"`, "type=local,dest=a=b", "type=oci,dest=x,name=a:1,compression=gzip", "type=tar,type=oci,dest=x"},
		"auth":              {"auto", "secret=keys", "r.example:1=secret=keys", "docker.io=gcr", "[::1]=local"},
		"insecure-registry": {"r.example:5000", "[::1]:5000", "docker.io", "a/b"},
		"image":             {"a", "a:b@sha256:0"}, "profile": {"userns", "unset"}, "name": {"a", "-"}, "timeout": {"1h", "1e9h", "292y", "2562047h47m16.854775807s"}, "detach-grace": {"1s", "2562047h"},
		"node-selector": {"a=b,c=d", "a=b,\"", "kubernetes.io/arch=arm64"}, "toleration": {"a=b:NoSchedule", "a:", "a"}, "request": {"cpu=1", "memory=1e100", "cpu=1,cpu=2"}, "limit": {"cpu=1m"},
		"pod-label": {"a=b"}, "pod-annotation": {"A/b=c=d"}, "seccomp-profile": {"a/b"}, "progress": {"plain"}, "dry-run": {"json"}, "service-account": {"a"}, "cache-volume": {"a.b"}, "namespace": {"n"}, "target": {"a b"},
	} {
		for _, value := range values {
			f.Add(flag, value, value == "auto")
		}
	}
	f.Fuzz(func(t *testing.T, flag, value string, variable bool) {
		written, known := bothWays[flag]
		if !known || strings.ContainsRune(value, 0) { // no argument holds a zero byte
			return
		}
		plan, ok := readFlag(t, flag, []string{value}, variable)
		if !ok || written == nil {
			return
		}
		again := written(plan)
		back, ok := readFlag(t, flag, again, false)
		if !ok {
			t.Fatalf("--%s %q is read as %q, which is rejected", flag, value, again)
		}
		if diff := cmp.Diff(again, written(back)); diff != "" {
			t.Errorf("--%s %q (-read +written and read):\n%s", flag, value, diff)
		}
		if diff := cmp.Diff(plan.Build, back.Build); diff != "" {
			t.Errorf("--%s %q, what the engine is told (-read +written and read):\n%s", flag, value, diff)
		}
		for _, tag := range plan.Build.Tags {
			if _, err := name.NewTag(tag, name.StrictValidation); err != nil {
				t.Errorf("tag %q: %v", tag, err)
			}
		}
		for _, rule := range plan.Auth {
			if rule.Method == registryauth.Secret && rule.Secret == "" {
				t.Errorf("rule %+v", rule)
			}
		}
	})
}

// readFlag plans a build with one flag; a rejected value must be reported well.
func readFlag(t *testing.T, flag string, values []string, inVariable bool) (*build.Plan, bool) {
	t.Helper()
	b := newBench(t)
	args := []string{"--push=false", "."}
	for _, value := range values {
		if inVariable {
			b.Env = append(b.Env, cli.Variable(flag)+"="+value)
		} else {
			args = append([]string{"--" + flag + "=" + value}, args...)
		}
	}
	plan, err := b.plan(args...)
	if err == nil {
		if d := plan.Pod.Spec.ActiveDeadlineSeconds; d == nil || *d < int64(plan.Timeout.Seconds()) {
			t.Errorf("--%s %q: the pod's deadline is %v", flag, values, d)
		}
		return plan, plan.Output != nil || flag != "output"
	}
	var report bytes.Buffer
	if code := cli.Report(err, &report); code != cli.CodeUsage {
		t.Errorf("--%s %q: exit code %d", flag, values, code)
	}
	clitest.CheckReport(t, report.String())
	return nil, false
}
