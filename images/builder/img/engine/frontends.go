package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/frontend"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/pb"
)

// Frontends are the images that a # syntax= line may name.
type Frontends struct {
	restricted bool // by a list; the zero value allows every frontend
	allowed    []reference.Named
}

// ParseFrontends returns what every one of the lists allows. A list has names separated by commas, or is "none"; an empty one allows every
// frontend. A name without a tag and a digest allows all tags and digests of its repository.
func ParseFrontends(lists ...string) (Frontends, error) {
	all := Frontends{}
	for _, list := range lists {
		one, err := parseFrontends(list)
		if err != nil {
			return Frontends{}, err
		}
		all = all.and(one)
	}
	return all, nil
}

func parseFrontends(list string) (Frontends, error) {
	if list == "" {
		return Frontends{}, nil
	}
	f, names := Frontends{restricted: true}, strings.Split(list, ",")
	for _, name := range names {
		name = strings.TrimSpace(name)
		if name == "none" && len(names) > 1 {
			return Frontends{}, fmt.Errorf("invalid list of frontends %q: none stands alone", list)
		}
		if name == "none" {
			continue
		}
		named, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			return Frontends{}, fmt.Errorf("invalid frontend %q: %w", name, err)
		}
		f.allowed = append(f.allowed, named)
	}
	return f, nil
}

// and returns what both allow.
func (f Frontends) and(other Frontends) Frontends {
	switch {
	case !f.restricted:
		return other
	case !other.restricted:
		return f
	}
	both := Frontends{restricted: true}
	for _, a := range f.allowed {
		for _, b := range other.allowed {
			if narrower(a, b) {
				both.allowed = append(both.allowed, a)
			} else if narrower(b, a) {
				both.allowed = append(both.allowed, b)
			}
		}
	}
	return both
}

// narrower reports whether everything that a names is also named by b. A tag beside a digest names nothing.
func narrower(a, b reference.Named) bool {
	if a.Name() != b.Name() {
		return false
	}
	if digested, ok := b.(reference.Digested); ok {
		own, ok := a.(reference.Digested)
		return ok && own.Digest() == digested.Digest()
	}
	if tagged, ok := b.(reference.Tagged); ok {
		own, ok := a.(reference.Tagged)
		return ok && own.Tag() == tagged.Tag()
	}
	return true
}

// check returns an error if the frontend is not allowed, or if a build context of the same name would replace it.
func (f Frontends) check(source string, opts map[string]string) error {
	if !f.restricted {
		return nil
	}
	named, err := reference.ParseNormalizedNamed(source)
	if err != nil {
		return fmt.Errorf("invalid frontend %q: %w", source, err)
	}
	named = reference.TagNameOnly(named)
	if !slices.ContainsFunc(f.allowed, func(allowed reference.Named) bool { return narrower(named, allowed) }) {
		return fmt.Errorf("frontend %s is not allowed: want %s", source, f)
	}
	for key := range opts {
		context, found := strings.CutPrefix(key, "context:")
		context, _, _ = strings.Cut(context, "::") // a platform
		if other, err := reference.ParseNormalizedNamed(context); found && err == nil && other.Name() == named.Name() {
			return fmt.Errorf("frontend %s is not allowed from build context %s", source, context)
		}
	}
	return nil
}

// String lists what is allowed, for a text.
func (f Frontends) String() string {
	if len(f.allowed) == 0 {
		return "none"
	}
	var names []string
	for _, named := range f.allowed {
		names = append(names, reference.FamiliarString(named))
	}
	return strings.Join(names, " or ")
}

// checkedFrontend runs a frontend from an image only if it is allowed. BuildKit's own list can't allow no frontend, nor a single tag or digest.
type checkedFrontend struct {
	frontend.Frontend
	allowed Frontends
}

// Solve checks before anything is pulled.
func (c checkedFrontend) Solve(
	ctx context.Context, bridge frontend.FrontendLLBBridge, exec executor.Executor, opts map[string]string, inputs map[string]*pb.Definition,
	sessionID string, sessions *session.Manager,
) (*frontend.Result, error) {
	if err := c.allowed.check(opts[frontend.KeySource], opts); err != nil {
		return nil, err
	}
	return c.Frontend.Solve(ctx, bridge, exec, opts, inputs, sessionID, sessions)
}
