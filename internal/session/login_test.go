package session

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
)

const secret = "correct-horse-battery"

// loginJob is the payload of a job with a registry login.
func (p *pod) loginJob(access RegistryAccess, steps ...engine.Step) Payload {
	return Payload{Write: func(w *tar.Writer) error { return p.writeJob(w, "", access, steps...) }}
}

// metadataServer answers as Google's metadata server for one account. It answers no request of a proxy.
func metadataServer(t *testing.T, email string, expiresIn ...int) string {
	t.Helper()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Metadata-Flavor") != "Google" || r.URL.IsAbs():
			w.WriteHeader(http.StatusForbidden)
		case strings.HasSuffix(r.URL.Path, "/default/email"):
			_, _ = fmt.Fprint(w, email)
		case strings.HasSuffix(r.URL.Path, "/default/token"):
			_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":%d,"token_type":"Bearer"}`, secret, expiresIn[min(asked, len(expiresIn)-1)])
			asked++
		}
	}))
	t.Cleanup(server.Close)
	return "GCE_METADATA_HOST=" + strings.TrimPrefix(server.URL, "http://")
}

// helpers puts credential helpers on PATH that only record their arguments. Busybox has only these and its own applets on PATH, so
// that it does not use curl.
func helpers(t *testing.T, shell []string, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range programs {
		script := "#!/bin/sh\necho \"" + name + " $*\" >>\"$DOCKER_CONFIG/../called\"\n" +
			"printf '{\\n\\t\"auths\": {},\\n\\t\"credHelpers\": {\\n\\t\\t\"gcr.io\": \"gcr\"\\n\\t}\\n}' >\"$DOCKER_CONFIG/config.json\"\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if shell[0] == "busybox" {
		return "PATH=" + dir
	}
	return "PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

func googleLogin(helper, account string) RegistryAccess {
	return RegistryAccess{Config: []byte(`{"auths":{}}`), Clouds: []CloudLogin{{"google", helper, account, []string{"gcr.io", "eu.gcr.io"}}}}
}

func TestGoogleLogin(t *testing.T) {
	const email = "builder@project.iam.gserviceaccount.com"
	for name, c := range map[string]struct {
		helper string
		image  []string
		want   string
	}{
		"gcr":                              {"gcr", []string{"docker-credential-gcr"}, "docker-credential-gcr configure-docker --registries=gcr.io,eu.gcr.io"},
		"gcloud":                           {"gcloud", []string{"gcloud", "docker-credential-gcloud"}, "gcloud auth configure-docker gcr.io,eu.gcr.io --quiet"},
		"any helper, the image has gcloud": {cloud.AnyHelper, []string{"gcloud", "docker-credential-gcloud"}, "gcloud auth configure-docker gcr.io,eu.gcr.io --quiet"},
		"any helper, the image has both":   {cloud.AnyHelper, []string{"docker-credential-gcr", "gcloud", "docker-credential-gcloud"}, "docker-credential-gcr configure-docker --registries=gcr.io,eu.gcr.io"},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				// The first token is about to expire, so the job waits for the next. The proxy must not be used for the metadata server.
				p := startPod(t, shell, metadataServer(t, email, 0, 3599), helpers(t, shell, c.image...), "HTTP_PROXY=http://127.0.0.1:1", "http_proxy=http://127.0.0.1:1")
				var log bytes.Buffer
				s, ctx := p.session(&log)
				identity := make(chan string, 1)
				s.handlers.Identity = func(name string) { identity <- name }
				if _, err := build(t, ctx, s, p.loginJob(googleLogin(c.helper, email), sh(engine.PhaseBuild, `cat "$DOCKER_CONFIG/config.json"`))); err != nil {
					t.Fatalf("%v\n%s", err, log.String())
				}
				if got := strings.TrimSpace(p.read("run/called")); got != c.want {
					t.Errorf("called %q, want %q", got, c.want)
				}
				if got := <-identity; got != email {
					t.Errorf("identity %q", got)
				}
				if !strings.Contains(log.String(), `"credHelpers"`) || !strings.Contains(log.String(), "gcr.io,eu.gcr.io as "+email) {
					t.Errorf("log %q", log.String())
				}
			})
		})
	}
}

func TestLoginError(t *testing.T) {
	const node = "1234567-compute@developer.gserviceaccount.com"
	gcr := "docker-credential-gcr"
	for name, c := range map[string]struct {
		access RegistryAccess
		env    func(t *testing.T, shell []string) []string
		code   int
		names  string
	}{
		"no helper": {googleLogin("gcr", AnyAccount), func(t *testing.T, shell []string) []string { return []string{helpers(t, shell)} }, LoginNoHelper, "docker-credential-gcr"},
		"no metadata server": {googleLogin("gcr", AnyAccount), func(t *testing.T, shell []string) []string {
			return []string{"GCE_METADATA_HOST=127.0.0.1:1", helpers(t, shell, gcr), "METADATA_WAIT=1"}
		}, LoginNoIdentity, "1s"},
		"a token that stays expired": {googleLogin("gcr", AnyAccount), func(t *testing.T, shell []string) []string {
			return []string{metadataServer(t, "a@b", 0), helpers(t, shell, gcr), "METADATA_WAIT=1"}
		}, LoginNoIdentity, "1s"},
		"another account": {googleLogin("gcr", "other@b"), func(t *testing.T, shell []string) []string {
			return []string{metadataServer(t, "a@b", 3599), helpers(t, shell, gcr)}
		}, LoginWrongAccount, "a@b"},
		"the node's account": {googleLogin("gcr", NamedAccount), func(t *testing.T, shell []string) []string {
			return []string{metadataServer(t, node, 3599), helpers(t, shell, gcr)}
		}, LoginWrongAccount, node},
		"no secret": {RegistryAccess{Secrets: []string{"keys"}}, func(*testing.T, []string) []string { return nil }, LoginNoSecret, "keys"},
	} {
		t.Run(name, func(t *testing.T) {
			eachShell(t, func(t *testing.T, shell []string) {
				p := startPod(t, shell, c.env(t, shell)...)
				var log bytes.Buffer
				s, ctx := p.session(&log)
				_, err := build(t, ctx, s, p.loginJob(c.access, sh(engine.PhaseBuild, "echo built")))
				var failed *JobError
				if !errors.As(err, &failed) || failed.Phase != PhaseLogin || failed.Code != c.code || !strings.Contains(failed.Message, c.names) {
					t.Errorf("%+v, want code %d and %q", err, c.code, c.names)
				}
				if strings.Contains(log.String(), "built") {
					t.Error("the job continued")
				}
			})
		})
	}
}

