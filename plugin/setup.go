package plugin

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/deploy"
	"github.com/kubectl-img/kubectl-img/internal/buildflags"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const setupLong = `Print what a namespace needs before images can be built in it, for kubectl apply. Nothing is changed by itself.

With --namespace: the Namespace with the Pod Security level that the profile passes, a ServiceAccount, and a Role and RoleBinding with the
rights that a build takes. With --profiles: what puts the seccomp profile on the nodes. With both: both.
Profile stock needs nothing on the nodes.`

const setupExample = `  # A namespace in which jane may build, and the seccomp profile for the nodes
  kubectl img setup -n ci --user jane --profiles | kubectl apply -f -

  # A namespace for a pipeline of namespace jenkins
  kubectl img setup -n ci --serviceaccount jenkins:agent | kubectl apply -f -

  # On GKE, with the commands that let builds push to Artifact Registry
  kubectl img setup -n ci --user jane --gke my-project \
    --registry europe-west1-docker.pkg.dev/my-project/images`

// How --profiles brings the seccomp profile to the nodes.
const (
	byInstaller = "installer"
	byOperator  = "operator"
)

// setupFlags holds what the user typed, unread.
type setupFlags struct {
	profile         string
	users           []string
	groups          []string
	serviceAccounts []string
	account         string
	gke             string
	registry        string
	profiles        string
	apparmor        bool
	image           string
	kubeletDir      string
	pullSecret      string

	config *genericclioptions.ConfigFlags
	shared *pflag.FlagSet // the flags that mean the same to build; the environment sets no others
}

// setupPlan is what is printed. A part that is not printed is nil.
type setupPlan struct {
	profiles *deploy.NodeProfiles
	builds   *deploy.BuildNamespace
}

func newSetupCommand(p cli.Process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &setupFlags{config: config}
	cmd := &cobra.Command{
		Use: "setup [flags]", Short: "Print the manifests that a namespace and the nodes need", Long: setupLong, Example: setupExample, Args: noArguments,
		Annotations: complete.ReadsEnvironment(), ValidArgsFunction: complete.Nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, flags := range []*pflag.FlagSet{o.shared, cmd.InheritedFlags()} {
				if _, _, err := p.Env.Apply(flags); err != nil {
					return err
				}
			}
			plan, err := o.plan()
			if err != nil {
				return err
			}
			return plan.print(p.Streams.Out)
		},
	}
	o.add(cmd.Flags(), p.BuilderImage)
	o.complete(cmd, complete.Cluster{Env: p.Env, Kubeconfig: config})
	usedMost(cmd, "profile", "user", "group", "serviceaccount", "profiles", "gke")
	return cmd
}

func (o *setupFlags) add(flags *pflag.FlagSet, defaultImage string) {
	flags.SortFlags = false
	flags.StringVar(&o.profile, "profile", string(podspec.UserNS), "`PROFILE` that the namespace is for: "+buildflags.ProfileNames(podspec.Profiles()))
	flags.StringArrayVar(&o.users, "user", nil, "User `NAME` who may build (repeatable)")
	flags.StringArrayVar(&o.groups, "group", nil, "Group `NAME` whose members may build (repeatable)")
	flags.StringArrayVar(&o.serviceAccounts, "serviceaccount", nil, "Service `ACCOUNT` NAMESPACE:NAME that may build (repeatable; default kubectl-img in the namespace)")
	flags.StringVar(&o.profiles, "profiles", "", "Print what puts the seccomp profile on the nodes; `WAY` is installer or operator (Security Profiles Operator)")
	flags.Lookup("profiles").NoOptDefVal = byInstaller
	flags.BoolVar(&o.apparmor, "apparmor", false, "With --profiles: print what loads the AppArmor profile too")
	flags.StringVar(&o.image, "image", defaultImage, "`REFERENCE` of the builder image, which the installer runs in")
	flags.StringVar(&o.pullSecret, "image-pull-secret", "", "Secret `NAME` in namespace kubectl-img to pull the builder image with")
	flags.StringVar(&o.kubeletDir, "kubelet-dir", deploy.KubeletDir, "The kubelet's directory `PATH` on the nodes")
	flags.StringVar(&o.gke, "gke", "", "Print the commands for Workload Identity; `PROJECT` is the cluster's Google Cloud project")
	flags.StringVar(&o.registry, "registry", "", "With --gke: `HOST[/PROJECT/REPOSITORY]` of Artifact Registry")
	flags.StringVar(&o.account, "service-account", "builder", "With --gke: service account `NAME` of the builder pods")
	o.shared = pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, name := range []string{"profile", "image", "service-account"} {
		o.shared.AddFlag(flags.Lookup(name))
	}
}

