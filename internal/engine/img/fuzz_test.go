package img

import (
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// FuzzDiagnose checks that every text gets one of the causes with a part of its own words, or none, and that a failed RUN step gets none.
func FuzzDiagnose(f *testing.F) {
	for _, seed := range []string{
		"unexpected status: 401 Unauthorized", "failed to do request: Head \"https://r/v2/\": dial tcp: lookup r: no such host", "failed to authorize: x509: certificate has expired",
		"executor failed running [/bin/sh -c curl r]: pull access denied 403", "unexpected response: 403 token EXPIRED", "error getting credentials - err: exec: \"x\": executable file not found in $PATH",
		"rpc error: code = Unknown desc = failed to solve: failed to load cache key: unexpected status 401.", "server message: insufficient_scope: authorization failed", "proxyconnect tcp: EOF", "", "401",
	} {
		f.Add(seed)
	}
	known := map[registryauth.Cause]bool{registryauth.Expired: true, registryauth.NotFound: true}
	for _, c := range causes() {
		known[c.cause] = true
	}
	f.Fuzz(func(t *testing.T, words string) {
		d := Img{}.Diagnose(words)
		cause, detail := d.Registry, d.Detail
		switch {
		case cause == "" && detail != "":
			t.Errorf("no cause, but detail %q", detail)
		case cause == "":
			return
		case !known[cause]:
			t.Errorf("cause %q", cause)
		case !strings.Contains(words, detail):
			t.Errorf("detail %q is no part of the text", detail)
		case containsAny(words, stepFailed, oldStepFailed):
			t.Error("the output of a RUN step is taken for a registry's answer")
		}
		login := registryauth.Login{Registry: registryauth.Registry{Host: "r"}, Method: "none"}
		if text := login.Rejected(cause, detail, "").Error(); !strings.HasPrefix(text, "pull from r anonymously: ") {
			t.Errorf("error %q", text)
		}
	})
}
