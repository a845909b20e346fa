package buildflags

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/podspec"
)

func (f *podFlags) readMetadata(options *podspec.Options) error {
	for _, value := range f.podLabels {
		key, val, err := parseLabel(value)
		if err == nil && slices.Contains([]string{podspec.LabelManagedBy, podspec.LabelName, podspec.LabelComponent}, key) {
			err = fmt.Errorf("%s is how builder pods are found", key)
		}
		if err != nil {
			return f.invalid("pod-label", value, err)
		}
		put(&options.Labels, key, val)
	}
	for _, value := range f.podAnnotations {
		key, val, err := parseAnnotation(value)
		if err != nil {
			return f.invalid("pod-annotation", value, err)
		}
		put(&options.Annotations, key, val)
	}
	return nil
}

func parseAnnotation(value string) (key, val string, err error) {
	key, val, ok := strings.Cut(value, "=")
	switch {
	case !ok:
		return "", "", errors.New("want KEY=VALUE")
	case key == podspec.AnnotationExpiresAfter:
		return "", "", fmt.Errorf("%s follows from --timeout", key)
	}
	if msgs := validation.IsQualifiedName(strings.ToLower(key)); len(msgs) > 0 {
		return "", "", fmt.Errorf("key %q: %s", key, msgs[0])
	}
	return key, val, nil
}

func put(m *map[string]string, key, value string) {
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[key] = value
}
