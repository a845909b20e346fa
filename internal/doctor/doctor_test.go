package doctor

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/version"
	fakediscovery "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"
)

func node(kernel, container string, userNamespaces *bool) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}}
	n.Status.NodeInfo = corev1.NodeSystemInfo{KernelVersion: kernel, ContainerRuntimeVersion: container}
	if userNamespaces != nil {
		n.Status.RuntimeHandlers = []corev1.NodeRuntimeHandler{{Features: &corev1.NodeRuntimeHandlerFeatures{UserNamespaces: userNamespaces}}}
	}
	return n
}

func quota(hard corev1.ResourceList) *corev1.ResourceQuota {
	return &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "q", Namespace: "ci"}, Status: corev1.ResourceQuotaStatus{Hard: hard}}
}

func limitRange(item corev1.LimitRangeItem) *corev1.LimitRange {
	item.Type = corev1.LimitTypeContainer
	return &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "l", Namespace: "ci"}, Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{item}}}
}

func memory(amount string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(amount)}
}

func userns() ProfilePod {
	return ProfilePod{"userns", &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "img", Namespace: "ci"},
		Spec: corev1.PodSpec{HostUsers: ptr.To(false), Containers: []corev1.Container{{
			Name: "builder", Resources: corev1.ResourceRequirements{Requests: memory("256Mi")},
			SecurityContext: &corev1.SecurityContext{ProcMount: ptr.To(corev1.UnmaskedProcMount)},
		}}},
	}}
}

func TestExam(t *testing.T) {
	healthy := func() []runtime.Object {
		return []runtime.Object{
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ci"}}, node("6.18.4-arch", "containerd://2.4.2", ptr.To(true)),
		}
	}
	for name, c := range map[string]struct {
		version string
		objects []runtime.Object
		kubelet string
		skew    time.Duration
		prepare func(*fake.Clientset)
		adjusts []corev1.ResourceName // default requests
		check   string
		status  Status
		says    string // part of the detail or of what mends it
		works   bool   // at least one profile
	}{
		"healthy":                   {check: "profile userns", status: OK, works: true},
		"old API server":            {version: "v1.32.1", check: "API server", status: Warn, says: "1.33", works: true},
		"odd version":               {version: "?", check: "API server", status: Unknown, works: true},
		"clocks differ":             {skew: time.Hour, check: "clock", status: Warn, says: "1h0m0s", works: true},
		"old kernel":                {objects: []runtime.Object{node("5.15.0-91", "containerd://2.4.2", ptr.To(true))}, check: "node kernel", status: Warn, says: "5.15", works: true},
		"old containerd":            {objects: []runtime.Object{node("6.18.0", "containerd://1.7.9", ptr.To(true))}, check: "container runtime", status: Warn, says: "1.7.9", works: true},
		"CRI-O":                     {objects: []runtime.Object{node("6.18.0", "cri-o://1.30.1", ptr.To(true))}, check: "container runtime", status: OK, works: true},
		"unknown runtime":           {objects: []runtime.Object{node("6.18.0", "docker://27.0", nil)}, check: "container runtime", status: Warn, says: "docker", works: true},
		"no user namespaces":        {objects: []runtime.Object{node("6.18.0", "containerd://2.4.2", ptr.To(false))}, check: "user namespaces", status: Warn, works: true},
		"kubelet seccompDefault":    {kubelet: `{"kubeletconfig":{"seccompDefault":true}}`, check: "kubelet's seccompDefault", status: Warn, works: true},
		"no right to nodes/proxy":   {kubelet: "-", check: "kubelet's seccompDefault", status: Unknown, works: true},
		"quota too small":           {objects: []runtime.Object{quota(corev1.ResourceList{"requests.memory": resource.MustParse("255Mi")})}, check: "quota q", status: Fail, says: "needs 256Mi", works: true},
		"quota large enough":        {objects: []runtime.Object{quota(corev1.ResourceList{"requests.memory": resource.MustParse("256Mi"), "pods": resource.MustParse("1")})}, check: "quota q", status: OK, works: true},
		"quota requires a limit":    {objects: []runtime.Object{quota(corev1.ResourceList{"limits.cpu": resource.MustParse("4")})}, check: "quota q", status: Fail, says: "--limit cpu=", works: true},
		"quota of pods":             {objects: []runtime.Object{quota(corev1.ResourceList{"count/pods": resource.MustParse("0")})}, check: "quota q", status: Fail, says: "count/pods", works: true},
		"default limit too small":   {objects: []runtime.Object{limitRange(corev1.LimitRangeItem{Default: memory("128Mi")})}, check: "limit range l", status: Fail, works: true},
		"maximum too small":         {objects: []runtime.Object{limitRange(corev1.LimitRangeItem{Max: memory("128Mi")})}, check: "limit range l", status: Fail, works: true},
		"default request lowered":   {objects: []runtime.Object{limitRange(corev1.LimitRangeItem{Default: memory("128Mi")})}, adjusts: []corev1.ResourceName{"memory"}, check: "limit range l", status: Warn, says: "--request memory=128Mi", works: true},
		"default request too low":   {objects: []runtime.Object{limitRange(corev1.LimitRangeItem{Min: memory("1Gi")})}, adjusts: []corev1.ResourceName{"memory"}, check: "limit range l", status: Warn, says: "adapts its default requests: --request memory=1Gi", works: true},
		"lowered request admitted":  {prepare: limiting("128Mi"), adjusts: []corev1.ResourceName{"memory"}, check: "profile userns", status: OK, works: true},
		"given request refused":     {prepare: limiting("128Mi"), check: "profile userns", status: Fail, says: "memory limit of 128Mi"},
		"minimum too large":         {objects: []runtime.Object{limitRange(corev1.LimitRangeItem{Min: memory("1Gi")})}, check: "limit range l", status: Fail, works: true},
		"request within the limits": {objects: []runtime.Object{limitRange(corev1.LimitRangeItem{Min: memory("1Mi"), Max: memory("1Gi")})}, check: "limit range l", status: OK, works: true},
		"hostUsers dropped":         {prepare: dropping(func(p *corev1.Pod) { p.Spec.HostUsers = nil }), check: "profile userns", status: Fail, says: "drops hostUsers"},
		"procMount dropped":         {prepare: dropping(func(p *corev1.Pod) { p.Spec.Containers[0].SecurityContext = nil }), check: "profile userns", status: Fail, says: "drops procMount"},
		"host network":              {prepare: dropping(func(p *corev1.Pod) { p.Spec.HostNetwork = true }), check: "profile userns", status: Fail, says: "changed spec.hostNetwork"},
		"no right to exec":          {prepare: denying("create", "exec"), check: "right to create pods/exec", status: Fail},
		"no right to list events":   {prepare: denying("list", ""), check: "right to list events", status: Warn, works: true},
		"no right to list nodes":    {prepare: failing("list", "nodes"), check: "nodes", status: Unknown, works: true},
		"no right to list quotas":   {prepare: failing("list", "resourcequotas"), check: "quota", status: Unknown, works: true},
	} {
		t.Run(name, func(t *testing.T) {
			objects := healthy()
			for _, o := range c.objects {
				if _, ok := o.(*corev1.Node); ok {
					objects = objects[:1]
				}
			}
			client := fake.NewClientset(append(objects, c.objects...)...)
			onCreate(client, "selfsubjectaccessreviews", func(a clienttesting.CreateAction) (runtime.Object, error) {
				review := a.GetObject().(*authorizationv1.SelfSubjectAccessReview)
				review.Status.Allowed = true
				return review, nil
			})
			if c.prepare != nil {
				c.prepare(client)
			}
			v := cmp.Or(c.version, "v1.37.2")
			client.Discovery().(*fakediscovery.FakeDiscovery).FakedServerVersion = &version.Info{GitVersion: v}
			exam := &Exam{
				Client: client, Namespace: "ci", Candidates: []ProfilePod{userns()}, DefaultRequests: c.adjusts,
				ServerTime: func() time.Time { return time.Now().Add(c.skew) },
				Kubelet: func(context.Context, string, string) ([]byte, error) {
					if c.kubelet == "-" {
						return nil, errors.New("forbidden")
					}
					return []byte(cmp.Or(c.kubelet, "{}")), nil
				},
			}
			report, err := exam.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if works := len(report.Profiles) == 1; works != c.works {
				t.Errorf("profiles %q, want some: %v", report.Profiles, c.works)
			}
			for _, got := range report.Checks {
				if got.Name == c.check {
					if got.Status != c.status || !strings.Contains(got.Detail+got.Mend, c.says) {
						t.Errorf("%+v, want %s and %q", got, c.status, c.says)
					}
					return
				}
			}
			t.Errorf("no line %q in %+v", c.check, report.Checks)
		})
	}
}