func (*setupFlags) complete(cmd *cobra.Command, cluster complete.Cluster) {
	flags := complete.Table{
		"profile": complete.Profiles(), "profiles": complete.Words(byInstaller, byOperator), "service-account": cluster.Objects("serviceaccounts", ""),
	}
	// The Secret is in a namespace that --profiles creates, so the cluster does not have it yet.
	for name := range strings.FieldsSeq("user group serviceaccount image image-pull-secret kubelet-dir gke registry") {
		flags[name] = complete.Nothing
	}
	flags.Register(cmd)
}

// plan reads and checks everything.
func (o *setupFlags) plan() (*setupPlan, error) {
	plan := &setupPlan{}
	var err error
	if plan.profiles, err = o.readProfiles(); err != nil {
		return nil, err
	}
	if plan.profiles != nil && podspec.Profile(o.profile).SeparatesSteps() {
		return nil, cli.Usagef("--profiles has no effect with --profile %s, for which there is nothing to install on the nodes", o.profile).WithHint("leave it out")
	}
	if given := o.config.Namespace; given != nil && *given != "" {
		plan.builds, err = o.readBuilds(*given)
		return plan, err
	}
	if plan.profiles == nil {
		// The labels of the namespace change, so the kubeconfig must not choose it.
		return nil, cli.Usagef("setup wants a namespace").WithHint("kubectl img setup -n NAME, or kubectl img setup --profiles for the nodes alone")
	}
	return plan, nil
}

func (o *setupFlags) readProfiles() (*deploy.NodeProfiles, error) {
	switch o.profiles {
	case "":
		if o.apparmor {
			return nil, cli.Usagef("--apparmor has no effect without --profiles").WithHint("--profiles --apparmor")
		}
		return nil, nil
	case byInstaller, byOperator:
	default:
		return nil, cli.InvalidValue("--profiles", o.profiles, errors.New("want installer or operator"))
	}
	if !path.IsAbs(o.kubeletDir) || path.Clean(o.kubeletDir) == "/" {
		return nil, cli.InvalidValue("--kubelet-dir", o.kubeletDir, errors.New("want an absolute path"))
	}
	if msgs := validation.IsDNS1123Subdomain(o.pullSecret); o.pullSecret != "" && len(msgs) > 0 {
		return nil, cli.InvalidValue("--image-pull-secret", o.pullSecret, errors.New(msgs[0]))
	}
	return &deploy.NodeProfiles{
		Image: o.image, PullSecret: o.pullSecret, KubeletDir: path.Clean(o.kubeletDir), Operator: o.profiles == byOperator, AppArmor: o.apparmor,
	}, nil
}

func (o *setupFlags) readBuilds(namespace string) (*deploy.BuildNamespace, error) {
	if msgs := validation.IsDNS1123Label(namespace); len(msgs) > 0 {
		return nil, cli.InvalidValue("--namespace", namespace, errors.New(msgs[0]))
	}
	profile := podspec.Profile(o.profile)
	if o.profile == buildflags.ProfileAuto {
		profile = podspec.UserNS // build tries it first, and the next profiles pass the same level
	}
	if !slices.Contains(podspec.Profiles(), profile) {
		return nil, cli.InvalidValue("--profile", o.profile, fmt.Errorf("want one of %s", buildflags.ProfileNames(podspec.Profiles())))
	}
	builds := &deploy.BuildNamespace{Namespace: namespace, Profile: string(profile)}
	var err error
	builds.NothingOnNodes = profile.SeparatesSteps()
	if builds.Level, err = podSecurityLevel(profile); err != nil {
		return nil, err
	}
	if builds.Subjects, err = readSubjects(o.users, o.groups, o.serviceAccounts, namespace); err != nil {
		return nil, err
	}
	if builds.Google, err = readGoogle(o.gke, o.registry, o.account, namespace); err != nil {
		return nil, err
	}
	builds.ServiceAccounts = accountsToCreate(builds)
	return builds, nil
}

// accountsToCreate are the service accounts of the namespace itself.
func accountsToCreate(builds *deploy.BuildNamespace) []string {
	var names []string
	for _, s := range builds.Subjects {
		if s.Kind == kindServiceAccount && s.Namespace == builds.Namespace {
			names = append(names, s.Name)
		}
	}
	if builds.Google != nil {
		names = append(names, builds.Google.Account)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// podSecurityLevel returns the strictest level that the pod of a profile passes.
func podSecurityLevel(profile podspec.Profile) (string, error) {
	pod, err := podspec.Pod(podspec.Options{Profile: profile, StepCommands: [][]string{{}}})
	if err != nil {
		return "", err
	}
	return string(podsecurity.StrictestLevel(pod)), nil
}

func (p *setupPlan) print(w io.Writer) error {
	if p.profiles != nil {
		if err := p.profiles.Write(w); err != nil {
			return err
		}
	}
	if p.builds != nil {
		return p.builds.Write(w)
	}
	return nil
}
