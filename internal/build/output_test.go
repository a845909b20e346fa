package build_test

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// pushed is the digest that the rig's supervisor reports.
var pushed = "sha256:" + strings.Repeat("ab", 32)

// outcome runs a plan whose supervisor answers the exec that fetches the output with send.
func outcome(t *testing.T, plan *build.Plan, send func(ctx context.Context, s exec.Streams) error) (stdout, report string, code int) {
	t.Helper()
	r := &rig{}
	r.client = r.cluster()
	out, errOut := &terminal{rig: r}, &terminal{rig: r}
	proc := cli.Process{
		Streams:   genericiooptions.IOStreams{In: strings.NewReader(""), Out: out, ErrOut: errOut},
		Undeleted: &cli.UndeletedPods{}, Host: func() cli.Host { return cli.Host{} },
	}
	c := &cluster.Connection{
		API: builder.NewAPIFor(r.client, func(error) {}), Log: progress.NewLogger(plan.Progress, plan.Verbose, errOut), Clock: &cluster.Clock{},
		Exec: func(ctx context.Context, argv []string, s exec.Streams) error {
			if argv[2] == "send" {
				return send(ctx, s)
			}
			return r.supervise(ctx, argv, s)
		},
	}
	code = cli.Report(build.Run(t.Context(), plan, proc, c), errOut)
	return out.text.String(), errOut.text.String(), code
}

// sendOutput sends a file as the supervisor does.
func sendOutput(content string) func(ctx context.Context, s exec.Streams) error {
	return func(ctx context.Context, s exec.Streams) error {
		_, _ = fmt.Fprintf(s.Stderr, "end %d %x\n", len(content), sha256.Sum256([]byte(content)))
		_, _ = fmt.Fprint(s.Stdout, content)
		<-ctx.Done()
		return context.Cause(ctx)
	}
}

func sendNothing(context.Context, exec.Streams) error {
	return &exec.StreamError{Err: errors.New("harm")}
}

// An image that is pushed has its digest line and its files, whatever becomes of the output.
func TestPushedWithOutput(t *testing.T) {
	line := "127.0.0.1:1/app@" + pushed + "\n"
	for name, c := range map[string]struct {
		send func(context.Context, exec.Streams) error
		args []string
		code int
		out  string
		says string
	}{
		"the output arrives":          {send: sendOutput("image"), args: []string{"-o", "type=oci,dest=out.tar"}, out: line, says: "wrote the output to out.tar"},
		"the output is lost":          {send: sendNothing, args: []string{"-o", "type=oci,dest=out.tar"}, code: 1, out: line, says: "error: fetch /workspace/output from the builder pod: harm"},
		"the output is too large":     {send: sendOutput("image"), args: []string{"-o", "type=oci,dest=out.tar", "--output-limit", "4"}, code: 1, out: line, says: "it has more than 4 bytes\nhint: --output-limit"},
		"stdout carries the output":   {send: sendOutput("image"), args: []string{"-o", "type=oci,dest=-"}, out: "image", says: "pushed " + strings.TrimSpace(line)},
		"stdout, by its path":         {send: sendOutput("image"), args: []string{"-o", "type=oci,dest=/dev/stdout"}, out: "image", says: "pushed " + strings.TrimSpace(line)},
		"a directory that is no tar":  {send: sendOutput("no tar"), args: []string{"-o", "out"}, code: 1, out: line, says: "error: write the output: read the output: "},
		"another file can't be there": {send: sendOutput("image"), args: []string{"-o", "type=oci,dest=out.tar", "--metadata-file", "/dev/full"}, code: 1, out: line, says: "error: write /dev/full: "},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, append(c.args, "--push", "--name", "b", "--digest-file", "digest")...)
			synctest.Test(t, func(t *testing.T) {
				out, report, code := outcome(t, plan, c.send)
				if out != c.out || code != c.code || !strings.Contains(report, c.says) {
					t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, out, report)
				}
			})
			if digest, err := os.ReadFile("digest"); err != nil || string(digest) != pushed {
				t.Errorf("the digest file has %q, %v", digest, err)
			}
			if content, err := os.ReadFile("out.tar"); err == nil && (c.code != 0 && !strings.Contains(name, "another") || string(content) != "image") {
				t.Errorf("a run with exit code %d wrote %q", c.code, content)
			}
		})
	}
}

