package plugin

import (
	"strings"
	"testing"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/podspec"
)

func TestSetupPrints(t *testing.T) {
	for name, c := range map[string]struct {
		args  string
		env   []string
		parts []string
		lacks []string
	}{
		"a pipeline": {
			args:  "-n ci",
			parts: []string{"kind: Namespace", "enforce: baseline", "kind: ServiceAccount\nmetadata:\n  name: kubectl-img", "kind: Role\n", "  - kind: ServiceAccount\n    name: kubectl-img"},
			lacks: []string{"DaemonSet", "gcloud", "serviceaccounts"},
		},
		"people": {
			args:  "-n ci --user jane --group team:web",
			parts: []string{`name: "jane"`, `name: "team:web"`},
			lacks: []string{"ServiceAccount"},
		},
		"another namespace's account": {
			args:  "-n ci --serviceaccount jenkins:agent",
			parts: []string{"name: agent\n    namespace: jenkins"},
			lacks: []string{"kind: ServiceAccount\nmetadata"},
		},
		"unconfined":  {args: "-n ci --profile unconfined", parts: []string{"enforce: privileged"}},
		"auto":        {args: "-n ci", env: []string{"KUBECTL_IMG_PROFILE=auto"}, parts: []string{"enforce: baseline"}},
		"environment": {args: "", env: []string{"KUBECTL_IMG_NAMESPACE=ci", "KUBECTL_IMG_USER=mallory", "KUBECTL_IMG_TAG=app"}, parts: []string{"name: ci"}, lacks: []string{"mallory"}},
		"the nodes alone": {
			args:  "--profiles --kubelet-dir /var/lib/k0s/kubelet/",
			parts: []string{"kind: DaemonSet", "path: /var/lib/k0s/kubelet/seccomp", "SCMP_ACT_ERRNO"},
			lacks: []string{"kind: Role\n", "AppArmor"},
		},
		"both":          {args: "-n ci --profiles --apparmor --image registry/builder:1", parts: []string{"kind: Role\n", "MAC_ADMIN", `image: "registry/builder:1"`}},
		"private image": {args: "--profiles --image-pull-secret keys", parts: []string{"imagePullSecrets:\n        - name: keys\n      # A node"}},
		"operator":      {args: "--profiles=operator", parts: []string{"kind: SeccompProfile"}, lacks: []string{"DaemonSet"}},
		"Google": {
			args: "-n ci --gke my-project --registry europe-west1-docker.pkg.dev/shared/images",
			parts: []string{
				"principal://iam.googleapis.com/projects/$NUMBER/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/ci/sa/builder",
				"add-iam-policy-binding images --project=shared --location=europe-west1", "my-project.svc.id.goog[ci/builder]", "serviceaccounts",
			},
		},
		"Container Registry's name": {args: "-n ci --gke my-project --registry eu.gcr.io", parts: []string{"add-iam-policy-binding eu.gcr.io --project=my-project --location=europe"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.env...)
			if code := b.run(append([]string{"setup"}, strings.Fields(c.args)...)...); code != cli.CodeOK {
				t.Fatalf("exit code %d: %s", code, b.ErrOut)
			}
			for _, part := range c.parts {
				if !strings.Contains(b.Out.String(), part) {
					t.Errorf("lacks %q:\n%s", part, b.Out)
				}
			}
			for _, part := range c.lacks {
				if strings.Contains(b.Out.String(), part) {
					t.Errorf("has %q:\n%s", part, b.Out)
				}
			}
		})
	}
}

func TestSetupUnusable(t *testing.T) {
	for args, names := range map[string]string{
		"":                                   "namespace",
		"-n Bad_Name":                        "Bad_Name",
		"-n ci extra":                        "no argument",
		"-n ci --profile privileged":         "privileged",
		"-n ci --serviceaccount agent":       "NAMESPACE:NAME",
		"-n ci --user=":                      "--user",
		"--profiles --image-pull-secret A":   "--image-pull-secret",
		"--apparmor":                         "--profiles",
		"--profiles=helm":                    "helm",
		"--profiles --kubelet-dir etc":       "etc",
		"-n ci --gke my-project":             "--registry",
		"-n ci --registry gcr.io":            "--gke",
		"-n ci --gke $(id) --registry x":     "--gke",
		"-n ci --gke p --registry ghcr.io/x": "ghcr.io",
		"-n ci --gke p --registry europe-west1-docker.pkg.dev/p/$(id)":         "PROJECT/REPOSITORY",
		"-n ci --gke p --registry x;-docker.pkg.dev":                           "x;",
		"-n ci --gke p --registry gcr.io --service-account a;b":                "--service-account",
		"-n ci --gke p --registry europe-west1-docker.pkg.dev/p/images/deeper": "PROJECT/REPOSITORY",
	} {
		t.Run(args, func(t *testing.T) {
			said := newBench(t).unusable(t, append([]string{"setup"}, strings.Fields(args)...)...)
			if !strings.Contains(said, names) {
				t.Errorf("%q does not name %q", said, names)
			}
		})
	}
}

// TestSetupLevels compares the level that setup enforces with Kubernetes' own rules.
func TestSetupLevels(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range podspec.Profiles() {
		pod, err := podspec.Pod(podspec.Options{Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		name, err := podSecurityLevel(profile)
		if err != nil {
			t.Fatal(err)
		}
		level := api.Level(name)
		results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)
		if result := policy.AggregateCheckResults(results); !result.Allowed {
			t.Errorf("%s does not pass %s: %s", profile, level, result.ForbiddenDetail())
		}
		if stricter := api.LevelBaseline; level == api.LevelPrivileged {
			results := evaluator.EvaluatePod(api.LevelVersion{Level: stricter, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)
			if policy.AggregateCheckResults(results).Allowed {
				t.Errorf("%s passes %s", profile, stricter)
			}
		}
	}
}
