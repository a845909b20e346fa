package registryauth

import (
	"strings"
	"testing"
)

func TestLoginInMessage(t *testing.T) {
	logins := Logins{{Registry: Registry{Host: "gcr.io"}}, {Registry: Registry{Host: "eu.gcr.io"}}, {Registry: Registry{Host: "docker.io"}}, {Registry: Registry{Host: "r.example:5000"}}}
	for message, want := range map[string]string{
		"Head https://eu.gcr.io/v2/":                       "eu.gcr.io",
		"Head https://registry-1.docker.io/v2/library/a":   "docker.io",
		"docker.io/library/a:1: pull access denied":        "docker.io",
		"Get https://r.example:5000/v2/: no such host":     "r.example:5000",
		"dial tcp: lookup gcr.io on 1.1.1.1: no such host": "gcr.io",
		"unexpected response: 401 Unauthorized":            "",
	} {
		t.Run(message, func(t *testing.T) {
			if got, ok := logins.In(message); got.Host != want || ok != (want != "") {
				t.Errorf("%q", got.Host)
			}
		})
	}
}

func TestRefusedText(t *testing.T) {
	anonymous := Login{Registry: Registry{Host: "r.example"}, Method: none}
	text := anonymous.Rejected(Unauthorized, "401 Unauthorized", "").Error()
	if want := "pull from r.example anonymously: 401 Unauthorized: " + string(NoLogin); text != want {
		t.Errorf("%q, want %q", text, want)
	}
	pod := Login{Registry: Registry{Host: "gcr.io"}, Method: "gcr"}
	if text := pod.Rejected(Forbidden, "403", "a@b").Error(); !strings.Contains(text, "gcr.io as a@b through docker-credential-gcr: 403: "+string(Forbidden)) {
		t.Errorf("%q", text)
	}
}
