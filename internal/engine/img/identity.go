package img

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// program is the name that img in images/builder/img gives itself.
const program = "kubectl-img/img"

// Identify reads `img version --json`. genuinetools/img, whose last version is of 2020, does not know that flag.
func (Img) Identify(answer string) engine.Identity {
	var about struct {
		Name, Version, BuildKit string
		Abilities               []string
	}
	if json.Unmarshal([]byte(answer), &about) != nil || about.Name != program {
		return engine.Identity{
			Name: "genuinetools/img", LosesBits: true,
			Flaws: "the builder image has genuinetools/img of 2020: a build step can read the builder's files (CVE-2024-23651), " +
				"and a cache volume can give an image with outdated files; use a current builder image",
		}
	}
	return engine.Identity{Name: "img " + about.Version + " with BuildKit " + about.BuildKit, Abilities: about.Abilities}
}

// Needs returns what genuinetools/img lacks.
func (Img) Needs(b engine.Build) []engine.Need {
	var needs []engine.Need
	for _, n := range []struct {
		asked bool
		need  engine.Need
	}{
		{len(b.AddHosts) > 0, engine.Need{Asked: "--add-host", Ability: "add-host"}},
		{len(b.StaleSteps) > 0, engine.Need{Asked: "--no-cache-filter", Ability: "no-cache-filter"}},
		{len(b.Frontends) > 0, engine.Need{Asked: "--frontends", Ability: "frontends"}},
		{len(b.Annotations) > 0, engine.Need{Asked: "--annotation", Ability: "annotation"}},
		{b.ShmSize > 0, engine.Need{Asked: "--shm-size", Ability: "shm-size"}},
		{len(b.Ulimits) > 0, engine.Need{Asked: "--ulimit", Ability: "ulimit"}},
		{b.ManyPlatforms(), engine.Need{Asked: "--platform with several platforms", Ability: "platforms"}},
		{len(b.Secrets) > 0, engine.Need{Asked: "--secret", Ability: "secret"}},
		{len(b.Keys) > 0, engine.Need{Asked: "--ssh", Ability: "ssh"}},
		{len(b.Contexts) > 0, engine.Need{Asked: "--build-context", Ability: "build-context"}},
		{slices.ContainsFunc(b.Contexts, isLayout), engine.Need{Asked: "--build-context with " + layoutScheme, Ability: "oci-layout"}},
		{newAttr(b) != "", engine.Need{Asked: "--output with " + newAttr(b), Ability: "outputs"}},
		{b.Remote != "", engine.Need{Asked: "a URL as build context", Ability: "url"}},
		{b.Pull, engine.Need{Asked: "--pull", Ability: "pull"}},
	} {
		if n.asked {
			needs = append(needs, n.need)
		}
	}
	return needs
}

const layoutScheme = "oci-layout://"

// isLayout reports whether a further context, NAME=WHERE, is an OCI layout.
func isLayout(context string) bool { return strings.Contains(context, "="+layoutScheme) }

// newAttr returns what a build asks of its result that genuinetools/img does not know. Of the image that it pushes, that knows nothing.
func newAttr(b engine.Build) string {
	attrs := slices.Clone(b.Image)
	if b.Output != nil {
		for _, attr := range b.Output.Attrs {
			switch key, value, _ := strings.Cut(attr, "="); {
			case key == "name", key == "oci-mediatypes", key == "compression" && (value == "gzip" || value == "uncompressed"):
			default:
				attrs = append(attrs, attr)
			}
		}
	}
	return strings.Join(attrs[:min(1, len(attrs))], "")
}
