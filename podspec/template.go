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

// templateError says why a pod template can't be used.
type templateError struct{ err error }

func (e *templateError) Error() string {
	// Some parsers return several lines.
	return "read pod template: " + strings.Join(strings.Fields(e.err.Error()), " ")
}

func (e *templateError) Unwrap() error { return e.err }

// mergeTemplate merges the template over the pod, as `kubectl patch --type=strategic` does.
func mergeTemplate(pod *corev1.Pod, template []byte) (*corev1.Pod, error) {
	patch, err := parseTemplate(template)
	if err != nil {
		return nil, &templateError{err}
	}
	original, err := json.Marshal(pod)
	if err != nil {
		return nil, &templateError{err}
	}
	merged, err := strategicpatch.StrategicMergePatch(original, patch, corev1.Pod{})
	if err != nil {
		return nil, &templateError{err}
	}
	out := &corev1.Pod{}
	if err := json.Unmarshal(merged, out); err != nil {
		return nil, &templateError{err}
	}
	return out, nil
}

// parseTemplate returns the template's metadata and spec as a JSON patch. It uses the user's own text: a Pod that is decoded and encoded
// again has nulls, which would delete fields that the template does not mention.
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

// checkTemplate decodes strictly, so that a misspelt field is an error.
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
