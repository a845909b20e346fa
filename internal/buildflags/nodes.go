package buildflags

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// nodeFlags say which nodes may run the pod.
type nodeFlags struct {
	*input

	nodeSelector []string
	tolerations  []string
}

func (f *nodeFlags) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.nodeSelector, "node-selector", nil, "Label `KEY=VALUE` of a node (comma-separated or repeatable)")
	flags.StringArrayVar(&f.tolerations, "toleration", nil, "`TAINT` to tolerate, KEY[=VALUE][:EFFECT] (repeatable)")
}

func completeNodes(cluster complete.Cluster) complete.Table {
	return complete.Table{"node-selector": complete.CommaSeparated(cluster.NodeLabels), "toleration": complete.Nothing}
}

// read reads which nodes may run the pod.
func (f *nodeFlags) read(options *podspec.Options) error {
	options.NodeSelector = map[string]string{}
	for _, value := range f.nodeSelector {
		key, val, err := parseLabel(value)
		if err != nil {
			return f.invalid("node-selector", value, err)
		}
		if key == corev1.LabelOSStable && val != string(corev1.Linux) {
			return f.invalid("node-selector", value, errors.New("images are built on linux"))
		}
		options.NodeSelector[key] = val
	}
	for _, value := range f.tolerations {
		toleration, err := parseToleration(value)
		if err != nil {
			return f.invalid("toleration", value, err)
		}
		options.Tolerations = append(options.Tolerations, toleration)
	}
	return nil
}

// parseToleration reads KEY[=VALUE][:EFFECT], a taint as kubectl writes it. Without an effect it tolerates every effect.
func parseToleration(value string) (corev1.Toleration, error) {
	taint, effect, hasEffect := strings.Cut(value, ":")
	key, val, hasValue := strings.Cut(taint, "=")
	if msgs := validation.IsQualifiedName(key); len(msgs) > 0 {
		return corev1.Toleration{}, fmt.Errorf("key %q: %s", key, msgs[0])
	}
	t := corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists}
	if hasValue {
		if msgs := validation.IsValidLabelValue(val); len(msgs) > 0 {
			return corev1.Toleration{}, fmt.Errorf("value %q: %s", val, msgs[0])
		}
		t.Operator, t.Value = corev1.TolerationOpEqual, val
	}
	if !hasEffect {
		return t, nil
	}
	switch t.Effect = corev1.TaintEffect(effect); t.Effect {
	case corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
		return t, nil
	default:
		return corev1.Toleration{}, fmt.Errorf("effect %q: want NoSchedule, PreferNoSchedule or NoExecute", effect)
	}
}

// parseLabel reads KEY=VALUE as Kubernetes allows it in labels.
func parseLabel(value string) (key, val string, err error) {
	key, val, ok := strings.Cut(value, "=")
	if !ok {
		return "", "", errors.New("want KEY=VALUE")
	}
	if msgs := validation.IsQualifiedName(key); len(msgs) > 0 {
		return "", "", fmt.Errorf("key %q: %s", key, msgs[0])
	}
	if msgs := validation.IsValidLabelValue(val); len(msgs) > 0 {
		return "", "", fmt.Errorf("value %q: %s", val, msgs[0])
	}
	return key, val, nil
}
