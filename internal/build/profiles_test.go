package build_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubefake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// clusterOf answers the create request for each profile's pod: with an error, with a pod that is stored less isolated, or with a pod that does not start. The default
// answer is a pod whose image can't be pulled: no other profile helps, so the run ends there.
type clusterOf struct {
	*kubefake.Clientset
	asked, created, deleted []string
}

type answer func(*corev1.Pod) error

func newClusterOf(answers map[podspec.Profile]answer) *clusterOf {
	c := &clusterOf{Clientset: kubefake.NewClientset()}
	c.PrependReactor("create", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
		pod := a.(clienttesting.CreateAction).GetObject().(*corev1.Pod).DeepCopy()
		profile := profileOf(pod)
		c.asked = append(c.asked, string(profile))
		answer := answers[profile]
		if answer == nil {
			answer = waiting("ErrImagePull", "no such image")
		}
		if err := answer(pod); err != nil {
			return true, nil, err
		}
		pod.UID = "uid-" + pod.UID
		c.created = append(c.created, pod.Name)
		return true, pod, c.Tracker().Add(pod)
	})
	c.PrependReactor("delete", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
		c.deleted = append(c.deleted, a.(clienttesting.DeleteAction).GetName())
		return false, nil, nil
	})
	return c
}

func profileOf(pod *corev1.Pod) podspec.Profile {
	for _, v := range pod.Spec.Containers[0].Env {
		if v.Name == "PROFILE" {
			return podspec.Profile(v.Value)
		}
	}
	return ""
}

func forbidden(text string) answer {
	return func(pod *corev1.Pod) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, pod.Name, errors.New(text))
	}
}

func waiting(reason, message string) answer {
	return func(pod *corev1.Pod) error {
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: podspec.Container, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
		}}
		return nil
	}
}

func dropped(pod *corev1.Pod) error {
	pod.Spec.HostUsers = nil
	return nil
}

// noUserNamespaces is a cluster that is too old for user namespaces.
func noUserNamespaces(pod *corev1.Pod) error {
	if pod.Spec.HostUsers != nil {
		return dropped(pod)
	}
	return waiting("ErrImagePull", "no such image")(pod)
}

var (
	baseline    = forbidden(`violates PodSecurity "baseline:v1.34": procMount`)
	podSecurity = forbidden(`violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false`)
	noProfile   = waiting("CreateContainerError", "cannot load seccomp profile \"x\"")
)

// run builds the plan and returns its error and what it has printed.
func (c *clusterOf) run(ctx context.Context, t *testing.T, plan *build.Plan) (printed string, err error) {
	t.Helper()
	var out bytes.Buffer
	plan.PodTimeout = time.Minute
	b := clitest.New(t)
	b.Streams.ErrOut = &out
	connection := &cluster.Connection{
		Config: &rest.Config{Host: "https://here"}, API: builder.NewAPIFor(c, nil), Log: progress.NewLogger(progress.Auto, false, &out), Clock: &cluster.Clock{},
	}
	err = build.Run(ctx, plan, b.Process, connection)
	slices.Sort(c.created)
	slices.Sort(c.deleted)
	if diff := cmp.Diff(c.created, c.deleted); diff != "" {
		t.Errorf("not every pod was deleted (-created +deleted):\n%s", diff)
	}
	return out.String(), err
}