// Without a push there is no result without the output.
func TestOutputAlone(t *testing.T) {
	plan := planOf(t, "-o", "type=oci,dest=out.tar", "--name", "b", "--digest-file", "digest")
	synctest.Test(t, func(t *testing.T) {
		if out, report, code := outcome(t, plan, sendNothing); out != "" || code != 1 {
			t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, out, report)
		}
	})
	if _, err := os.Stat("digest"); err == nil {
		t.Error("there is a digest file without an image")
	}
}

// registry answers for one tag, before and after the build, and with all for the digest that is reported.
func registry(t *testing.T, plan *build.Plan, status int, digest string, all bool) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/manifests/"+pushed) && !all:
			w.WriteHeader(http.StatusNotFound)
		case strings.Contains(r.URL.Path, "/manifests/"):
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			w.Header().Set("Docker-Content-Digest", digest)
			if strings.HasSuffix(r.URL.Path, pushed) {
				w.Header().Set("Docker-Content-Digest", pushed)
			}
			w.Header().Set("Content-Length", "7")
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(server.Close)
	host := server.Listener.Addr().String()
	plan.Tags[0].Reference, plan.Tags[0].Registry = host+"/app:latest", host
	plan.Trust.Certificates = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

// What the pod calls the digest is not what somebody deploys.
func TestDigestIsTheRegistrys(t *testing.T) {
	other := "sha256:" + strings.Repeat("cd", 32)
	for name, c := range map[string]struct {
		status int
		digest string
		code   int
		all    bool
		says   string
	}{
		"the same":                         {status: http.StatusOK, digest: pushed, all: true},
		"another, as before the build":     {status: http.StatusOK, digest: other, all: true, code: cli.CodeInternal, says: "the registry has " + other},
		"another":                          {status: http.StatusOK, digest: other, code: cli.CodeInternal, says: "error: the builder pod reports digest \"" + pushed + "\" for "},
		"none":                             {status: http.StatusNotFound, code: cli.CodeInternal, says: "the registry does not have it"},
		"the client has no right to it":    {status: http.StatusUnauthorized},
		"the registry does not work today": {status: http.StatusTeapot},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, "--name", "b", "--digest-file", "digest")
			registry(t, plan, c.status, c.digest, c.all)
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				out, report, code := outcome(t, plan, sendNothing)
				if code != c.code || (out == "") != (c.code != 0) || !strings.Contains(report, c.says) {
					t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, out, report)
				}
				if _, err := os.Stat("digest"); (err == nil) != (c.code == 0) {
					t.Errorf("the digest file: %v", err)
				}
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// The output's directory can be a link to one that is not there yet, in a place where nothing can be written: the output
// arrives where the link leads.
func TestOutputThroughALink(t *testing.T) {
	plan := planOf(t, "-o", "out", "--name", "b")
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "new"), link); err != nil {
		t.Fatal(err)
	}
	plan.Output.Dest = link
	staged := ""
	synctest.Test(t, func(t *testing.T) {
		_, report, code := outcome(t, plan, func(ctx context.Context, s exec.Streams) error {
			found, _ := filepath.Glob(filepath.Join(dir, ".kubectl-img-*"))
			staged = strings.Join(found, "")
			return sendOutput(string(make([]byte, 1024)))(ctx, s)
		})
		if _, err := os.Stat(filepath.Join(dir, "new")); code != 0 || err != nil || staged == "" {
			t.Errorf("exit code %d, arrived in %q, %v\n%s", code, staged, err, report)
		}
	})
}
