package build

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// invented is a digest that no registry has.
var invented = "sha256:" + strings.Repeat("ab", 32)

// pushedRun is a run that has pushed app:latest, and the registry.
type pushedRun struct {
	*run
	host     string
	requests http.RoundTripper
	out, err bytes.Buffer
}

// newPushedRun returns a run with a registry, which between can change.
func newPushedRun(t *testing.T, between func(http.Handler) http.Handler) *pushedRun {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if between != nil {
		handler = between(handler)
	}
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	p := &pushedRun{host: server.Listener.Addr().String(), requests: server.Client().Transport}
	plan := &Plan{
		Pod: &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "b", Namespace: "ci"}}, Profile: podspec.UserNS, Build: engine.Build{Push: true},
		Trust: registryauth.Trust{Certificates: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})},
	}
	plan.Tags = []Tag{p.tag("latest")}
	proc := cli.Process{Streams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &p.out, ErrOut: &p.err}, Undeleted: &cli.UndeletedPods{}, Host: func() cli.Host { return cli.Host{} }}
	c := &cluster.Connection{API: builder.NewAPIFor(fake.NewClientset(), func(error) {}), Log: progress.NewLogger(progress.Auto, false, &p.err), Clock: &cluster.Clock{}}
	p.run = newRun(plan, proc, c)
	p.confirming = patience{limit: 3 * time.Second, pause: 50 * time.Millisecond}
	return p
}

func (p *pushedRun) tag(tag string) Tag {
	return Tag{Reference: p.host + "/app:" + tag, Registry: p.host, Repository: p.host + "/app"}
}

// push lets tag name an image or an index, and returns its digest.
func (p *pushedRun) push(t *testing.T, tag string, image interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	ref, err := name.NewTag(p.tag(tag).Reference)
	if err != nil {
		t.Fatal(err)
	}
	switch image := image.(type) {
	case v1.ImageIndex:
		err = remote.WriteIndex(ref, image, remote.WithTransport(p.requests))
	case v1.Image:
		err = remote.Write(ref, image, remote.WithTransport(p.requests))
	}
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := image.Digest()
	return digest.String()
}

// newImage returns an image that was created in 1970, as those of a reproducible build.
func newImage(t *testing.T) v1.Image {
	t.Helper()
	image, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// A digest is accepted or not by what the registry shows of it: before the build, after it, and under other tags.
func TestConfirm(t *testing.T) {
	for title, c := range map[string]struct {
		before string   // what the tag names before the build: mine, old or nothing; empty if that was not asked
		pushes []string // TAG=IMAGE, in this order
		report string
		ok     bool
		says   string
	}{
		"the tag names it":               {before: "old", pushes: []string{"latest=mine"}, report: "mine", ok: true},
		"the same image again":           {before: "mine", pushes: []string{"latest=mine"}, report: "mine", ok: true},
		"another build has pushed since": {before: "old", pushes: []string{"latest=mine", "latest=next"}, report: "mine", ok: true, says: "another build has pushed it"},
		"another build has pushed since, and what was before is not known": {pushes: []string{"latest=mine", "latest=next"}, report: "mine", ok: true, says: "another build has pushed it"},
		"another build has pushed the first image":                         {before: "nothing", pushes: []string{"latest=mine", "latest=next"}, report: "mine", ok: true, says: "another build has pushed it"},
		"an invented digest":                                 {before: "old", pushes: []string{"latest=mine"}, report: "invented"},
		"an invented digest, before is not known":            {pushes: []string{"latest=mine"}, report: "invented"},
		"nothing was pushed":                                 {before: "old", pushes: []string{"other=mine", "latest=old"}, report: "mine"},
		"nothing was pushed, and nothing was there before":   {before: "nothing", pushes: []string{"other=mine"}, report: "mine"},
		"the image that was there before":                    {before: "old", pushes: []string{"latest=old", "latest=mine"}, report: "old"},
		"an older image of another tag":                      {before: "nothing", pushes: []string{"other=old", "latest=mine"}, report: "old"},
		"an older image of another tag, before is not known": {pushes: []string{"other=old", "latest=mine"}, report: "old"},
	} {
		t.Run(title, func(t *testing.T) {
			p := newPushedRun(t, nil)
			digests := map[string]string{"invented": invented, "nothing": ""}
			images := map[string]v1.Image{}
			for _, name := range []string{"mine", "old", "next"} {
				images[name] = newImage(t)
				hash, _ := images[name].Digest()
				digests[name] = hash.String()
			}
			for _, push := range c.pushes {
				tag, image, _ := strings.Cut(push, "=")
				p.push(t, tag, images[image])
			}
			if c.before != "" {
				p.login.note(p.Tags[0], digests[c.before])
			}
			got, err := p.confirm(t.Context(), session.Result{Digest: digests[c.report]})
			if (err == nil) != c.ok || c.ok && got.Digest != digests[c.report] {
				t.Errorf("%s, %v", got.Digest, err)
			}
			if !strings.Contains(p.err.String(), c.says) || c.says == "" && p.err.Len() > 0 {
				t.Errorf("stderr: %s", &p.err)
			}
		})
	}
}

// Every tag is compared, not only the one in the digest line.
func TestConfirmEveryTag(t *testing.T) {
	p := newPushedRun(t, nil)
	p.Tags = append(p.Tags, p.tag("second"), p.tag("third"))
	mine := p.push(t, "latest", newImage(t))
	p.push(t, "second", newImage(t))
	p.login.note(p.Tags[1], p.push(t, "second", newImage(t)))
	p.login.note(p.Tags[2], "")
	if _, err := p.confirm(t.Context(), session.Result{Digest: mine}); err == nil || !strings.Contains(err.Error(), "app:second: the registry has ") {
		t.Errorf("%v", err)
	}
}

// The pod has written its result, and has ended. Somebody has pushed the tag again before attach takes the result.
func TestAttachToAPodThatHasEnded(t *testing.T) {
	p := newPushedRun(t, nil)
	mine := p.push(t, "latest", newImage(t))
	p.push(t, "latest", newImage(t))
	p.Pod.Status = corev1.PodStatus{Phase: corev1.PodSucceeded, ContainerStatuses: []corev1.ContainerStatus{{
		Name:  podspec.Container,
		State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", Message: fmt.Sprintf(`{"digest":%q}`, mine)}},
	}}}
	err := p.podOutcome(t.Context(), podEnd{termination: builder.End(p.Pod, podspec.Container)}, nil)
	if want := p.host + "/app@" + mine + "\n"; err != nil || p.out.String() != want {
		t.Errorf("stdout %q, want %q, %v", &p.out, want, err)
	}
}

// A run that ends while the registry is asked has the exit code of its end.
func TestConfirmEndsWithTheRun(t *testing.T) {
	p := newPushedRun(t, nil)
	p.confirming.limit = time.Minute
	p.login.note(p.Tags[0], p.push(t, "latest", newImage(t)))
	mine := p.push(t, "other", newImage(t))
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(300*time.Millisecond, func() { cancel(cli.Interrupted{Signal: os.Interrupt}) })
	if _, err := p.confirm(ctx, session.Result{Digest: mine}); cli.ExitCode(err) != cli.CodeInterrupted {
		t.Errorf("exit code %d, %v", cli.ExitCode(err), err)
	}
}

// answers returns a registry that answers the next n questions about a tag with status.
func answers(status int, n *int) func(http.Handler) http.Handler {
	return func(registry http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, "/manifests/latest") && *n > 0 {
				*n--
				w.WriteHeader(status)
				return
			}
			registry.ServeHTTP(w, r)
		})
	}
}

