package plugin

import (
	"errors"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// authFlags is what the user typed about registries.
type authFlags struct {
	auth        []string
	registryCAs []string
	insecure    []string
	proxy       bool
	checkPush   bool
}

func (o *authFlags) addAuth(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.auth, "auth", nil, "`METHOD`: How to log in to registries: "+registryauth.Methods()+"; HOST=METHOD for one registry (repeatable; default auto)")
	flags.StringArrayVar(&o.registryCAs, "registry-ca", nil, "`FILE`: PEM file with the authority of a registry's certificate (repeatable)")
	flags.StringArrayVar(&o.insecure, "insecure-registry", nil, "`HOST`: HOST of a registry whose certificate is trusted unseen (repeatable)")
	flags.BoolVar(&o.proxy, "proxy", false, "Pass HTTP_PROXY, HTTPS_PROXY, NO_PROXY and ALL_PROXY to the engine")
	flags.BoolVar(&o.checkPush, "check-push", true, "Ask the registry before the build whether it takes the push, where the login is known here")
}

// readAuth reads how the build reaches its registries.
func (o *buildFlags) readAuth(plan *Plan, p process) error {
	plan.CheckPush = o.checkPush
	for _, read := range []func(*Plan, process) error{o.readRules, o.readTrust, o.readProxy} {
		if err := read(plan, p); err != nil {
			return err
		}
	}
	return nil
}

func (o *buildFlags) readRules(plan *Plan, _ process) error {
	var rules []registryauth.Rule
	for _, value := range o.auth {
		rule, err := registryauth.ParseRule(value)
		if err != nil {
			// The value stays out of the message: people put passwords there.
			return usagef("invalid value for %s: %w", o.source("auth"), err)
		}
		if msgs := validation.IsDNS1123Subdomain(rule.Secret); rule.Method == registryauth.Secret && len(msgs) > 0 {
			return usagef("invalid value for %s: name of the secret: %s", o.source("auth"), msgs[0])
		}
		rules = append(rules, rule)
	}
	var err error
	if plan.Auth, err = registryauth.NewRules(rules); err != nil {
		return usagef("%s: %w", o.source("auth"), err)
	}
	return nil
}

func (o *buildFlags) readTrust(plan *Plan, _ process) error {
	for _, file := range o.registryCAs {
		content, err := os.ReadFile(file)
		if err != nil {
			return usagef("%s: %w", o.source("registry-ca"), err)
		}
		certificates, err := registryauth.Certificates(content)
		if err != nil {
			return o.invalid("registry-ca", file, err)
		}
		plan.Trust.Certificates = append(plan.Trust.Certificates, certificates...)
	}
	for _, value := range o.insecure {
		host, err := registryauth.ParseHost(value)
		if err != nil {
			return usagef("invalid value for %s: %w", o.source("insecure-registry"), err)
		}
		plan.Trust.Insecure = append(plan.Trust.Insecure, host)
	}
	return nil
}

func (o *buildFlags) readProxy(plan *Plan, p process) error {
	if !o.proxy {
		return nil
	}
	if plan.Proxies = registryauth.ReadProxies(p.env); plan.Proxies.Pairs() == nil {
		return usagef("%s: %w", o.source("proxy"), errors.New("none of HTTP_PROXY, HTTPS_PROXY, NO_PROXY and ALL_PROXY is set")).
			withHint("export HTTPS_PROXY=http://PROXY:PORT")
	}
	return nil
}

// secretVolumes mounts the Secrets that logins come from.
func secretVolumes(names []string) []podspec.Volume {
	var volumes []podspec.Volume
	for i, name := range names {
		volumes = append(volumes, podspec.Volume{Name: loginVolume(i), MountPath: session.MountsDir + "/" + name, Secret: name})
	}
	return volumes
}
