package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// codedError stands for an error of another package.
type codedError struct{ code int }

func (e codedError) Error() string { return "step 2: exit status 1" }
func (e codedError) ExitCode() int { return e.code }
func (e codedError) Hint() string  { return "kubectl img build --progress plain" }

func TestReport(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	forbidden := apierrors.NewForbidden(pods, "", errors.New(`User "dev" cannot create resource "pods" in API group "" in the namespace "ci"`))
	podSecurity := func(level string) error {
		return apierrors.NewForbidden(pods, "img-x", fmt.Errorf("violates PodSecurity %q: seccompProfile", level+":latest"))
	}
	refused := &url.Error{
		Op: "Get", URL: "https://127.0.0.1:1/api", Err: &net.OpError{Op: "dial", Net: "tcp", Err: &os.SyscallError{Syscall: "connect", Err: syscall.ECONNREFUSED}},
	}
	tests := map[string]struct {
		err  error
		code int
		want string
	}{
		"nil":           {nil, 0, ""},
		"plain":         {fmt.Errorf("read job: %s", "it is\n  broken\r\n"), 1, "error: read job: it is broken\n"},
		"control codes": {errors.New("a\x1b[31mred\x07\tb"), 1, "error: a[31mred b\n"},
		"usage":         {cli.Usagef("no").WithHint("yes"), 2, "error: no\nhint: yes\n"},
		"wrapped code":  {fmt.Errorf("build: %w", codedError{3}), 3, "error: build: step 2: exit status 1\nhint: kubectl img build --progress plain\n"},
		"joined code":   {errors.Join(errors.New("a"), codedError{4}), 4, "error: a step 2: exit status 1\nhint: kubectl img build --progress plain\n"},
		"code of zero":  {codedError{0}, 1, "error: step 2: exit status 1\nhint: kubectl img build --progress plain\n"},
		"deadline":      {fmt.Errorf("wait for pod: %w", context.DeadlineExceeded), 124, "error: wait for pod: context deadline exceeded\n"},
		"cancelled":     {fmt.Errorf("upload: %w", context.Canceled), 130, "error: upload: context canceled\n"},
		"SIGINT":        {cli.Interrupted{Signal: syscall.SIGINT}, 130, "error: stopped by signal: interrupt\n"},
		"SIGTERM":       {fmt.Errorf("build: %w", cli.Interrupted{Signal: syscall.SIGTERM}), 143, "error: build: stopped by signal: terminated\n"},
		"RBAC": {
			fmt.Errorf("create builder pod ci/img-x: %w", forbidden), 5,
			"error: create builder pod ci/img-x: Error from server (Forbidden): pods is forbidden: User \"dev\" cannot create resource \"pods\" in API group \"\" in the namespace \"ci\"\n" +
				"hint: kubectl create role kubectl-img --verb=create --resource=pods --namespace=ci, and bind it with kubectl create rolebinding\n",
		},
		"quota": {
			apierrors.NewForbidden(pods, "img-x", errors.New("exceeded quota: small")), 5,
			"error: Error from server (Forbidden): pods \"img-x\" is forbidden: exceeded quota: small\n" +
				"hint: kubectl describe resourcequota shows what is left; --request and --limit say what the builder takes\n",
		},
		"baseline": {
			podSecurity("baseline"), 5,
			"error: Error from server (Forbidden): pods \"img-x\" is forbidden: violates PodSecurity \"baseline:latest\": seccompProfile\n" +
				"hint: --profile userns or --profile localhost, which pass baseline\n",
		},
		"an older baseline": { // the text of Kubernetes 1.34
			apierrors.NewForbidden(pods, "img-x", errors.New(`violates PodSecurity "baseline:latest": procMount (container "builder" must not set securityContext.procMount to "Unmasked")`)), 5,
			"error: Error from server (Forbidden): pods \"img-x\" is forbidden: violates PodSecurity \"baseline:latest\": procMount (container \"builder\" must not set securityContext.procMount to \"Unmasked\")\n" +
				"hint: --profile localhost; level baseline admits the pod of profile userns from version 1.35 of Pod Security on\n",
		},
		"restricted": {
			podSecurity("restricted"), 5,
			"error: Error from server (Forbidden): pods \"img-x\" is forbidden: violates PodSecurity \"restricted:latest\": seccompProfile\n" +
				"hint: --profile restricted, which passes restricted\n",
		},
		"invalid": {
			apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "img-x", field.ErrorList{field.Required(field.NewPath("spec"), "")}), 5,
			"error: Error from server (Invalid): Pod \"img-x\" is invalid: spec: Required value\n",
		},
		"no namespace": {
			apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "ci"), 1,
			"error: Error from server (NotFound): namespaces \"ci\" not found\nhint: kubectl create namespace ci\n",
		},
		"unauthorized": {
			apierrors.NewUnauthorized("Unauthorized"), 1,
			"error: You must be logged in to the server (Unauthorized)\nhint: kubectl auth whoami\n",
		},
		"connection refused": {
			fmt.Errorf("create builder pod ci/img-x: %w", refused), 75,
			"error: create builder pod ci/img-x: The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n" +
				"hint: choose a cluster with --context or KUBECONFIG; kubectl config get-contexts lists them\n",
		},
		"a server that can't answer now": {
			apierrors.NewServiceUnavailable("etcd has no leader"), 75, "error: Error from server (ServiceUnavailable): etcd has no leader\n",
		},
		"a host that does not exist": {
			&url.Error{Op: "Get", URL: "https://no.example/api", Err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "no.example", IsNotFound: true}}}, 1,
			"error: Unable to connect to the server: dial: lookup no.example: no such host\n" +
				"hint: choose a cluster with --context or KUBECONFIG; kubectl config get-contexts lists them\n",
		},
		"no kubeconfig": {
			clientcmd.NewEmptyConfigError("no configuration has been provided"), 1,
			"error: no configuration has been provided\nhint: export KUBECONFIG=FILE, or pass --kubeconfig FILE\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var w bytes.Buffer
			if code := cli.Report(API(tt.err), &w); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if w.String() != tt.want {
				t.Errorf("report:\n%swant:\n%s", w.String(), tt.want)
			}
			if tt.err != nil {
				clitest.CheckReport(t, w.String())
			}
		})
	}
}

// The exit status of a credential plugin is not the exit code of the run.
func TestReportExitStatusOfACredentialPlugin(t *testing.T) {
	status := exec.CommandContext(t.Context(), os.Args[0], "-no-such-flag").Run()
	var exit *exec.ExitError
	if !errors.As(status, &exit) || exit.ExitCode() <= cli.CodeInternal {
		t.Fatalf("the command ended with %v, want an exit status above %d", status, cli.CodeInternal)
	}
	foreign := &url.Error{Op: "Get", URL: "https://x", Err: fmt.Errorf("getting credentials: %w", status)}
	if code := cli.ExitCode(API(foreign)); code != cli.CodeInternal {
		t.Errorf("exit code %d, want %d", code, cli.CodeInternal)
	}
}

func TestReportCauseOfADeadline(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Nanosecond, codedError{124})
	defer cancel()
	<-ctx.Done()
	if code := cli.ExitCode(fmt.Errorf("wait: %w", context.Cause(ctx))); code != cli.CodeTimeout {
		t.Errorf("exit code %d, want %d", code, cli.CodeTimeout)
	}
}
