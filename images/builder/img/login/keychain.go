// Package login hands registry logins from the first process to the engine: they are in no file and no variable that a build step could find.
package login

import (
	"context"
	"fmt"
	"io"
	"net/rpc"
	"time"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/types"
	"github.com/moby/buildkit/session/auth/authprovider"
)

// fresh is how long a login from a credential helper is used. Google's are valid for at least five minutes.
const fresh = 4*time.Minute + 50*time.Second

// Keychain answers from Docker's configuration, and its credential helpers.
type Keychain struct {
	logins authprovider.AuthConfigProvider
}

// Get looks a registry up.
func (k *Keychain) Get(host string, login *types.AuthConfig) error {
	expired := func(created time.Time, _ string) bool { return time.Since(created) > fresh }
	found, err := k.logins(context.Background(), host, nil, expired)
	if err != nil {
		return fmt.Errorf("error getting credentials for %s: %w", host, err)
	}
	*login = found
	return nil
}

// Serve answers on a connection until it is closed.
func Serve(connection io.ReadWriteCloser, warnings io.Writer) {
	server := rpc.NewServer()
	keychain := &Keychain{authprovider.LoadAuthConfig(config.LoadDefaultConfigFile(warnings))}
	if err := server.Register(keychain); err == nil {
		server.ServeConn(connection)
	}
}

// From asks on a connection that is served.
func From(connection io.ReadWriteCloser) authprovider.AuthConfigProvider {
	client := rpc.NewClient(connection)
	return func(_ context.Context, host string, _ []string, _ authprovider.ExpireCachedAuthCheck) (types.AuthConfig, error) {
		var login types.AuthConfig
		err := client.Call("Keychain.Get", host, &login)
		return login, err
	}
}
