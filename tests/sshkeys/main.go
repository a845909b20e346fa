// Command sshkeys is run by a build step. It prints the public keys of the agent that the step can reach, and has the agent sign with each.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	connection, err := (&net.Dialer{}).DialContext(context.Background(), "unix", os.Getenv("SSH_AUTH_SOCK"))
	if err != nil {
		return err
	}
	defer connection.Close()
	client := agent.NewClient(connection)
	keys, err := client.List()
	if err != nil {
		return err
	}
	for _, key := range keys {
		signature, err := client.Sign(key, []byte("data"))
		if err != nil {
			return err
		}
		if err := key.Verify([]byte("data"), signature); err != nil {
			return err
		}
		fmt.Fprintln(out, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))))
	}
	return nil
}