func TestProfiles(t *testing.T) {
	for name, c := range map[string]struct {
		answers map[podspec.Profile]answer
		args    string
		asked   string
		says    string // besides what is said of pods that are created
		err     string
		code    int
	}{
		"the top": {asked: "userns", err: "ErrImagePull", code: cli.CodeInternal},
		"admission": {
			answers: map[podspec.Profile]answer{podspec.UserNS: baseline}, asked: "userns stock",
			says: "profile userns does not work here, trying stock: refused by Pod Security baseline:v1.34\n", err: "ErrImagePull", code: cli.CodeInternal,
		},
		"the one for restricted": {
			answers: map[podspec.Profile]answer{podspec.UserNS: podSecurity}, asked: "userns restricted",
			says: "profile userns does not work here, trying restricted: refused by Pod Security restricted:latest\n", err: "ErrImagePull", code: cli.CodeInternal,
		},
		"the one for restricted without user namespaces": {
			answers: map[podspec.Profile]answer{podspec.UserNS: podSecurity, podspec.Restricted: noUserNamespaces}, asked: "userns restricted restricted",
			says: "profile userns does not work here, trying restricted: refused by Pod Security restricted:latest\n" +
				"profile restricted does not work here with a user namespace of the pod's own, trying without: the API server dropped or changed spec.hostUsers of the builder pod, which the profile needs\n",
			err: "ErrImagePull", code: cli.CodeInternal,
		},
		"a named profile, and an image without it": {
			answers: map[podspec.Profile]answer{podspec.Stock: noSteps}, args: "--profile stock", asked: "stock",
			err: "no form of profile stock works in namespace team: stock: build steps can't run in a container of their own: no agent", code: cli.CodePolicy,
		},
		"a named profile without user namespaces": {
			answers: map[podspec.Profile]answer{podspec.Stock: noUserNamespaces}, args: "--profile stock", asked: "stock stock",
			says: "profile stock does not work here with a user namespace of the pod's own, trying without: the API server dropped or changed spec.hostUsers of the builder pod, which the profile needs\n",
			err:  "ErrImagePull", code: cli.CodeInternal,
		},
		"no user namespaces, which a minimum wants": {
			answers: map[podspec.Profile]answer{podspec.Stock: noUserNamespaces}, args: "--profile stock --min-profile stock", asked: "stock",
			err: "dropped or changed spec.hostUsers", code: cli.CodeInternal,
		},
		"a dropped field and a missing profile": {
			answers: map[podspec.Profile]answer{podspec.UserNS: dropped, podspec.Localhost: noProfile}, asked: "userns localhost stock",
			says: "profile userns does not work here, trying localhost: the API server dropped or changed spec.hostUsers of the builder pod, which the profile needs\n" +
				"profile localhost does not work here, trying stock without a user namespace of the pod's own: CreateContainerError: cannot load seccomp profile \"x\"\n" +
				"skipping restricted, which would fail for the same reason\n",
			err: "ErrImagePull", code: cli.CodeInternal,
		},
		"nothing works": {
			answers: map[podspec.Profile]answer{podspec.UserNS: noProfile, podspec.Localhost: noProfile, podspec.Unset: podSecurity, podspec.Restricted: noProfile, podspec.Stock: noSteps},
			asked:   "userns stock unset",
			err:     `no profile works in namespace team: userns, localhost, restricted: CreateContainerError: cannot load seccomp profile "x"; stock: build steps can't run in a container of their own: no agent; unset: refused by Pod Security restricted:latest`,
			code:    cli.CodePolicy,
		},
		"nothing down to a minimum": {
			answers: map[podspec.Profile]answer{podspec.UserNS: podSecurity, podspec.Restricted: podSecurity}, args: "--min-profile localhost", asked: "userns restricted",
			err: "no profile down to localhost, the least that is allowed, works in namespace team: userns, restricted: refused by Pod Security restricted:latest", code: cli.CodePolicy,
		},
		"a named profile": {
			answers: map[podspec.Profile]answer{podspec.UserNS: podSecurity}, args: "--profile userns", asked: "userns",
			says: "", err: "violates PodSecurity", code: cli.CodePolicy,
		},
		"quota":   {answers: map[podspec.Profile]answer{podspec.UserNS: forbidden("exceeded quota: small")}, asked: "userns", err: "exceeded quota", code: cli.CodePolicy},
		"a right": {answers: map[podspec.Profile]answer{podspec.UserNS: forbidden(`User "dev" cannot create resource "pods"`)}, asked: "userns", err: "cannot create", code: cli.CodePolicy},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newClusterOf(c.answers)
			said, err := fake.run(t.Context(), t, planOf(t, strings.Fields(c.args)...))
			if asked := strings.Join(fake.asked, " "); asked != c.asked {
				t.Errorf("asked for %s, want %s", asked, c.asked)
			}
			said = strings.Join(slices.DeleteFunc(strings.SplitAfter(said, "\n"), func(l string) bool { return strings.HasPrefix(l, "created ") }), "")
			if c.says != "" && said != c.says {
				t.Errorf("said %q, want %q", said, c.says)
			}
			if err == nil || !strings.Contains(err.Error(), c.err) || cli.ExitCode(explain.API(err)) != c.code {
				t.Errorf("%v, code %d; want %q and %d", err, cli.ExitCode(explain.API(err)), c.err, c.code)
			}
			var report bytes.Buffer
			cli.Report(explain.API(err), &report)
			clitest.CheckReport(t, report.String())
		})
	}
}

