package e2e_test

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Credentials that are in no log by accident.
const (
	localPassword = "local-Kohlrabi-4711"
	secretLogin   = "secret-Pastinake-4712"
	proxyPassword = "proxy-Schwarzwurzel-4713"
	podToken      = "ya29.token-Topinambur-4714"
	buildToken    = "build-Haferwurzel-4716"
	nonsense      = "visible-Steckruebe-4715" // not secret: the search must find it
)

// TestCredentials looks for credentials in the pod, in all requests to the API server and their answers, in the logs of the components, and in the
// plugin's output. The audit log has the level RequestResponse. The test is serial: it searches everything that happens while it runs.
func TestCredentials(t *testing.T) {
	ns := namespace(t, privileged)
	m := newMetadata(t, googleAccount, token{podToken, 3599})
	base := newRegistryProxy(t, "base", hostAddress(), onlyFor("reader", localPassword))
	tools := newRegistryProxy(t, "tools", hostAddress(), onlyFor("tool", secretLogin))
	target := newRegistryProxy(t, "target", hostAddress(), googleRule("_dcgcr_", podToken))
	dockerSecret(t, ns, "keys", corev1.SecretTypeDockerConfigJson, `{"auths": `+loginEntry(tools.Host, "tool", secretLogin)+`}`)
	if _, err := client.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "visible"}, Data: map[string]string{"key": nonsense},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}

	dir := only(t, "FROM "+base.Host+"/busybox:1\nCOPY --from="+tools.Host+"/busybox:1 /bin/busybox /copy\n"+
		"RUN --mount=type=secret,id=token test -s /run/secrets/token && echo the-step-has-it-$((40+2))\n")
	args := []string{
		"-v", "--image", shared.GCRImage, "--service-account", serviceAccount(t, ns, googleAccount), "--pod-template", m.template(t),
		"--registry-ca", authorities(t, base, tools, target), "--proxy",
		"--auth", target.Host + "=gcr", "--auth", tools.Host + "=secret=keys", "--auth", "local", "--secret", "id=token,env=BUILD_TOKEN",
	}
	run := func(more ...string) result {
		c := build(ns, append(append([]string{}, args...), more...)...).withHelper(t, map[string][2]string{base.Host: {"reader", localPassword}})
		// Nothing goes through this proxy, because NO_PROXY has all addresses of the test.
		c.env = append(c.env, "HTTPS_PROXY=http://user:"+proxyPassword+"@127.0.0.1:1", "NO_PROXY="+shared.HostIP+","+shared.NodeIP+","+shared.Registry, "BUILD_TOKEN="+buildToken)
		return c.run(t)
	}
	ref := target.Host + "/e2e/" + ns
	results := []result{
		run("-t", ref, "--dry-run", dir).succeeds(t),
		run("-t", ref, "--keep", dir).succeeds(t),
	}
	results[1].says(t, "the-step-has-it-42")
	pod := onlyPod(t, ns)
	spec, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	deletePod(t, pod)
	base.deny(localPassword) // errors must not have a credential, either
	results = append(results, run("-t", ref, dir), run("-t", base.Host+"/e2e/"+ns, dir), run("-t", ref, "--auth", base.Host+"=none", dir))
	for _, r := range results[2:] {
		r.fails(t, codeRegistry)
	}
	if !base.saw(localPassword) || !tools.saw(secretLogin) || !target.saw(podToken) {
		t.Fatal("not every credential was used")
	}

	texts := map[string]string{"the pod": string(spec)}
	for i, r := range results {
		texts[fmt.Sprintf("run %d", i)] = r.stdout + r.stderr
	}
	for name, text := range texts {
		for _, found := range credentialsIn(text) {
			t.Errorf("%s has %s", name, found)
		}
	}
	// The audit log is written in batches.
	eventually(t, soon, "the audit log has the last delete", func() bool { return auditHas(t, ns, "delete") >= 3 })
	searchAudit(t)
	logs, err := filepath.Glob(filepath.Join(shared.Dir, "log", "*"))
	if err != nil || len(logs) < 8 {
		t.Fatalf("logs of the components: %q, %v", logs, err)
	}
	for _, log := range logs {
		if strings.HasPrefix(filepath.Base(log), "audit") {
			continue
		}
		for _, found := range credentialsIn(read(t, log)) {
			t.Errorf("%s has %s", log, found)
		}
	}
}

// auditHas counts the requests of a verb for the pods of a namespace in the audit log.
func auditHas(t *testing.T, ns, verb string) int {
	t.Helper()
	n := 0
	eachAuditLine(t, func(line string) {
		if strings.Contains(line, `"namespace":"`+ns+`"`) && strings.Contains(line, `"resource":"pods"`) && strings.Contains(line, `"verb":"`+verb+`"`) {
			n++
		}
	})
	return n
}

// searchAudit looks for credentials in every request and answer. Only a Secret may have one: the test creates it and the kubelet reads it. The plugin
// reads only its type.
func searchAudit(t *testing.T) {
	t.Helper()
	visible, execs := false, false
	eachAuditLine(t, func(line string) {
		visible = visible || strings.Contains(line, nonsense)
		execs = execs || strings.Contains(line, `"subresource":"exec"`)
		found := credentialsIn(line)
		if len(found) == 0 {
			return
		}
		var event struct {
			UserAgent  string `json:"userAgent"`
			RequestURI string `json:"requestURI"`
			ObjectRef  struct{ Resource string }
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if event.ObjectRef.Resource != "secrets" || strings.HasPrefix(event.UserAgent, "kubectl-img") {
			t.Errorf("audit log: %s by %s has %s", event.RequestURI, event.UserAgent, found)
		}
	})
	if !visible || !execs {
		t.Errorf("the audit log is not complete: it has the config map: %v, it has an exec: %v", visible, execs)
	}
}

// eachAuditLine reads the audit log, including the rotated files.
func eachAuditLine(t *testing.T, look func(string)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shared.Dir, "log", "audit*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("audit logs: %q, %v", files, err)
	}
	for _, file := range files {
		eachLine(t, file, look)
	}
}

func eachLine(t *testing.T, file string, look func(string)) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		look(lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// credentialsIn finds credentials in every encoding in which they are sent.
func credentialsIn(text string) []string {
	var found []string
	for user, secret := range map[string]string{"reader": localPassword, "tool": secretLogin, "user": proxyPassword, "_dcgcr_2_2_1_token": podToken, "the build": buildToken} {
		for _, form := range []string{
			secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret)), basic(user, secret), base64.StdEncoding.EncodeToString([]byte(secret)),
			// A part of a longer base64 text, such as a Secret's data, at each of the three offsets.
			inner(secret, 0), inner(secret, 1), inner(secret, 2),
		} {
			if strings.Contains(text, form) {
				found = append(found, "the secret of "+user)
				break
			}
		}
	}
	return found
}

// inner is the base64 encoding of a text after offset other bytes, without the characters that depend on its neighbours.
func inner(text string, offset int) string {
	whole := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + text))
	start := []int{0, 2, 3}[offset]
	return whole[start : len(whole)-2]
}
