package session

import (
	"archive/tar"
	"fmt"
	"io"
	"strings"
)

// MountsDir is where the pod has its Secrets, each below its name.
const MountsDir = "/run/secrets/kubectl-img"

const loginDir = upload + "/login"

// The codes of a job that failed in phase login; its message is what is named here.
const (
	LoginNoHelper     = 10 // the program
	LoginNoMetadata   = 11 // how long it was waited for
	LoginWrongAccount = 12 // the address of the identity that the pod has
	LoginNoConfig     = 13 // the helper's last line
	LoginNoSecret     = 14 // the Secret
	LoginNoOpenSSL    = 15 // the registry
)

// PhaseLogin is the phase of a JobError whose registry login failed.
const PhaseLogin = "login"

// Login is what the engine's way to its registries takes. It holds secrets and prints none.
type Login struct {
	Config       []byte   // config.json, as far as the client knows it; nil for none
	Certificates []byte   // PEM, to be trusted besides the image's own
	Unverified   []string // registries whose certificates are trusted unseen
	Proxy        []string // KEY=VALUE
	Secrets      []string // names below MountsDir
	Google       []GoogleLogin
}

// GoogleLogin has a credential helper answer with the pod's Google identity.
type GoogleLogin struct {
	Helper  string // gcr, gcloud, or google for whichever the image has
	Account string // the identity's address, or AnyAccount or NamedAccount
	Hosts   []string
}

// What an identity may be where its address is not known.
const (
	AnyAccount   = "any"
	NamedAccount = "named" // any but the one that nodes have by default
)

// Format covers every verb of fmt.
func (l Login) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(registry login)") }

// MarshalText covers encoders.
func (l Login) MarshalText() ([]byte, error) { return []byte("(registry login)"), nil }

// write adds what the script refers to. Only the builder's user can read it.
func (l Login) write(w *tar.Writer) error {
	if err := writeDir(w, loginDir, 0o700); err != nil {
		return err
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{"config.json", l.Config}, {"ca.crt", l.Certificates}, {"proxy", l.proxies()}} {
		if len(f.content) == 0 {
			continue
		}
		if err := writeFile(w, loginDir+"/"+f.name, f.content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (l Login) proxies() []byte {
	var b strings.Builder
	for _, pair := range l.Proxy {
		key, value, _ := strings.Cut(pair, "=")
		b.WriteString("export " + key + "=" + quote(value) + "\n")
	}
	return []byte(b.String())
}

// script writes the login in the supervisor's terms; it names no secret.
func (l Login) script() string {
	var lines []string
	if len(l.Proxy) > 0 {
		lines = append(lines, ". "+loginDir+"/proxy")
	}
	if len(l.Certificates) > 0 || len(l.Unverified) > 0 {
		lines = append(lines, command("trust", l.Unverified...))
	}
	for _, g := range l.Google {
		lines = append(lines, command("login_google", g.Helper, g.Account, strings.Join(g.Hosts, ",")))
	}
	if l.Config != nil || len(l.Secrets) > 0 {
		lines = append(lines, command("merge_logins", l.Secrets...))
	}
	if lines == nil {
		return ""
	}
	return "login\n" + strings.Join(lines, "\n") + "\n"
}
