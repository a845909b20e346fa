package buildflags

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// authFlags say how the build reaches its registries.
type authFlags struct {
	*input

	auth        []string
	registryCAs []string
	insecure    []string
	proxy       bool
	checkPush   bool
}

func (f *authFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.auth, "auth", nil, "Registry login `METHOD`: "+registryauth.Methods()+"; or HOST=METHOD (repeatable)")
	flags.StringArrayVar(&f.registryCAs, "registry-ca", nil, "PEM `FILE` with the authority of a registry's certificate (repeatable)")
	flags.StringArrayVar(&f.insecure, "insecure-registry", nil, "`HOST` of a registry whose certificate is not verified (repeatable)")
	flags.BoolVar(&f.proxy, "proxy", false, "Pass HTTP_PROXY, HTTPS_PROXY, NO_PROXY and ALL_PROXY to the engine")
	flags.BoolVar(&f.checkPush, "check-push", true, "Ask the registry before the build whether it accepts the push, where the login is known here")
}

func completeAuth(cluster complete.Cluster) complete.Table {
	return complete.Table{
		"auth": completeMethod(cluster.RegistrySecrets()), "registry-ca": complete.Files, "insecure-registry": complete.Nothing,
	}
}

// completeMethod completes a method, or the name of a Secret after secret=.
func completeMethod(secrets cobra.CompletionFunc) cobra.CompletionFunc {
	const secret = string(registryauth.Secret) + "="
	var methods []cobra.Completion
	for _, m := range registryauth.Choices() {
		methods = append(methods, cobra.CompletionWithDesc(m.Value, m.Description))
	}
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if prefix, ok := strings.CutPrefix(typed, secret); ok {
			found, directive := secrets(cmd, args, prefix)
			for i := range found {
				found[i] = secret + found[i]
			}
			return found, directive
		}
		found, directive := complete.Matching(typed, methods)
		if len(found) == 1 && strings.HasPrefix(found[0], secret) {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return found, directive
	}
}

// unsupportedAuth lists docker's flags about registries.
func unsupportedAuth() []unsupportedFlag {
	return []unsupportedFlag{
		{"registry-mirror", "", "is an option of a docker daemon; mirrors are not supported yet", "name the mirror in FROM, by an ARG and --build-arg"},
	}
}

// read reads how the build reaches its registries.
func (f *authFlags) read(plan *build.Plan) error {
	plan.CheckPush = f.checkPush
	for _, read := range []func(*build.Plan) error{f.readRules, f.readTrust, f.readProxy} {
		if err := read(plan); err != nil {
			return err
		}
	}
	return nil
}

func (f *authFlags) readRules(plan *build.Plan) error {
	var rules []registryauth.Rule
	for _, value := range f.auth {
		rule, err := registryauth.ParseRule(value)
		if err != nil {
			// The value stays out of the message: people put passwords there.
			return cli.Usagef("invalid value for %s: %w", f.source("auth"), err)
		}
		if msgs := validation.IsDNS1123Subdomain(rule.Secret); rule.Method == registryauth.Secret && len(msgs) > 0 {
			return cli.Usagef("invalid value for %s: name of the secret: %s", f.source("auth"), msgs[0])
		}
		rules = append(rules, rule)
	}
	var err error
	if plan.Auth, err = registryauth.NewRules(rules); err != nil {
		return cli.Usagef("%s: %w", f.source("auth"), err)
	}
	return nil
}

func (f *authFlags) readTrust(plan *build.Plan) error {
	for _, file := range f.registryCAs {
		content, err := os.ReadFile(file)
		if err != nil {
			return cli.Usagef("%s: %w", f.source("registry-ca"), err)
		}
		certificates, err := registryauth.Certificates(content)
		if err != nil {
			return f.invalid("registry-ca", file, err)
		}
		plan.Trust.Certificates = append(plan.Trust.Certificates, certificates...)
	}
	for _, value := range f.insecure {
		host, err := registryauth.ParseHost(value)
		if err != nil {
			return cli.Usagef("invalid value for %s: %w", f.source("insecure-registry"), err)
		}
		plan.Trust.Insecure = append(plan.Trust.Insecure, host)
	}
	return nil
}

func (f *authFlags) readProxy(plan *build.Plan) error {
	if !f.proxy {
		return nil
	}
	if plan.Proxies = registryauth.ReadProxies(f.proc.Env); plan.Proxies.Pairs() == nil {
		return cli.Usagef("%s: %w", f.source("proxy"), errors.New("none of HTTP_PROXY, HTTPS_PROXY, NO_PROXY and ALL_PROXY is set")).
			WithHint("export HTTPS_PROXY=http://PROXY:PORT")
	}
	return nil
}