// A registry that is busy is asked again. One that can't be asked is no reason to hide a digest. If it is only busy, the user reads that nobody has compared
// the digest; where the pod alone has the login, no build is compared.
func TestConfirmByABusyRegistry(t *testing.T) {
	for _, c := range []struct {
		status, times   int
		unasked, warned bool
	}{
		{http.StatusTooManyRequests, 3, false, false},
		{http.StatusServiceUnavailable, 3, false, false},
		{http.StatusTooManyRequests, 100, true, true},
		{http.StatusUnauthorized, 1, true, false},
		{http.StatusForbidden, 1, true, false},
	} {
		t.Run(fmt.Sprintf("%d, %d times", c.status, c.times), func(t *testing.T) {
			left := 0
			asked := newPushedRun(t, answers(c.status, &left))
			asked.confirming.limit = 8 * time.Second // the client of the registry has pauses of its own
			asked.push(t, "latest", newImage(t))
			left = c.times
			_, err := asked.confirm(t.Context(), session.Result{Digest: invented})
			if (err == nil) != c.unasked {
				t.Errorf("%v", err)
			}
			if warned := strings.Count(asked.err.String(), "warning: the digest is the builder pod's word"); warned == 1 != c.warned {
				t.Errorf("stderr: %s", &asked.err)
			}
		})
	}
}

// The login here may not see the repository, and the pod pushes with another. Registries answer 404 then.
func TestConfirmWithAnotherLogin(t *testing.T) {
	p := newPushedRun(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, _, ok := r.BasicAuth(); ok && r.URL.Path != "/v2/" {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
			w.WriteHeader(http.StatusUnauthorized)
		})
	})
	config := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, p.host, base64.StdEncoding.EncodeToString([]byte("jane:password")))
	if err := os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.confirm(t.Context(), session.Result{Digest: invented}); err != nil {
		t.Error(err)
	}
}

// What the files say of an image is the registry's, and an image that has no configuration has none.
func TestConfirmTakesTheImageFromTheRegistry(t *testing.T) {
	for title, c := range map[string]struct{ index, overtaken bool }{"an image": {}, "an image, overtaken": {overtaken: true}, "an index": {index: true}} {
		t.Run(title, func(t *testing.T) {
			p := newPushedRun(t, nil)
			p.IIDFile = "iid"
			image, want := newImage(t), session.Result{MediaType: "application/vnd.docker.distribution.manifest.v2+json"}
			config, _ := image.ConfigName()
			want.Config, want.Digest = config.String(), p.push(t, "latest", image)
			want.Size, _ = image.Size()
			if c.index {
				index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image})
				want = session.Result{Digest: p.push(t, "latest", index), MediaType: "application/vnd.oci.image.index.v1+json"}
				want.Size, _ = index.Size()
			}
			if c.overtaken {
				p.login.note(p.Tags[0], "")
				p.push(t, "latest", newImage(t))
			}
			got, err := p.confirm(t.Context(), session.Result{Digest: want.Digest, Config: invented, Size: 666, MediaType: "text/html"})
			if err != nil || got != want {
				t.Errorf("%+v, want %+v, %v", got, want, err)
			}
		})
	}
}
