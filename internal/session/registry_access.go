package session

import (
	"archive/tar"
	"fmt"
	"io"
	"strings"
)

// MountsDir is the pod's directory of mounted Secrets, each in a directory of its name.
const MountsDir = "/run/secrets/kubectl-img"

const loginDir = upload + "/login"

// PhaseLogin is the phase of a JobError from the registry login.
const PhaseLogin = "login"

// The codes of a JobError of phase login, and the content of its message.
const (
	LoginNoHelper     = 10 // the program that is missing
	LoginNoIdentity   = 11 // how long the job waited
	LoginWrongAccount = 12 // the address of the pod's identity
	LoginNoConfig     = 13 // the last line of the helper's output
	LoginNoSecret     = 14 // the Secret
	LoginNoOpenSSL    = 15 // the registry
)

// RegistryAccess is what the engine needs to reach its registries. It holds secrets, and prints none of them.
type RegistryAccess struct {
	Config       []byte   // the client's part of config.json; nil for none
	Certificates []byte   // PEM, trusted besides those of the builder image
	Unverified   []string // registries that are trusted with any certificate
	Proxy        []string // KEY=VALUE
	Secrets      []string // names of directories in MountsDir
	Clouds       []CloudLogin
}

// CloudLogin makes a credential helper log in with the pod's identity in a cloud.
type CloudLogin struct {
	Cloud   string // the job calls the function login_CLOUD of the supervisor
	Helper  string // its first argument
	Account string // the address that the identity must have, or AnyAccount or NamedAccount
	Hosts   []string
}

// Accounts for an identity whose address is not known.
const (
	AnyAccount   = "any"
	NamedAccount = "named" // any but the one that nodes have by default
)

// Format prints a placeholder for every verb of fmt.
func (RegistryAccess) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(registry login)") }

// MarshalText prints a placeholder.
func (RegistryAccess) MarshalText() ([]byte, error) { return []byte("(registry login)"), nil }

// write writes the files that the script refers to. Only the builder's user can read them.
func (a RegistryAccess) write(w *tar.Writer) error {
	if err := writeDir(w, loginDir, 0o700); err != nil {
		return err
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{"config.json", a.Config}, {"ca.crt", a.Certificates}, {"proxy", a.proxyScript()}} {
		if len(f.content) == 0 {
			continue
		}
		if err := writeFile(w, loginDir+"/"+f.name, f.content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (a RegistryAccess) proxyScript() []byte {
	var b strings.Builder
	for _, pair := range a.Proxy {
		key, value, _ := strings.Cut(pair, "=")
		b.WriteString("export " + key + "=" + quote(value) + "\n")
	}
	return []byte(b.String())
}

// script returns the job's commands for the login. It contains no secret.
func (a RegistryAccess) script() string {
	var lines []string
	if len(a.Proxy) > 0 {
		lines = append(lines, ". "+loginDir+"/proxy")
	}
	if len(a.Certificates) > 0 || len(a.Unverified) > 0 {
		lines = append(lines, command("trust", a.Unverified...))
	}
	for _, c := range a.Clouds {
		lines = append(lines, command("login_"+c.Cloud, c.Helper, c.Account, strings.Join(c.Hosts, ",")))
	}
	if a.Config != nil || len(a.Secrets) > 0 {
		lines = append(lines, command("merge_logins", a.Secrets...))
	}
	if lines == nil {
		return ""
	}
	return "login\n" + strings.Join(lines, "\n") + "\n"
}
