package buildflags

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// readCaches returns every specification in the long form, type=TYPE,KEY=VALUE,…
func readCaches(in *input, flag string, values []string, spec engine.CacheSpec) ([]string, error) {
	var out []string
	for _, value := range values {
		parsed, err := parseCache(value, spec)
		if err != nil {
			return nil, in.invalid(flag, value, err)
		}
		out = append(out, parsed)
	}
	return out, nil
}

// parseCache reads a reference or type=TYPE,KEY=VALUE,... and returns the latter form.
func parseCache(value string, spec engine.CacheSpec) (string, error) {
	fields, err := splitCSV(value)
	if err != nil {
		return "", err
	}
	if len(fields) == 1 && !strings.Contains(fields[0], "=") {
		fields = []string{"type=registry", "ref=" + fields[0]}
	}
	attrs := map[string]string{}
	for _, field := range fields {
		key, val, ok := strings.Cut(field, "=")
		if !ok {
			return "", fmt.Errorf("%q: want KEY=VALUE", field)
		}
		attrs[key] = val
	}
	if err := checkCache(attrs, spec); err != nil {
		return "", err
	}
	// None of the checked values can hold a comma, so none needs quotes.
	return strings.Join(fields, ","), nil
}

func checkCache(attrs map[string]string, spec engine.CacheSpec) error {
	name := build.Abilities().Name
	kind, ok := attrs["type"]
	switch {
	case !ok:
		return errors.New("type is missing: want a reference or type=registry,ref=REF")
	case kind == "local":
		return cli.WithHint(errors.New("a local cache ends with the pod"), "--cache-volume CLAIM keeps the engine's state, or use type=registry,ref=REF")
	case !slices.Contains(spec.Types, kind):
		return cli.WithHint(fmt.Errorf("type %q: %s knows %s here", kind, name, strings.Join(spec.Types, " and ")), "type=registry,ref=REF")
	}
	for key := range attrs {
		if key != "type" && !slices.Contains(spec.Attrs, key) {
			return fmt.Errorf("%s knows no %s for a cache", name, key)
		}
	}
	if mode, ok := attrs["mode"]; ok && mode != "min" && mode != "max" {
		return fmt.Errorf("mode %q: want min or max", mode)
	}
	if kind != "registry" {
		return nil
	}
	_, err := build.ParseReference(attrs["ref"])
	return err
}
