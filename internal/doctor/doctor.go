// Package doctor says why images can't be built in a namespace, without changing anything there.
package doctor

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/pod-security-admission/api"
)

// Status is what a check came to.
type Status string

// The statuses. What the user may not see is unknown, and no failure.
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
	Mend   string `json:"mend,omitempty"` // a command, or a setting
}

// Candidate is the builder pod of a profile.
type Candidate struct {
	Profile string
	Pod     *corev1.Pod
}

// Exam is what is looked at.
type Exam struct {
	Client     kubernetes.Interface
	Namespace  string
	Candidates []Candidate // from the most isolated profile to the least
	// ServerTime is the time of the API server's last answer; zero if it gave none.
	ServerTime func() time.Time
	// Kubelet returns the answer of a node's kubelet to a path.
	Kubelet func(ctx context.Context, node, path string) ([]byte, error)
}

// Report is what an exam found.
type Report struct {
	Checks []Check `json:"checks"`
	// Profiles are those that can work, as far as is known, from the most isolated to the least.
	Profiles []string `json:"profiles"`

	user     identity
	enforced api.Level // of the namespace; empty where it is not known
}

// Add appends a line.
func (r *Report) Add(name string, status Status, mend, format string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, Status: status, Mend: mend, Detail: fmt.Sprintf(format, args...)})
}

// Run asks the API server, and creates nothing. An error means that it could not be asked at all.
func (e *Exam) Run(ctx context.Context) (*Report, error) {
	r := &Report{Profiles: []string{}}
	if err := e.server(r); err != nil {
		return nil, err
	}
	e.clock(r)
	r.user = e.whoami(ctx)
	allowed := e.rights(ctx, r)
	e.level(ctx, r)
	e.quota(ctx, r)
	e.limits(ctx, r)
	e.admission(ctx, r, allowed)
	e.nodes(ctx, r)
	return r, nil
}
