package plugin

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
)

// dockerHub is how docker and the engine write the default registry; the library that parses references has another name for it.
const dockerHub = "docker.io"

// readTags reads every --tag.
func (o *buildFlags) readTags() ([]Tag, error) {
	var tags []Tag
	for _, value := range o.tags {
		tag, err := parseTag(value)
		if err != nil {
			return nil, o.invalid("tag", value, err)
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// parseTag reads NAME[:TAG] as docker does: latest and docker.io are filled in.
func parseTag(value string) (Tag, error) {
	if strings.Contains(value, "@") {
		return Tag{}, errors.New("a digest is a result and can't be chosen: want NAME[:TAG]")
	}
	ref, err := name.NewTag(value, name.WeakValidation)
	if err != nil {
		return Tag{}, err
	}
	if err := checkName(value, ref.Context()); err != nil {
		return Tag{}, err
	}
	registry := ref.RegistryStr()
	if registry == name.DefaultRegistry {
		registry = dockerHub
	}
	return Tag{
		Reference:  registry + "/" + ref.RepositoryStr() + ":" + ref.TagStr(),
		Registry:   registry,
		Repository: withoutTag(value),
	}, nil
}

// checkName holds a name to docker's grammar, which is the engine's. The library is laxer, and the engine would refuse in the pod.
func checkName(value string, repository name.Repository) error {
	component := regexp.MustCompile(`^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$`)
	for part := range strings.SplitSeq(repository.RepositoryStr(), "/") {
		if !component.MatchString(part) {
			return fmt.Errorf("repository component %q: want lower-case letters and digits, separated by one of . _ __ -", part)
		}
	}
	named, err := reference.ParseNormalizedNamed(value)
	if err == nil && reference.Domain(named) == "" { // taken for a part of the path
		err = fmt.Errorf("registry %q: want a host name", repository.RegistryStr())
	}
	return err
}

// withoutTag drops what follows the last colon, unless that is a registry's port.
func withoutTag(value string) string {
	if i := strings.LastIndex(value, ":"); i > strings.LastIndex(value, "/") {
		return value[:i]
	}
	return value
}
