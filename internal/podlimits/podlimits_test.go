package podlimits_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubectl-img/kubectl-img/internal/podlimits"
)

const container = "builder"

// pod requests 200m of CPU and 256Mi of memory, as builder pods do by default.
func pod() *corev1.Pod {
	return &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: container, Resources: corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("200m"), corev1.ResourceMemory: resource.MustParse("256Mi")},
	}}}}}
}

func defaults() podlimits.Adjustable {
	return podlimits.Adjustable{container: {corev1.ResourceCPU, corev1.ResourceMemory}}
}

// aboveLimit is the API server's error for requests above a LimitRange's default limits.
func aboveLimit(index int, limits ...string) error {
	var errs field.ErrorList
	path := field.NewPath("spec", "containers").Index(index).Child("resources", "requests")
	for _, limit := range limits {
		name, quantity, _ := strings.Cut(limit, "=")
		errs = append(errs, field.Invalid(path, "1", fmt.Sprintf("must be less than or equal to %s limit of %s", name, quantity)))
	}
	return apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "img-1", errs)
}

// forbidden is the error of the LimitRanger.
func forbidden(text string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "img-1", errors.New(text))
}

const (
	aboveMaximum = "maximum cpu usage per Container is 100m, but request is 200m"
	belowMinimum = "minimum memory usage per Container is 1Gi, but request is 256Mi"
)

