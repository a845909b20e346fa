package build

import (
	"errors"
	"fmt"
	"strings"

	"github.com/distribution/reference"
)

// ParseTag reads NAME[:TAG] as docker does: it fills in docker.io and latest.
func ParseTag(value string) (Tag, error) {
	if strings.Contains(value, "@") {
		return Tag{}, errors.New("a digest is a result and can't be chosen: want NAME[:TAG]")
	}
	named, err := ParseReference(value)
	if err != nil {
		return Tag{}, err
	}
	typed := value
	if tagged, ok := named.(reference.Tagged); ok {
		typed = strings.TrimSuffix(value, ":"+tagged.Tag())
	}
	return Tag{Reference: reference.TagNameOnly(named).String(), Registry: reference.Domain(named), Repository: typed}, nil
}

// ParseReference reads NAME[:TAG][@DIGEST] as docker and the engine do.
func ParseReference(value string) (reference.Named, error) {
	switch {
	case value == "":
		return nil, errors.New("the reference is empty")
	case strings.HasPrefix(value, "/"):
		return nil, errors.New("a reference has no leading slash: want REGISTRY/NAME[:TAG]")
	case strings.Contains(value, ":/"): // of a scheme, with one slash or two
		return nil, errors.New("a reference has no scheme: want REGISTRY/NAME[:TAG]")
	}
	named, err := reference.ParseNormalizedNamed(value)
	if err != nil {
		return nil, err
	}
	if reference.Domain(named) == "" { // the library takes a host name that is not valid for a part of the path
		host, _, _ := strings.Cut(value, "/")
		return nil, fmt.Errorf("registry %q: want a host name", host)
	}
	return named, nil
}
