package e2e_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	t.Run("healthy cluster", doctorHealthy)
	t.Run("without --probe nothing is created", doctorWithoutProbe)
	t.Run("restricted namespace", doctorRestricted)
	t.Run("missing rights", doctorRights)
	t.Run("quota", doctorQuota)
	t.Run("registry that rejects the push", doctorRegistry)
}

// diagnosis is what `kubectl img doctor -o json` prints.
type diagnosis struct {
	Checks []struct {
		Check, Status, Detail, Mend string
	}
	Profiles []string
}

// examine runs doctor in a namespace.
func examine(t *testing.T, ns string, args ...string) (diagnosis, result) {
	t.Helper()
	r := call{args: append([]string{"doctor", "-n", ns, "-o", "json"}, args...), report: true}.run(t)
	var d diagnosis
	if err := json.Unmarshal([]byte(r.stdout), &d); err != nil {
		t.Fatalf("%v: %s\n%s", err, r.stdout, r.stderr)
	}
	return d, r
}

// status is the status of a check, or empty.
func (d diagnosis) status(check string) string {
	for _, c := range d.Checks {
		if c.Check == check {
			return c.Status
		}
	}
	return ""
}

// mend is the command of a check that repairs what it has found.
func (d diagnosis) mend(check string) string {
	for _, c := range d.Checks {
		if c.Check == check {
			return c.Mend
		}
	}
	return ""
}

// healthy expects that all checks are ok.
func (d diagnosis) healthy(t *testing.T) {
	t.Helper()
	for _, c := range d.Checks {
		if c.Status != "ok" {
			t.Errorf("%s: %s: %s", c.Check, c.Status, c.Detail)
		}
	}
}

func doctorHealthy(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	d, r := examine(t, ns, "--probe", "-t", repository(ns))
	r.succeeds(t)
	d.healthy(t)
	if want := []string{"stock", "userns", "restricted", "localhost", "unset"}; !slices.Equal(d.Profiles, want) {
		t.Errorf("profiles %q, want %q", d.Profiles, want)
	}
	if !isPushed(t, repository(ns)) {
		t.Error("the probe's image was not pushed")
	}
}

// doctorWithoutProbe watches the pods of the namespace: none may be created.
func doctorWithoutProbe(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	pods, err := client.CoreV1().Pods(ns).Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer pods.Stop()
	d, r := examine(t, ns)
	r.succeeds(t)
	if d.status("image, profile, registry") != "unknown" {
		t.Errorf("the result of a probe is known without one: %+v", d)
	}
	select {
	case e := <-pods.ResultChan():
		t.Errorf("pod %s", e.Object.(*corev1.Pod).Name)
	case <-time.After(time.Second):
	}
}

func doctorRestricted(t *testing.T) {
	t.Parallel()
	ns := namespace(t, restricted)
	d, r := examine(t, ns, "--probe", "-t", repository(ns))
	r.succeeds(t)
	d.healthy(t)
	if !slices.Equal(d.Profiles, []string{"restricted"}) || d.status("probe restricted") != "ok" {
		t.Errorf("%+v", d)
	}
}

// doctorRights runs the commands that doctor prints for missing rights. Then the rights must be there.
func doctorRights(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	grant(t, ns, "newcomer",
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create", "get", "list", "watch", "delete"}},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create"}})
	d, r := examine(t, ns, "--as", "newcomer")
	r.fails(t, codePolicy, "no profile can work").hints(t, "--resource=pods/exec")
	for check, want := range map[string]string{
		"right to create pods/exec": "ok", "right to get pods/exec": "fail", "right to list events": "warn",
		"nodes": "unknown", "quota": "unknown", "Pod Security level": "unknown", "profile userns": "ok",
	} {
		if got := d.status(check); got != want {
			t.Errorf("%s: %s, want %s", check, got, want)
		}
	}
	for _, c := range d.Checks {
		if c.Status == "fail" || c.Status == "warn" {
			shellOut(t, c.Mend)
		}
	}
	d, r = examine(t, ns, "--as", "newcomer", "--probe")
	r.succeeds(t)
	if d.status("probe userns") != "ok" || d.status("right to list events") != "ok" {
		t.Errorf("%+v", d)
	}
}

func doctorQuota(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	setQuota(t, ns, "small", corev1.ResourceRequestsMemory, "100Mi")
	d, r := examine(t, ns)
	r.fails(t, codePolicy, "no profile can work").hints(t, "kubectl edit resourcequota -n "+ns+" small")
	if d.status("quota small") != "fail" || d.status("profile userns") != "fail" {
		t.Errorf("%+v", d)
	}
	// A smaller request is within the quota.
	if d, _ = examine(t, ns, "--request", "memory=50Mi"); d.status("quota small") != "ok" || d.status("profile userns") != "ok" {
		t.Errorf("%+v", d)
	}
}

func doctorRegistry(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	d, r := examine(t, ns, "--probe", "-t", shared.AuthRegistry+"/doctor/refused")
	r.fails(t, codeRegistry, shared.AuthRegistry)
	if d.status("registry") != "fail" || d.status("probe userns") != "ok" || !slices.Contains(d.Profiles, "localhost") {
		t.Errorf("%+v", d)
	}
}

// TestDoctorWithoutSeccompProfile is serial: it removes the seccomp profile from the node on which all builds run.
func TestDoctorWithoutSeccompProfile(t *testing.T) {
	ns := namespace(t, baseline)
	file, _ := keepProfileFile(t)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	d, r := examine(t, ns, "--probe")
	r.succeeds(t)
	if d.status("probe userns") != "fail" || d.mend("probe userns") != "kubectl img setup --profiles | kubectl apply -f -" || !slices.Equal(d.Profiles, []string{"stock", "unset"}) {
		t.Errorf("%+v", d)
	}
}
