// Command forged is a frontend that attacks the engine which runs it, in place of building an image. It prints whether each attack succeeded.
// The ones whose names begin with "allowed" ask for what a frontend may have, by the same calls.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/appcontext"
)

func main() {
	ctx, b, err := connect(appcontext.Context())
	if err == nil {
		err = b.Run(ctx, func(ctx context.Context, _ client.Client) (*client.Result, error) { return b.attackAll(ctx) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// attackAll returns a state that prints done, and then waits until the build is stopped.
func (b *bridge) attackAll(ctx context.Context) (*client.Result, error) {
	for _, group := range [][]attack{containers(), steps(), descriptors(), sources(), services()} {
		for _, a := range group {
			err := b.attempt(ctx, a)
			fmt.Fprintf(os.Stderr, "attack %s %v: %s\n", a.name, err == nil, oneLine(err))
		}
	}
	for _, a := range writes() {
		fmt.Fprintf(os.Stderr, "tried %s: %s\n", a.name, oneLine(b.attempt(ctx, a)))
	}
	return nil, b.ends(ctx, b.shell.Run(llb.Args([]string{"sh", "-c", "echo begun-$((40+2)); sleep 1000"})).Root())
}

func (b *bridge) attempt(ctx context.Context, a attack) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return a.try(ctx, b)
}

func oneLine(err error) string {
	if err == nil {
		return "no error"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
