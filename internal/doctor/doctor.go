// Package doctor finds out why images can't be built in a namespace. It changes nothing there.
package doctor

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/pod-security-admission/api"
)

// Status is the result of a check.
type Status string

// The statuses. A check that the user has no right to make is Unknown.
const (
	OK      Status = "ok"
	Warn    Status = "warn"
	Fail    Status = "fail"
	Unknown Status = "unknown"
)

// Check is one line of a report.
type Check struct {
	Name   string `json:"check"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"` // a command or a setting that helps
}

// Candidate is a profile and its builder pod.
type Candidate struct {
	Profile string
	Pod     *corev1.Pod
}

// Exam examines one namespace.
type Exam struct {
	Client     kubernetes.Interface
	Namespace  string
	Candidates []Candidate // from the most isolated profile to the least
	// DefaultRequests lists the resources for which the user has chosen no request. A build may lower these requests.
	DefaultRequests []corev1.ResourceName
	// ServerTime returns the current time by the API server's clock, or zero if the server does not send the time.
	ServerTime func() time.Time
	// Kubelet sends a GET request for path to a node's kubelet, through the API server.
	Kubelet func(ctx context.Context, node, path string) ([]byte, error)
}

// Report is the result of an exam.
type Report struct {
	Checks []Check `json:"checks"`
	// Profiles lists the profiles that can work, from the most isolated to the least.
	Profiles []string `json:"profiles"`

	user     identity
	enforced api.Level // by the namespace; empty if unknown
}

// Add appends a check; format and args make its detail.
func (r *Report) Add(name string, status Status, mend, format string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, Status: status, Mend: mend, Detail: fmt.Sprintf(format, args...)})
}

// Run sends requests to the API server and creates nothing. It returns an error if the API server can't be reached.
func (e *Exam) Run(ctx context.Context) (*Report, error) {
	r := &Report{Profiles: []string{}}
	if err := e.server(r); err != nil {
		return nil, err
	}
	e.clock(r)
	r.user = e.whoami(ctx)
	mayBuild := e.rights(ctx, r)
	e.level(ctx, r)
	e.quota(ctx, r)
	e.limits(ctx, r)
	e.admission(ctx, r, mayBuild)
	e.nodes(ctx, r)
	return r, nil
}
