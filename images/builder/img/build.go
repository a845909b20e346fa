package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/cmd/buildctl/build"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
	"github.com/kubectl-img/kubectl-img/images/builder/img/login"
	"github.com/kubectl-img/kubectl-img/images/builder/img/namespace"
)

func newBuild(g *global) *cobra.Command {
	_, cmd := buildCommand(g)
	return cmd
}

func buildCommand(g *global) (*buildOptions, *cobra.Command) {
	b := &buildOptions{}
	cmd := &cobra.Command{
		Use: "build [OPTIONS] PATH|URL|-", Short: "Build an image from a Dockerfile", Args: cobra.ExactArgs(1),
		PreRunE: func(*cobra.Command, []string) error { return b.check() },
		RunE:    inEngine(g, func(ctx context.Context, args []string) error { return b.run(ctx, g, args[0]) }),
	}
	f := cmd.Flags()
	f.StringVarP(&b.file, "file", "f", "", "Dockerfile (default PATH/Dockerfile), - for stdin")
	f.StringArrayVarP(&b.tags, "tag", "t", nil, "name of the image, as NAME:TAG (repeatable)")
	f.StringVar(&b.target, "target", "", "stage to build")
	f.StringSliceVar(&b.platforms, "platform", nil, "platforms to build for")
	f.StringArrayVar(&b.buildArgs, "build-arg", nil, "KEY=VALUE for an ARG (repeatable)")
	f.StringArrayVar(&b.labels, "label", nil, "KEY=VALUE of the image (repeatable)")
	f.StringArrayVar(&b.contexts, "build-context", nil, "NAME=PATH or NAME=URL of a further context (repeatable)")
	f.StringArrayVar(&b.hosts, "add-host", nil, "HOST:IP for /etc/hosts of the steps (repeatable)")
	f.StringArrayVar(&b.secrets, "secret", nil, "id=ID,src=FILE or id=ID,env=NAME for RUN --mount=type=secret (repeatable)")
	f.StringArrayVar(&b.ssh, "ssh", nil, "default, or ID=SOCKET|KEY, for RUN --mount=type=ssh (repeatable)")
	f.StringArrayVarP(&b.outputs, "output", "o", nil, "result, as type=TYPE,dest=PATH (repeatable)")
	f.StringArrayVar(&b.cacheFrom, "cache-from", nil, "image, or type=TYPE,KEY=VALUE, to take cache from (repeatable)")
	f.StringArrayVar(&b.cacheTo, "cache-to", nil, "image, or type=TYPE,KEY=VALUE, to store cache in (repeatable)")
	f.StringArrayVar(&b.annotations, "annotation", nil, "KEY=VALUE for the image's manifest (repeatable)")
	f.StringArrayVar(&b.ulimits, "ulimit", nil, "NAME=SOFT[:HARD] for the steps (repeatable)")
	f.Int64Var(&b.shmSize, "shm-size", 0, "size of /dev/shm in the steps, in bytes (default 64 MiB)")
	f.BoolVar(&b.noCache, "no-cache", false, "run every step")
	f.StringSliceVar(&b.noCacheFilter, "no-cache-filter", nil, "stages of which every step runs")
	f.BoolVar(&b.pull, "pull", false, "ask the registry for the current base images")
	f.BoolVar(&b.noConsole, "no-console", false, "print plain text, on a terminal too")
	f.StringVar(&b.statusFile, "status-file", os.Getenv("IMG_STATUS_FILE"), "write BuildKit's status to this file, a JSON object a line")
	f.StringVar(&b.iidFile, "iidfile", "", "write the image's id to this file")
	f.StringVar(&b.metadataFile, "metadata-file", "", "write what is known of the result to this file, as JSON")
	f.StringArrayVar(&b.frontends, "frontends", nil, "images that a # syntax= line may name, separated by commas, or none (repeatable: each list and IMG_FRONTENDS restrict)")
	return b, cmd
}

