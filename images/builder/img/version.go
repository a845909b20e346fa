package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

// abilities are what a plugin may ask of this program, by the names of flags and of what else it does. genuinetools/img has none of them.
var abilities = []string{
	"add-host", "annotation", "build-context", "frontends", "hide", "iidfile", "metadata-file", "mirror", "no-cache-filter", "oci-layout", "outputs",
	"plain-http", "platforms", "pull", "receive", "runc", "secret", "shm-size", "slots", "ssh", "status-file", "ulimit", "unshare", "url",
}

func newVersion() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "version", Short: "Show the versions of img and BuildKit", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !asJSON {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "img version "+release())
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{
				"name": "kubectl-img/img", "version": version, "buildkit": buildkit(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
				"abilities": abilities,
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, with what this version is able to do")
	return cmd
}

func release() string { return fmt.Sprintf("%s (kubectl-img), BuildKit %s", version, buildkit()) }

// buildkit is the version of the module that was compiled in.
func buildkit() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/moby/buildkit" {
			return module.Version
		}
	}
	return "unknown"
}
