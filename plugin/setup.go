package plugin

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/deploy"
	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
	"github.com/kubectl-img/kubectl-img/podspec"
)

const setupLong = `Print what a namespace needs before images can be built in it, for kubectl apply. Nothing is changed by itself.

With --namespace: the Namespace with the Pod Security level that the profile passes, a ServiceAccount, and a Role and RoleBinding with the
rights that a build takes. With --profiles: what puts the seccomp profile on the nodes. With both: both.`

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
	shared *pflag.FlagSet // those that mean what they mean to build; the environment sets no others
}

// setupPlan is what is printed; nil for what is not.
type setupPlan struct {
	profiles *deploy.NodeProfiles
	builds   *deploy.BuildNamespace
}

func newSetupCommand(p process, config *genericclioptions.ConfigFlags) *cobra.Command {
	o := &setupFlags{config: config}
	cmd := &cobra.Command{
		Use: "setup [flags]", Short: "Print the manifests that a namespace and the nodes need", Long: setupLong, Example: setupExample, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, flags := range []*pflag.FlagSet{o.shared, cmd.InheritedFlags()} {
				if _, _, err := applyEnvironment(flags, p.env); err != nil {
					return err
				}
			}
			plan, err := o.plan()
			if err != nil {
				return err
			}
			return plan.print(p.streams.Out)
		},
	}
	o.add(cmd.Flags())
	return cmd
}

func (o *setupFlags) add(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&o.profile, "profile", string(podspec.UserNS), "`PROFILE`: Profile that the namespace is for: "+profileNames(podspec.Profiles()))
	flags.StringArrayVar(&o.users, "user", nil, "`NAME`: User who may build (repeatable)")
	flags.StringArrayVar(&o.groups, "group", nil, "`NAME`: Group whose members may build (repeatable)")
	flags.StringArrayVar(&o.serviceAccounts, "serviceaccount", nil, "`ACCOUNT`: NAMESPACE:NAME of a service account that may build (repeatable; default kubectl-img in the namespace, if nobody is named)")
	flags.StringVar(&o.profiles, "profiles", "", "`WAY`: Print what puts the seccomp profile on the nodes: installer, or operator for the Security Profiles Operator")
	flags.Lookup("profiles").NoOptDefVal = byInstaller
	flags.BoolVar(&o.apparmor, "apparmor", false, "With --profiles: print what loads the AppArmor profile, too")
	flags.StringVar(&o.image, "image", defaultImage(), "`REFERENCE`: Builder image, which the installer runs in")
	flags.StringVar(&o.pullSecret, "image-pull-secret", "", "`NAME`: Secret in namespace kubectl-img to pull the builder image with")
	flags.StringVar(&o.kubeletDir, "kubelet-dir", deploy.KubeletDir, "`PATH`: The kubelet's directory on the nodes")
	flags.StringVar(&o.gke, "gke", "", "`PROJECT`: Google Cloud project of the cluster: print the commands for Workload Identity")
	flags.StringVar(&o.registry, "registry", "", "`REPOSITORY`: With --gke: HOST[/PROJECT/REPOSITORY] of Artifact Registry")
	flags.StringVar(&o.account, "service-account", "builder", "`NAME`: With --gke: service account of the builder pods")
	o.shared = pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, name := range []string{"profile", "image", "service-account"} {
		o.shared.AddFlag(flags.Lookup(name))
	}
}

// plan reads and checks everything.
func (o *setupFlags) plan() (*setupPlan, error) {
	plan := &setupPlan{}
	var err error
	if plan.profiles, err = o.readProfiles(); err != nil {
		return nil, err
	}
	if given := o.config.Namespace; given != nil && *given != "" {
		plan.builds, err = o.readBuilds(*given)
		return plan, err
	}
	if plan.profiles == nil {
		// Its labels are changed, so it is not left to what the kubeconfig happens to say.
		return nil, usagef("setup wants a namespace").withHint("kubectl img setup -n NAME, or kubectl img setup --profiles for the nodes alone")
	}
	return plan, nil
}

func (o *setupFlags) readProfiles() (*deploy.NodeProfiles, error) {
	switch o.profiles {
	case "":
		if o.apparmor {
			return nil, usagef("--apparmor has no effect without --profiles").withHint("--profiles --apparmor")
		}
		return nil, nil
	case byInstaller, byOperator:
	default:
		return nil, invalidValue("--profiles", o.profiles, errors.New("want installer or operator"))
	}
	if !path.IsAbs(o.kubeletDir) || path.Clean(o.kubeletDir) == "/" {
		return nil, invalidValue("--kubelet-dir", o.kubeletDir, errors.New("want an absolute path"))
	}
	if msgs := validation.IsDNS1123Subdomain(o.pullSecret); o.pullSecret != "" && len(msgs) > 0 {
		return nil, invalidValue("--image-pull-secret", o.pullSecret, errors.New(msgs[0]))
	}
	return &deploy.NodeProfiles{
		Image: o.image, PullSecret: o.pullSecret, KubeletDir: path.Clean(o.kubeletDir), Operator: o.profiles == byOperator, AppArmor: o.apparmor,
	}, nil
}

func (o *setupFlags) readBuilds(namespace string) (*deploy.BuildNamespace, error) {
	if msgs := validation.IsDNS1123Label(namespace); len(msgs) > 0 {
		return nil, invalidValue("--namespace", namespace, errors.New(msgs[0]))
	}
	profile := podspec.Profile(o.profile)
	if o.profile == "auto" {
		profile = podspec.UserNS // the first that build tries, and what it tries next passes the same level
	}
	if !slices.Contains(podspec.Profiles(), profile) {
		return nil, invalidValue("--profile", o.profile, fmt.Errorf("want one of %s", profileNames(podspec.Profiles())))
	}
	builds := &deploy.BuildNamespace{Namespace: namespace, Profile: string(profile)}
	var err error
	if builds.Level, err = podSecurityLevel(profile); err != nil {
		return nil, err
	}
	if builds.Subjects, err = o.readSubjects(namespace); err != nil {
		return nil, err
	}
	if builds.Google, err = o.readGoogle(namespace); err != nil {
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

// podSecurityLevel is the strictest level that the profile passes.
func podSecurityLevel(profile podspec.Profile) (string, error) {
	pod, err := podspec.Pod(podspec.Options{Profile: profile})
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