func TestProfilesPodNames(t *testing.T) {
	fake := newClusterOf(map[podspec.Profile]answer{podspec.UserNS: podSecurity, podspec.Restricted: func(pod *corev1.Pod) error {
		if pod.Spec.HostUsers != nil {
			return dropped(pod)
		}
		return noProfile(pod)
	}})
	plan := planOf(t, "--keep", "--name", "mine")
	if _, err := fake.run(t.Context(), t, plan); err == nil {
		t.Error("no error")
	}
	// The first one that is stored has the name that was asked for.
	if diff := cmp.Diff([]string{"mine", "mine-restricted-host"}, fake.created); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
}

func TestProfilesCached(t *testing.T) {
	plan := planOf(t)
	plan.CacheDir = t.TempDir()
	cache := build.NewProfileCache(plan.CacheDir, &rest.Config{Host: "https://here"}, plan.Pod)
	remember := func() {
		if err := cache.Put(podspec.Unset); err != nil {
			t.Fatal(err)
		}
	}
	remember()
	works := newClusterOf(nil)
	if _, err := works.run(t.Context(), t, plan); err == nil || strings.Join(works.asked, " ") != "unset" || cache.Get(time.Now()) != podspec.Unset {
		t.Errorf("%v, asked for %s, remembered %q", err, works.asked, cache.Get(time.Now()))
	}
	fails := newClusterOf(map[podspec.Profile]answer{podspec.Unset: baseline, podspec.UserNS: baseline})
	if _, err := fails.run(t.Context(), t, plan); err == nil || strings.Join(fails.asked, " ") != "unset userns stock" || cache.Get(time.Now()) != "" {
		t.Errorf("%v, asked for %s, remembered %q", err, fails.asked, cache.Get(time.Now()))
	}
	remember()
	strict := planOf(t, "--min-profile", "localhost")
	strict.CacheDir = plan.CacheDir
	if _, err := works.run(t.Context(), t, strict); err == nil || works.asked[1] != "userns" {
		t.Errorf("%v, asked for %s", err, works.asked)
	}
}

func TestProfilesCacheIgnoresANamedProfile(t *testing.T) {
	plan := planOf(t, "--profile", "restricted")
	plan.CacheDir = t.TempDir()
	cache := build.NewProfileCache(plan.CacheDir, &rest.Config{Host: "https://here"}, plan.Pod)
	if err := cache.Put(podspec.Restricted); err != nil {
		t.Fatal(err)
	}
	fails := newClusterOf(map[podspec.Profile]answer{podspec.Restricted: podSecurity})
	if _, err := fails.run(t.Context(), t, plan); err == nil || cache.Get(time.Now()) != podspec.Restricted {
		t.Errorf("%v; what auto remembers is touched: %q", err, cache.Get(time.Now()))
	}
	if name := build.NewProfileCache("", &rest.Config{}, plan.Pod); name != "" {
		t.Errorf("nowhere is %q", name)
	}
}

func TestProfilesEndWithTheRun(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	fake := newClusterOf(map[podspec.Profile]answer{podspec.UserNS: func(pod *corev1.Pod) error {
		cancel(stopped)
		return waiting("ContainerCreating", "")(pod)
	}})
	if _, err := fake.run(ctx, t, planOf(t)); !errors.Is(err, stopped) || len(fake.asked) != 1 || len(fake.deleted) != 1 {
		t.Errorf("%v, asked for %s, deleted %s", err, fake.asked, fake.deleted)
	}
}