func TestLogin(t *testing.T) {
	runInShells(t, shellTests{
		// The engine reads the file with Go's decoder, as this test does.
		"all sources are merged": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			for name, content := range map[string]string{
				"one/.dockerconfigjson":  "{\n \"auths\": { \"a.example\": {\"auth\": \"one {} ,  two\"},\r\n\t\"b.example\": {\"auth\": \"B\"} }\n}\n\n",
				"two/.dockerconfigjson":  " {} ",
				"three/.dockercfg":       `{"c.example": {"auth": "C"}}`,
				"four/.dockerconfigjson": `{"auths":{"a.example":{"auth":"later"},"d.example":{"auth":"D"}},"credHelpers":{"x":"y"}}`,
			} {
				if err := os.MkdirAll(filepath.Dir(p.path("secrets/"+name)), 0o700); err != nil {
					t.Fatal(err)
				}
				p.write("secrets/"+name, content)
			}
			var log bytes.Buffer
			s, ctx := p.session(&log)
			access := RegistryAccess{Config: []byte(`{"auths":{"b.example":{},"d.example":{"auth":"` + secret + `"}}}`), Secrets: []string{"one", "two", "three", "four"}}
			if _, err := build(t, ctx, s, p.loginJob(access, sh(engine.PhaseBuild, `ls -ld "$DOCKER_CONFIG" | cut -c 1-10`))); err != nil {
				t.Fatal(err)
			}
			var got struct {
				Auths map[string]struct{ Auth string }
			}
			if err := json.Unmarshal([]byte(p.read("run/login/config.json")), &got); err != nil {
				t.Fatalf("%v\n%s", err, p.read("run/login/config.json"))
			}
			all := map[string]string{}
			for host, entry := range got.Auths {
				all[host] = entry.Auth
			}
			want := map[string]string{"a.example": "later", "b.example": "", "c.example": "C", "d.example": secret}
			if diff := cmp.Diff(want, all); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if log.String() != "drwx------\n" {
				t.Errorf("the directory's mode is %q", log.String())
			}
		},
		"certificates and proxies reach the engine": func(t *testing.T, shell []string) {
			shown := httptest.NewTLSServer(nil)
			defer shown.Close()
			system := filepath.Join(t.TempDir(), "system.crt")
			if err := os.WriteFile(system, []byte("(system)\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := startPod(t, shell, "SSL_CERT_FILE="+system)
			var log bytes.Buffer
			s, ctx := p.session(&log)
			access := RegistryAccess{
				Certificates: []byte("(uploaded)\n"), Unverified: []string{strings.TrimPrefix(shown.URL, "https://")},
				Proxy: []string{"HTTPS_PROXY=http://user:it's " + secret + "@proxy:1", "no_proxy=a,b"},
			}
			script := `cat "$SSL_CERT_FILE"; echo "$HTTPS_PROXY $no_proxy"; test -z "${DOCKER_CONFIG:-}"`
			if _, err := build(t, ctx, s, p.loginJob(access, sh(engine.PhaseBuild, script))); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"(system)\n(uploaded)\n-----BEGIN CERTIFICATE-----\n", "http://user:it's " + secret + "@proxy:1 a,b\n"} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("log %q lacks %q", log.String(), want)
				}
			}
			if got := p.read("run/upload/job"); strings.Contains(got, secret) {
				t.Errorf("the job names the secret: %s", got)
			}
		},
	})
}

func TestRegistryAccess(t *testing.T) {
	t.Run("an empty one writes no commands", func(t *testing.T) {
		if got := (RegistryAccess{}).script(); got != "" {
			t.Errorf("script %q", got)
		}
	})
	t.Run("nothing prints a secret", func(t *testing.T) {
		access := RegistryAccess{Config: []byte(secret), Certificates: []byte(secret), Proxy: []string{secret}}
		for _, holder := range []any{access, &access, []RegistryAccess{access}, struct{ A RegistryAccess }{access}, map[string]RegistryAccess{"a": access}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				if text := fmt.Sprintf(verb, holder); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
					t.Errorf("%s of %T prints %s", verb, holder, text)
				}
			}
			if text, err := json.Marshal(holder); err != nil || strings.Contains(string(text), secret) {
				t.Errorf("%T as JSON is %s, %v", holder, text, err)
			}
		}
	})
}
