package e2e_test

import (
	"maps"
	"os"
	"sync"
	"testing"
	"time"
)

// machine is the node on which all builds run, if the cluster has one that is a virtual machine.
func machine() string {
	if len(shared.Nodes) < 2 {
		return ""
	}
	return shared.Nodes[1]
}

// prepareMachine takes account of an emulated processor.
func prepareMachine() {
	if machine() != "" {
		limit = 15 * time.Minute
		builds = make(chan struct{}, 1)
	}
}

// machineEnv makes builds run on the machine, under our AppArmor profile, and under the profile of KUBECTL_IMG_TESTS_PROFILE.
func machineEnv() []string {
	var env []string
	if profile := os.Getenv("KUBECTL_IMG_TESTS_PROFILE"); profile != "" { // of every build that names none
		env = append(env, "KUBECTL_IMG_PROFILE="+profile)
	}
	if machine() == "" {
		return env
	}
	return append(env,
		"KUBECTL_IMG_NODE_SELECTOR=kubernetes.io/hostname="+machine(), "KUBECTL_IMG_TOLERATION=kubectl-img-tests", "KUBECTL_IMG_APPARMOR_PROFILE=kubectl-img",
	)
}

var installOnMachine sync.Once

// attacksHere are the attacks on the node that builds run on. On a machine, whose AppArmor denies what the other profiles need, they are those on the
// confined profiles, which it gets here.
func attacksHere(t *testing.T) map[string][]string {
	t.Helper()
	all := attacks()
	if machine() == "" {
		return all
	}
	installOnMachine.Do(func() {
		shellOut(t, "kubectl img setup --profiles --apparmor --image "+shared.BuilderImage+" | kubectl apply -f -")
		shellOut(t, "kubectl -n kubectl-img rollout status --timeout=5m daemonset/seccomp daemonset/apparmor")
	})
	maps.DeleteFunc(all, func(profile string, _ []string) bool { return profile == "unset" || profile == "unconfined" })
	return all
}
