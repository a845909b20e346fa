package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// clockSkewLimit is how far apart two clocks may be before tokens and certificates count as expired or as not yet valid.
const clockSkewLimit = 30 * time.Second

// server checks the API server's version.
func (e *Exam) server(r *Report) error {
	info, err := e.Client.Discovery().ServerVersion()
	if err != nil {
		return fmt.Errorf("ask the API server's version: %w", err)
	}
	v, err := version.ParseGeneric(info.GitVersion)
	switch {
	case err != nil:
		r.Add("API server", Unknown, "", "version %q", info.GitVersion)
	case v.LessThan(version.MustParseGeneric("1.33")):
		r.Add("API server", Warn, "upgrade to Kubernetes 1.33, or use --profile localhost",
			"%s: user namespaces, which profile userns asks for, are off by default before 1.33", info.GitVersion)
	default:
		r.Add("API server", OK, "", "%s", info.GitVersion)
	}
	return nil
}

// clock compares this machine's time with the API server's, which has a resolution of a second.
func (e *Exam) clock(r *Report) {
	serverTime := e.ServerTime()
	if serverTime.IsZero() {
		r.Add("clock", Unknown, "", "the API server does not send its time")
		return
	}
	skew := time.Since(serverTime).Round(time.Second)
	if skew.Abs() > clockSkewLimit {
		r.Add("clock", Warn, "sudo timedatectl set-ntp true", "%s apart from the API server's: tokens and certificates may be refused", skew.Abs())
		return
	}
	r.Add("clock", OK, "", "within %s of the API server's", clockSkewLimit)
}

// identity is the user as the API server knows it.
type identity struct{ name string }

// whoami returns an empty identity if the API server does not report one.
func (e *Exam) whoami(ctx context.Context) identity {
	review, err := e.Client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return identity{}
	}
	return identity{review.Status.UserInfo.Username}
}

// flag returns the flag of kubectl create rolebinding that names the user.
func (i identity) flag() string {
	if account, ok := strings.CutPrefix(i.name, "system:serviceaccount:"); ok {
		return "--serviceaccount=" + account
	}
	if i.name == "" {
		return "--user=USER"
	}
	return "--user='" + strings.ReplaceAll(i.name, "'", `'\''`) + "'"
}
