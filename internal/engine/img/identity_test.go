package img

import (
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

func TestIdentify(t *testing.T) {
	build := engine.Build{AddHosts: []string{"a=10.0.0.1"}, Pull: true}
	for name, c := range map[string]struct{ answer, name, lacks, flaw string }{
		"the current img": {answer: `{"name":"kubectl-img/img","version":"2.0.0","buildkit":"v0.34.2","abilities":["add-host","pull"]}`, name: "img 2.0.0 with BuildKit v0.34.2"},
		"a version without a flag": {
			answer: `{"name":"kubectl-img/img","version":"1.9.0","buildkit":"v0.30.0","abilities":["add-host"]}`, name: "img 1.9.0 with BuildKit v0.30.0", lacks: "--pull",
		},
		"genuinetools/img":     {answer: "", name: "genuinetools/img", lacks: "--add-host", flaw: "CVE-2024-23651"},
		"another program":      {answer: `{"name":"other","abilities":["add-host","pull"]}`, name: "genuinetools/img", lacks: "--add-host", flaw: "CVE-2024-23651"},
		"text that is no JSON": {answer: "img version v0.5.11", name: "genuinetools/img", lacks: "--add-host", flaw: "CVE-2024-23651"},
	} {
		t.Run(name, func(t *testing.T) {
			id := Img{}.Identify(c.answer)
			if id.Name != c.name || !strings.Contains(id.Flaws, c.flaw) || (c.flaw == "") != (id.Flaws == "") {
				t.Errorf("got %+v", id)
			}
			lacks := ""
			if need := id.Lacks(Img{}.Needs(build)); need != nil {
				lacks = need.Asked
			}
			if lacks != c.lacks {
				t.Errorf("it lacks %q, want %q", lacks, c.lacks)
			}
			if need := id.Lacks(Img{}.Needs(engine.Build{NoCache: true, Platform: "linux/amd64"})); need != nil {
				t.Errorf("a plain build asks for %s", need.Asked)
			}
			if need := id.Lacks(Img{}.Needs(engine.Build{Contexts: []string{"a=/b"}})); need == nil || need.Ability != "build-context" {
				t.Errorf("a further context asks for %+v", need)
			}
			if needs := (Img{}).Needs(engine.Build{Contexts: []string{"a=oci-layout:///b@sha256:0"}}); len(needs) != 2 || needs[1].Ability != "oci-layout" {
				t.Errorf("an OCI layout asks for %+v", needs)
			}
			for attr, asks := range map[string]bool{"compression=gzip": false, "name=a": false, "compression=zstd": true, "rewrite-timestamp=true": true} {
				needs := Img{}.Needs(engine.Build{Output: &engine.Output{Attrs: []string{attr}}})
				if asks != (len(needs) == 1) || len(Img{}.Needs(engine.Build{Image: []string{attr}})) != 1 {
					t.Errorf("%s asks for %+v", attr, needs)
				}
			}
			if need := id.Lacks(Img{}.Needs(engine.Build{Platform: "linux/amd64,linux/arm64"})); need == nil || need.Ability != "platforms" {
				t.Errorf("several platforms ask for %+v", need)
			}
		})
	}
}