func TestFit(t *testing.T) {
	for name, c := range map[string]struct {
		answers  []error // to the pods that are sent, in order
		given    bool    // the user has chosen the requests
		adjusted string
		sent     int
		fails    bool
	}{
		"accepted":                       {answers: []error{nil}, sent: 1},
		"default limits":                 {answers: []error{aboveLimit(0, "cpu=100m", "memory=128Mi"), nil}, adjusted: "cpu=100m,memory=128Mi", sent: 2},
		"maximum":                        {answers: []error{forbidden(aboveMaximum), nil}, adjusted: "cpu=100m", sent: 2},
		"two maximums":                   {answers: []error{forbidden("[" + aboveMaximum + ", maximum memory usage per Container is 64Mi, but request is 256Mi]"), nil}, adjusted: "cpu=100m,memory=64Mi", sent: 2},
		"default limit, then maximum":    {answers: []error{aboveLimit(0, "memory=128Mi"), forbidden(aboveMaximum), nil}, adjusted: "cpu=100m,memory=128Mi", sent: 3},
		"default limit, then no right":   {answers: []error{aboveLimit(0, "memory=128Mi"), forbidden("exceeded quota: small")}, sent: 2, fails: true},
		"request given by the user":      {answers: []error{aboveLimit(0, "cpu=100m")}, given: true, sent: 1, fails: true},
		"minimum":                        {answers: []error{forbidden(belowMinimum), nil}, adjusted: "memory=1Gi", sent: 2},
		"maximum and minimum":            {answers: []error{forbidden("[" + aboveMaximum + ", " + belowMinimum + "]"), nil}, adjusted: "cpu=100m,memory=1Gi", sent: 2},
		"minimum given by the user":      {answers: []error{forbidden(belowMinimum)}, given: true, sent: 1, fails: true},
		"minimum above the limit":        {answers: []error{forbidden(belowMinimum), aboveLimit(0, "memory=512Mi")}, sent: 2, fails: true},
		"maximum below the minimum":      {answers: []error{aboveLimit(0, "memory=128Mi"), forbidden(belowMinimum)}, sent: 2, fails: true},
		"a minimum that is met":          {answers: []error{forbidden("minimum memory usage per Container is 1Mi, but request is 256Mi")}, sent: 1, fails: true},
		"another container":              {answers: []error{aboveLimit(1, "cpu=100m")}, sent: 1, fails: true},
		"limit given by the user":        {answers: []error{forbidden("maximum cpu usage per Container is 100m, but limit is 2")}, sent: 1, fails: true},
		"same answer again":              {answers: []error{aboveLimit(0, "cpu=100m"), aboveLimit(0, "cpu=100m")}, sent: 2, fails: true},
		"quota":                          {answers: []error{forbidden("exceeded quota: small, requested: requests.memory=256Mi, used: requests.memory=0, limited: requests.memory=100Mi")}, sent: 1, fails: true},
		"no answer from the API server":  {answers: []error{errors.New("connection reset")}, sent: 1, fails: true},
		"unreadable quantity of a limit": {answers: []error{aboveLimit(0, "cpu=little")}, sent: 1, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			adjustable := defaults()
			if c.given {
				adjustable = nil
			}
			asked := pod()
			var sent []*corev1.Pod
			adjusted, err := podlimits.Fit(asked, []string{container}, adjustable, func(p *corev1.Pod) error {
				sent = append(sent, p)
				return c.answers[len(sent)-1]
			})
			if (err != nil) != c.fails || len(sent) != c.sent || podlimits.Text(adjusted) != c.adjusted {
				t.Fatalf("sent %d pods, adjusted %q, error %v; want %d, %q", len(sent), podlimits.Text(adjusted), err, c.sent, c.adjusted)
			}
			for name, quantity := range adjusted {
				if got := sent[len(sent)-1].Spec.Containers[0].Resources.Requests[name]; got.Cmp(quantity) != 0 {
					t.Errorf("the last pod requests %s of %s", got.String(), name)
				}
			}
			if got := asked.Spec.Containers[0].Resources.Requests.Cpu().String(); got != "200m" {
				t.Errorf("the caller's pod was changed to %s of cpu", got)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		hint string // empty if there is none
	}{
		"default limits":    {aboveLimit(0, "cpu=100m", "memory=128Mi"), "--request cpu=100m,memory=128Mi, or --limit for a higher limit; kubectl describe limitrange"},
		"minimum":           {forbidden(belowMinimum), "--request memory=1Gi; kubectl describe limitrange"},
		"another container": {err: aboveLimit(1, "cpu=100m")},
		"quota":             {err: forbidden("exceeded quota: small")},
		"another error":     {err: errors.New("connection reset")},
	} {
		t.Run(name, func(t *testing.T) {
			err := podlimits.Explain(pod(), []string{container}, c.err)
			var explained interface{ Hint() string }
			if errors.As(err, &explained) != (c.hint != "") || !errors.Is(err, c.err) || err.Error() != c.err.Error() {
				t.Fatalf("%v", err)
			}
			if explained != nil && !strings.HasPrefix(explained.Hint(), c.hint) {
				t.Errorf("hint %q, want %q", explained.Hint(), c.hint)
			}
		})
	}
}

// TestFitOfTwo has a pod whose build steps run in a container of their own. The API server's text does not say which of the two it means.
func TestFitOfTwo(t *testing.T) {
	two := func() *corev1.Pod {
		p := pod()
		step := p.Spec.Containers[0].DeepCopy()
		step.Name, step.Resources.Requests[corev1.ResourceMemory] = "step", resource.MustParse("1Gi")
		p.Spec.InitContainers = []corev1.Container{*step}
		return p
	}
	both := []string{container, "step"}
	adjustable := podlimits.Adjustable{container: defaults()[container], "step": defaults()[container]}
	ofInit := func(limit string) error {
		return apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "img-1", field.ErrorList{field.Invalid(
			field.NewPath("spec", "initContainers").Index(0).Child("resources", "requests"), "1", "must be less than or equal to memory limit of "+limit)})
	}
	for name, c := range map[string]struct {
		answers []error
		want    string // memory of the builder and of the step
		fails   bool
	}{
		"a maximum of the larger one":  {answers: []error{forbidden("maximum memory usage per Container is 512Mi, but request is 1Gi"), nil}, want: "256Mi 512Mi"},
		"a minimum of the smaller one": {answers: []error{forbidden(belowMinimum), nil}, want: "1Gi 1Gi"},
		"a limit of the step":          {answers: []error{ofInit("128Mi"), nil}, want: "256Mi 128Mi"},
		"a maximum of the pod":         {answers: []error{forbidden("maximum memory usage per Pod is 1Gi, but request is 1280Mi")}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, sent := "", 0
			_, err := podlimits.Fit(two(), both, adjustable, func(p *corev1.Pod) error {
				got = p.Spec.Containers[0].Resources.Requests.Memory().String() + " " + p.Spec.InitContainers[0].Resources.Requests.Memory().String()
				sent++
				return c.answers[sent-1]
			})
			if (err != nil) != c.fails || sent != len(c.answers) || !c.fails && got != c.want {
				t.Errorf("%v after %d pods, the last with %s, want %s", err, sent, got, c.want)
			}
		})
	}
}