func onCreate(client *fake.Clientset, kind string, do func(clienttesting.CreateAction) (runtime.Object, error)) {
	client.PrependReactor("create", kind, func(a clienttesting.Action) (bool, runtime.Object, error) {
		object, err := do(a.(clienttesting.CreateAction))
		return true, object, err
	})
}

// dropping makes the API server store the pod with a change.
func dropping(drop func(*corev1.Pod)) func(*fake.Clientset) {
	return func(client *fake.Clientset) {
		onCreate(client, "pods", func(a clienttesting.CreateAction) (runtime.Object, error) {
			pod := a.GetObject().(*corev1.Pod).DeepCopy()
			drop(pod)
			return pod, nil
		})
	}
}

// limiting makes the API server reject a request for more memory than limit.
func limiting(limit string) func(*fake.Clientset) {
	return func(client *fake.Clientset) {
		onCreate(client, "pods", func(a clienttesting.CreateAction) (runtime.Object, error) {
			pod := a.GetObject().(*corev1.Pod)
			if request := pod.Spec.Containers[0].Resources.Requests.Memory(); request.Cmp(resource.MustParse(limit)) > 0 {
				path := field.NewPath("spec", "containers").Index(0).Child("resources", "requests")
				return nil, apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, pod.Name, field.ErrorList{
					field.Invalid(path, request.String(), "must be less than or equal to memory limit of "+limit),
				})
			}
			return pod, nil
		})
	}
}

func denying(verb, sub string) func(*fake.Clientset) {
	return func(client *fake.Clientset) {
		onCreate(client, "selfsubjectaccessreviews", func(a clienttesting.CreateAction) (runtime.Object, error) {
			review := a.GetObject().(*authorizationv1.SelfSubjectAccessReview)
			attributes := review.Spec.ResourceAttributes
			review.Status.Allowed = attributes.Verb != verb || attributes.Subresource != sub
			return review, nil
		})
	}
}

func failing(verb, kind string) func(*fake.Clientset) {
	return func(client *fake.Clientset) {
		client.PrependReactor(verb, kind, func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, errors.New("forbidden") })
	}
}
