package buildflags

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
)

func TestEnvironment(t *testing.T) {
	env := []string{
		"KUBECTL_IMG_TAG=app:1\nother:2",
		"KUBECTL_IMG_BUILD_ARG=A=1,2\nB=x y\n",
		"KUBECTL_IMG_NAMESPACE=from-env",
		"KUBECTL_IMG_REQUEST=cpu=1,memory=1Gi\nephemeral-storage=2Gi",
		"KUBECTL_IMG_NO_CACHE=true",
		"KUBECTL_IMG_TARGET=",
	}

	plan, err := newBench(t, env...).plan(".")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"docker.io/library/app:1", "docker.io/library/other:2"}, plan.Build.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"A=1,2", "B=x y"}, plan.Build.BuildArgs); diff != "" {
		t.Errorf("build args (-want +got):\n%s", diff)
	}
	if plan.Pod.Namespace != "from-env" || !plan.Build.NoCache || plan.Build.Target != "" {
		t.Errorf("namespace %q, no-cache %v, target %q", plan.Pod.Namespace, plan.Build.NoCache, plan.Build.Target)
	}
	if diff := cmp.Diff(quantities("cpu", "1", "memory", "1Gi", "ephemeral-storage", "2Gi"), plan.Pod.Spec.Containers[0].Resources.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestEnvironmentAndFlag(t *testing.T) {
	plan, err := newBench(t, "KUBECTL_IMG_TAG=env:1", "KUBECTL_IMG_NAMESPACE=env", "KUBECTL_IMG_PUSH=false", "KUBECTL_IMG_TIMEOUT=nonsense").
		plan("-t", "flag:1", "--namespace", "flag", "--push", "--timeout", "1h", ".")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"docker.io/library/flag:1"}, plan.Build.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if plan.Pod.Namespace != "flag" || !plan.Build.Push {
		t.Errorf("namespace %q, push %v: want the flags' values", plan.Pod.Namespace, plan.Build.Push)
	}
}

func TestEnvironmentPushWithOutput(t *testing.T) {
	plan, err := newBench(t, "KUBECTL_IMG_PUSH=true").plan("-t", "app", "-o", "out", ".")
	if err != nil {
		t.Fatal(err)
	}
	if !plan.Build.Push {
		t.Error("KUBECTL_IMG_PUSH=true did not push")
	}
}

func TestEnvironmentErrors(t *testing.T) {
	for _, entry := range []string{
		"KUBECTL_IMG_TIMEOUT=soon", "KUBECTL_IMG_PUSH=perhaps", "KUBECTL_IMG_TAG=BAD", "KUBECTL_IMG_PLATFORM=plan9/amd64", "KUBECTL_IMG_OUTPUT=type=zip,dest=x",
		"KUBECTL_IMG_REQUEST=gpu=1", "KUBECTL_IMG_DRY_RUN=maybe", "KUBECTL_IMG_IIDFILE=src", "KUBECTL_IMG_POD_TEMPLATE=nowhere", "KUBECTL_IMG_PROFILE=x",
		"KUBECTL_IMG_INSECURE_SKIP_TLS_VERIFY=x", "KUBECTL_IMG_REQUEST=\"", "KUBECTL_IMG_NAMESPACE=A_B", "KUBECTL_IMG_POD_TIMEOUT=9h",
	} {
		t.Run(entry, func(t *testing.T) {
			name, _, _ := strings.Cut(entry, "=")
			if report := newBench(t, "KUBECTL_IMG_TAG=app", entry).unusable(t, "build", "."); !strings.Contains(report, name) {
				t.Errorf("report %q does not name %s", report, name)
			}
		})
	}
}

func TestEnvironmentUnknownVariables(t *testing.T) {
	plan, err := newBench(t, "KUBECTL_IMG_TGA=app", "KUBECTL_IMG_HELP=1", "KUBECTL_IMG_TESTS_CLUSTER=x", "PATH=/bin", "KUBECTL_IMG_TAG=app").plan(".")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"unknown environment variable KUBECTL_IMG_HELP is ignored", "unknown environment variable KUBECTL_IMG_TGA is ignored"}
	if diff := cmp.Diff(want, plan.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// TestEnvironmentOfEveryFlag sets each flag of the command, kubectl's too, from the environment alone.
func TestEnvironmentOfEveryFlag(t *testing.T) {
	b := newBench(t)
	verb, _, err := b.command(func(*build.Plan) {}).Find([]string{"build"})
	if err != nil {
		t.Fatal(err)
	}
	// Find does not merge the root's persistent flags; InheritedFlags does.
	verb.InheritedFlags()
	values := map[string]string{"bool": "true", "duration": "7m", "int": "3", "string": "x", "stringArray": "x\ny", "stringSlice": "x,y"}
	var env, names []string
	verb.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			env, names = append(env, cli.Variable(f.Name)+"="+values[f.Value.Type()]), append(names, f.Name)
		}
	})
	for _, kubectls := range []string{"namespace", "context", "as", "kubeconfig", "server", "token"} {
		if !slices.Contains(names, kubectls) {
			t.Errorf("kubectl's --%s is missing", kubectls)
		}
	}
	set, warnings, err := cli.Environment(env).Apply(verb.Flags())
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %q", err, warnings)
	}
	for _, name := range names {
		if !set[name] || !verb.Flags().Changed(name) {
			t.Errorf("%s did not set --%s", cli.Variable(name), name)
		}
	}
}
