package build_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// TestCreateWithLimitRange creates a pod in a namespace whose LimitRange gives every container a limit of 100m of CPU.
func TestCreateWithLimitRange(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		says string // in the log, or in the hint
	}{
		"no request":              {nil, cli.CodeOK, "requesting cpu=100m: a LimitRange of namespace team does not allow the default requests"},
		"another resource":        {[]string{"--request", "memory=1Gi"}, cli.CodeOK, "requesting cpu=100m"},
		"the default, explicitly": {[]string{"--request", "cpu=200m"}, cli.CodePolicy, "hint: --request cpu=100m, or --limit for a higher limit; kubectl describe limitrange shows the bounds"},
		"a high request":          {[]string{"--request", "cpu=2"}, cli.CodePolicy, "hint: --request cpu=100m"},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset()
			client.PrependReactor("create", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
				pod := a.(clienttesting.CreateAction).GetObject().(*corev1.Pod)
				request := pod.Spec.Containers[0].Resources.Requests.Cpu()
				if request.Cmp(resource.MustParse("100m")) <= 0 {
					return true, pod, nil
				}
				return true, nil, apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, pod.Name, field.ErrorList{field.Invalid(
					field.NewPath("spec", "containers").Index(0).Child("resources", "requests"), request.String(), "must be less than or equal to cpu limit of 100m")})
			})
			checkCreate(t, client, c.args, c.code, c.says)
		})
	}
}

// TestCreateWithMinimum creates a pod in a namespace whose LimitRange wants at least 1Gi of memory.
func TestCreateWithMinimum(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no request":    {nil, cli.CodeOK, "requesting memory=1Gi: a LimitRange of namespace team does not allow the default requests\n"},
		"a low request": {[]string{"--request", "memory=300Mi"}, cli.CodePolicy, "hint: --request memory=1Gi"},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset()
			client.PrependReactor("create", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
				pod := a.(clienttesting.CreateAction).GetObject().(*corev1.Pod)
				request := pod.Spec.Containers[0].Resources.Requests.Memory()
				if request.Cmp(resource.MustParse("1Gi")) >= 0 {
					return true, pod, nil
				}
				return true, nil, apierrors.NewForbidden(corev1.Resource("pods"), pod.Name, fmt.Errorf("minimum memory usage per Container is 1Gi, but request is %s", request))
			})
			checkCreate(t, client, c.args, c.code, c.says)
		})
	}
}

// checkCreate creates the pod of a build with flags, and compares the exit code and what the user reads.
func checkCreate(t *testing.T, client kubernetes.Interface, args []string, want int, says string) {
	t.Helper()
	plan := planOf(t, append([]string{"--profile", "userns"}, args...)...)
	var out bytes.Buffer
	connection := &cluster.Connection{API: builder.NewAPIFor(client, nil), Log: progress.NewLogger(plan.Progress, false, &out)}
	proc := clitest.New(t).Process
	proc.Streams.ErrOut = &out
	err := build.Create(t.Context(), plan, proc, connection)
	if code := cli.Report(explain.API(err), &out); code != want || !strings.Contains(out.String(), says) {
		t.Errorf("exit code %d, want %d; want %q in:\n%s", code, want, says, out.String())
	}
}
