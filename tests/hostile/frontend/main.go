// Command frontend is a frontend that does no harm, for a # syntax= line: BuildKit's own for Dockerfiles, as an image.
package main

import (
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	"github.com/moby/buildkit/util/appcontext"
)

func main() {
	fmt.Fprintln(os.Stderr, "the foreign frontend runs")
	if err := grpcclient.RunFromEnvironment(appcontext.Context(), builder.Build); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
