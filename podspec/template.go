package podspec

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	jsonserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// TemplateError is a pod template that can't be used.
type TemplateError struct{ Err error }

func (e *TemplateError) Error() string {
	// Parsers like to spread over several lines; an error is one.
	return "read pod template: " + strings.Join(strings.Fields(e.Err.Error()), " ")
}

func (e *TemplateError) Unwrap() error { return e.Err }

// mergeTemplate lays the template over pod as `kubectl patch --type=strategic` would.
func mergeTemplate(pod *corev1.Pod, template []byte) (*corev1.Pod, error) {
	patch, err := parseTemplate(template)
	if err != nil {
		return nil, &TemplateError{err}
	}
	original, err := json.Marshal(pod)
	if err != nil {
		return nil, &TemplateError{err}
	}
	merged, err := strategicpatch.StrategicMergePatch(original, patch, corev1.Pod{})
	if err != nil {
		return nil, &TemplateError{err}
	}
	out := &corev1.Pod{}
	if err := json.Unmarshal(merged, out); err != nil {
		return nil, &TemplateError{err}
	}
	return out, nil
}

// parseTemplate returns the template's metadata and spec as a JSON patch. The bytes the user wrote are the patch:
// a decoded and encoded Pod would carry nulls that delete what the template never mentions.
func parseTemplate(template []byte) ([]byte, error) {
	doc, err := onlyDocument(template)
	if err != nil {
		return nil, err
	}
	if err := checkTemplate(doc); err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := yaml.Unmarshal(doc, &fields); err != nil {
		return nil, err
	}
	if inner, ok := fields["template"].(map[string]any); ok {
		fields = inner
	}
	patch := map[string]any{}
	for _, key := range []string{"metadata", "spec"} {
		if value, ok := fields[key].(map[string]any); ok {
			patch[key] = value
		}
	}
	return json.Marshal(patch)
}

// checkTemplate decodes strictly: a misspelt field must not be dropped silently.
func checkTemplate(doc []byte) error {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return err
	}
	decoder := jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, scheme, scheme,
		jsonserializer.SerializerOptions{Yaml: true, Strict: true})
	gvk := corev1.SchemeGroupVersion.WithKind("Pod")
	obj, actual, err := decoder.Decode(doc, &gvk, nil)
	if runtime.IsNotRegisteredError(err) {
		return wrongKind(actual)
	}
	if err != nil {
		return err
	}
	switch obj.(type) {
	case *corev1.Pod, *corev1.PodTemplate:
		return nil
	default:
		return wrongKind(actual)
	}
}

func wrongKind(gvk *schema.GroupVersionKind) error {
	apiVersion, kind := gvk.ToAPIVersionAndKind()
	return fmt.Errorf("kind %s of %s: want Pod or PodTemplate of v1", kind, apiVersion)
}

// onlyDocument returns the one YAML document in data.
func onlyDocument(data []byte) ([]byte, error) {
	var only []byte
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		doc, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		var content any
		if err := yaml.Unmarshal(doc, &content); err != nil {
			return nil, err
		}
		switch {
		case content == nil:
		case only != nil:
			return nil, errors.New("more than one YAML document")
		default:
			only = doc
		}
	}
	if only == nil {
		return nil, errors.New("empty")
	}
	return only, nil
}
