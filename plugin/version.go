package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
)

// What the linker stamps in; a plain `go build` leaves a development version.
var (
	// Version is the release, without a leading v.
	Version = "0.0.0-dev"
	// Commit is the revision the binary was built from.
	Commit = "unknown"
	// BuilderImage is the default of --image; empty for the released image of Version.
	BuilderImage = ""
)

const (
	builderRepository = "ghcr.io/kubectl-img/builder"
	outputYAML        = "yaml"
	// versionLimit is how long a server may take to answer.
	versionLimit = 10 * time.Second
)

const versionExample = `  # The plugin, the cluster's API server, and the image that builds run in
  kubectl img version

  # The plugin alone; no server is asked
  kubectl img version --client

  # For a script
  kubectl img version -o json | jq -r .clientVersion.gitVersion`

func defaultImage() string {
	if BuilderImage != "" {
		return BuilderImage
	}
	return builderRepository + ":" + Version
}

// versions is what `version -o json` prints. The keys are kubectl's where kubectl has them.
type versions struct {
	ClientVersion clientVersion `json:"clientVersion"`
	ServerVersion *version.Info `json:"serverVersion,omitempty"`
	BuilderImage  string        `json:"builderImage"`
}

type clientVersion struct {
	GitVersion string `json:"gitVersion"`
	GitCommit  string `json:"gitCommit"`
	GoVersion  string `json:"goVersion"`
	Platform   string `json:"platform"`
}

// versionFlags holds what the user typed.
type versionFlags struct {
	client bool
	output string
}

func newVersionCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &versionFlags{}
	cmd := &cobra.Command{
		Use: "version [flags]", Short: "Print the version of the plugin and of the server", Example: versionExample, Args: noArguments,
		Annotations: complete.ReadsEnvironment(), ValidArgsFunction: complete.Nothing,
		Long: "Print the version of the plugin and of the cluster's API server, and the image that\nbuilds run in. A server that is too old or too new gets a warning.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.output != "" && o.output != outputJSON && o.output != outputYAML {
				return cli.InvalidValue("--output", o.output, errors.New("want json or yaml")).WithHint(cmd.CommandPath() + " --help")
			}
			// Only kubectl's flags: KUBECTL_IMG_OUTPUT is about builds.
			if _, _, err := p.Env.Apply(cmd.InheritedFlags()); err != nil {
				return err
			}
			return o.run(cmd.Context(), p, config)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&o.client, "client", false, "Do not ask the server")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "`FORMAT` for programs, json or yaml")
	complete.Table{"output": complete.Words(outputJSON, outputYAML)}.Register(cmd)
	return cmd
}

// run prints what is known. It fails afterwards if the server does not answer.
func (o *versionFlags) run(ctx context.Context, p cli.Process, config genericclioptions.RESTClientGetter) error {
	v := versions{
		ClientVersion: clientVersion{Version, Commit, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH},
		BuilderImage:  p.BuilderImage,
	}
	if image, _ := p.Env.Lookup(cli.Variable("image")); image != "" {
		v.BuilderImage = image
	}
	var unknown error
	if !o.client {
		v.ServerVersion, unknown = serverVersion(ctx, config)
	}
	if err := v.print(p, o.output); err != nil {
		return err
	}
	if v.ServerVersion != nil {
		if warning := skew(v.ServerVersion.GitVersion); warning != "" {
			_, _ = fmt.Fprintln(p.Streams.ErrOut, "warning: "+cli.OneLine(warning))
		}
	}
	return unknown
}

// serverVersion asks the API server for its version.
func serverVersion(ctx context.Context, config genericclioptions.RESTClientGetter) (*version.Info, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, versionLimit, errNoVersion)
	defer cancel()
	read, err := config.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	client, err := discovery.NewDiscoveryClientForConfig(read)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	answer, err := client.RESTClient().Get().AbsPath("/version").Do(ctx).Raw()
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("ask the API server's version: %w", err)
	}
	info := &version.Info{}
	if err := json.Unmarshal(answer, info); err != nil {
		return nil, fmt.Errorf("ask the API server's version: %w", err)
	}
	return info, nil
}

func (v versions) print(p cli.Process, format string) (err error) {
	var text []byte
	switch format {
	case outputJSON:
		text, err = json.MarshalIndent(v, "", "  ")
		text = append(text, '\n')
	case outputYAML:
		text, err = yaml.Marshal(v)
	default:
		c := v.ClientVersion
		text = fmt.Appendf(nil, "kubectl img %s (commit %s)\nbuilt with: %s for %s\n", c.GitVersion, c.GitCommit, c.GoVersion, c.Platform)
		if v.ServerVersion != nil {
			text = fmt.Appendf(text, "server: %s\n", cli.OneLine(v.ServerVersion.GitVersion))
		}
		text = fmt.Appendf(text, "builder image: %s\n", cli.OneLine(v.BuilderImage))
	}
	if err != nil {
		return err
	}
	_, err = p.Streams.Out.Write(text)
	return err
}
