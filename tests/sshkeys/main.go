// Command sshkeys is run by a build step. It prints the public keys of the agent that the step can reach, and has the agent sign with each.
package main

import (
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	connection, err := net.Dial("unix", os.Getenv("SSH_AUTH_SOCK"))
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
		fmt.Println(strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))))
	}
	return nil
}
