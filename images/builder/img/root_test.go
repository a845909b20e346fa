package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestDefaultState(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"XDG_DATA_HOME": "/x:/y", "HOME": "/h"}, "/x/img"},
		{map[string]string{"HOME": "/h"}, "/h/.local/share/img"},
		{nil, "/tmp/img"},
	} {
		if got := defaultState(func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("defaultState(%v) = %s, want %s", tt.env, got, tt.want)
		}
	}
}

func TestErrorIsOneLine(t *testing.T) {
	const want = "fetch: git stderr: fatal: no : exit status 128"
	if got := oneLine("fetch: git stderr:\nfatal: no\n: exit status 128"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestVersionJSON(t *testing.T) {
	root, out := newRoot(), &bytes.Buffer{}
	root.SetOut(out)
	root.SetArgs([]string{"version", "--json"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	var v struct {
		Name, BuildKit string
		Abilities      []string
	}
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || v.Name == "" || len(v.Abilities) == 0 {
		t.Errorf("%s: %v", out, err)
	}
}

func TestGlobalFlags(t *testing.T) {
	for _, g := range []global{{backend: "zfs"}, {backend: "auto", mirrors: []string{"docker.io"}}} {
		if err := g.check(); err == nil {
			t.Errorf("%+v is accepted", g)
		}
	}
	g := global{backend: "native", mirrors: []string{"docker.io=m:5000"}, plainHTTP: []string{"r:5000"}}
	hosts, err := g.registries()
	if err != nil || hosts["docker.io"].Mirrors[0] != "m:5000" || !*hosts["r:5000"].PlainHTTP {
		t.Errorf("registries = %v, %v", hosts, err)
	}
}