// run builds. contextArg is a directory, a URL, or - for stdin.
func (b *buildOptions) run(ctx context.Context, g *global, contextArg string) (err error) {
	logins := authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: login.From(namespace.Connection()),
	})
	frontends, err := engine.ParseFrontends(append(b.frontends, os.Getenv("IMG_FRONTENDS"))...)
	if err != nil {
		return err
	}
	input, err := openInput(ctx, contextArg, b.file, b.contexts)
	if err != nil {
		return err
	}
	defer input.remove()
	solve, err := b.solve(input)
	if err != nil {
		return err
	}
	if solve.Session, err = b.attachables(logins); err != nil {
		return err
	}
	status, err := openReport(b.statusFile)
	if err != nil {
		return err
	}
	digest, err := openReport(os.Getenv("IMG_DIGEST_FILE"))
	if err != nil {
		return err
	}
	e, err := g.open(ctx, engine.Options{
		ProcessBox: len(g.slots) == 0 && namespace.OwnProc(), Contexts: input.dirs, Frontends: frontends,
	}, append(input.keep(), b.results()...)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.DropContexts(ctx); err != nil {
		return err
	}
	response, err := show(ctx, status, e.Log, b.noConsole, func(ctx context.Context, updates chan *client.SolveStatus) (*client.SolveResponse, error) {
		return e.Solve(ctx, nil, solve, updates)
	})
	if err != nil {
		return err
	}
	return b.writeFiles(response.ExporterResponse, digest)
}

// solve is the build in BuildKit's terms.
func (b *buildOptions) solve(in *input) (client.SolveOpt, error) {
	exports, err := b.exports()
	if err != nil {
		return client.SolveOpt{}, err
	}
	from, err := build.ParseImportCache(asRegistry(b.cacheFrom))
	if err != nil {
		return client.SolveOpt{}, err
	}
	to, err := build.ParseExportCache(asRegistry(b.cacheTo))
	if err != nil {
		return client.SolveOpt{}, err
	}
	if len(to) == 0 && len(exports) == 1 && exports[0].Type == client.ExporterImage && !b.fixedTime() {
		// An image is its own cache, as ever, unless it is to come out the same each time: this cache has the time of each step.
		to = []client.CacheOptionsEntry{{Type: "inline"}}
	}
	stores, err := in.stores()
	if err != nil {
		return client.SolveOpt{}, err
	}
	return client.SolveOpt{
		Frontend: "dockerfile.v0", FrontendAttrs: b.attributes(in), Exports: exports, CacheImports: from, CacheExports: to, OCIStores: stores,
		SharedKey: identity.NewID(), // BuildKit must never take this context for an earlier one
	}, nil
}

// attachables are read before the directories they come from are hidden.
func (b *buildOptions) attachables(logins session.Attachable) ([]session.Attachable, error) {
	all := []session.Attachable{logins}
	if len(b.secrets) > 0 {
		secrets, err := secretsInMemory(b.secrets)
		if err != nil {
			return nil, err
		}
		all = append(all, secrets)
	}
	if len(b.ssh) > 0 {
		configs, err := build.ParseSSH(b.ssh)
		if err != nil {
			return nil, err
		}
		agent, err := sshprovider.NewSSHAgentProvider(configs)
		if err != nil {
			return nil, err
		}
		all = append(all, agent)
	}
	return all, nil
}

// results are the paths that are written to.
func (b *buildOptions) results() []string {
	var paths []string
	for _, path := range []string{b.iidFile, b.metadataFile} {
		if path != "" {
			paths = append(paths, filepath.Dir(path))
		}
	}
	return append(paths, b.outputDirs...)
}

func (b *buildOptions) writeFiles(response map[string]string, to io.Writer) error {
	if b.iidFile != "" {
		if err := os.WriteFile(b.iidFile, []byte(response["containerimage.config.digest"]), 0o644); err != nil {
			return err
		}
	}
	if b.metadataFile != "" {
		if err := writeMetadata(b.metadataFile, response); err != nil {
			return err
		}
	}
	digest := response["containerimage.digest"]
	if digest == "" {
		return nil
	}
	fmt.Fprintf(os.Stderr, "Successfully built %s@%s\n", firstName(b.tags), digest)
	if !b.stored { // an archive has a digest of its own
		return nil
	}
	_, err := fmt.Fprintln(to, digest)
	return err
}
