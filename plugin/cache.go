package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// readCacheFrom returns every source in the long form that the engine reads without guessing.
func (o *buildFlags) readCacheFrom() ([]string, error) {
	return o.readCaches("cache-from", o.cacheFrom, cacheKind{types: []string{"registry"}, attrs: []string{"ref"}})
}

func (o *buildFlags) readCacheTo() ([]string, error) {
	if len(o.cacheTo) > 1 {
		return nil, usagef("%s is given %d times: img v0.5.11 exports one cache per build", o.source("cache-to"), len(o.cacheTo))
	}
	return o.readCaches("cache-to", o.cacheTo, cacheKind{types: []string{"registry", "inline"}, attrs: []string{"ref", "mode"}})
}

// cacheKind is what the engine knows about one direction.
type cacheKind struct {
	types []string
	attrs []string
}

func (o *buildFlags) readCaches(flag string, values []string, kind cacheKind) ([]string, error) {
	var out []string
	for _, value := range values {
		spec, err := kind.parse(value)
		if err != nil {
			return nil, o.invalid(flag, value, err)
		}
		out = append(out, spec)
	}
	return out, nil
}

// parse reads a reference or type=TYPE,KEY=VALUE,... and returns the latter.
func (k cacheKind) parse(value string) (string, error) {
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
	if err := k.check(attrs); err != nil {
		return "", err
	}
	// None of the checked values can hold a comma, so none needs quotes.
	return strings.Join(fields, ","), nil
}

func (k cacheKind) check(attrs map[string]string) error {
	kind, ok := attrs["type"]
	switch {
	case !ok:
		return errors.New("type is missing: want a reference or type=registry,ref=REF")
	case kind == "local":
		return withHint(errors.New("a local cache ends with the pod"), "--cache-volume CLAIM keeps the engine's state, or use type=registry,ref=REF")
	case !slices.Contains(k.types, kind):
		return withHint(fmt.Errorf("type %q: img v0.5.11 knows %s here", kind, strings.Join(k.types, " and ")), "type=registry,ref=REF")
	}
	for key := range attrs {
		if key != "type" && !slices.Contains(k.attrs, key) {
			return fmt.Errorf("img v0.5.11 knows no %s for a cache", key)
		}
	}
	if mode, ok := attrs["mode"]; ok && mode != "min" && mode != "max" {
		return fmt.Errorf("mode %q: want min or max", mode)
	}
	if kind != "registry" {
		return nil
	}
	return checkReference(attrs["ref"])
}

// checkReference accepts NAME[:TAG][@DIGEST].
func checkReference(value string) error {
	if value == "" {
		return errors.New("the reference is empty")
	}
	ref, err := name.ParseReference(value, name.WeakValidation)
	if err != nil {
		return err
	}
	return checkName(value, ref.Context())
}
