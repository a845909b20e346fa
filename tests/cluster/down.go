package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/cache"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

// kept are the entries of the state directory that outlive the cluster: images stay pushed, and their registries stay trusted.
var kept = map[string]bool{"pki": true, "registry": true, "auth-registry": true, "lock": true}

// scratch are directories that Kubernetes always uses. In the cluster's mount namespace, file systems in memory hide them. If init.sh had to make
// one of them, an empty directory is left.
var scratch = []string{"/var/lib/cni", "/var/lib/kubelet"}

// Down stops the cluster and removes everything except its authority and the contents of its registries.
func (c *Cluster) Down(ctx context.Context) error {
	return pathsOf(c.Instance).lockedDown(ctx)
}

// Down stops the shared cluster, or removes the remains of a killed one.
func Down(ctx context.Context) error {
	return sharedPaths().lockedDown(ctx)
}

// Purge stops the cluster and also deletes its authority and the contents of its registries. The cache stays.
func (c *Cluster) Purge(ctx context.Context) error {
	return pathsOf(c.Instance).purge(ctx)
}

// Purge does the same for the shared cluster, whether it runs or not.
func Purge(ctx context.Context) error {
	return sharedPaths().purge(ctx)
}

func (p paths) purge(ctx context.Context) error {
	if err := p.lockedDown(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(p.state); err != nil {
		return fmt.Errorf("remove state directory: %w", err)
	}
	return nil
}

func (p paths) lockedDown(ctx context.Context) error {
	if err := supported(); err != nil {
		return err
	}
	unlock, err := lock(ctx, p.state)
	if err != nil {
		return err
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p.down(ctx)
}

// down kills the cluster and removes its network, cgroups and files. It succeeds if there is nothing to do.
func (p paths) down(ctx context.Context) error {
	if err := p.kill(ctx); err != nil {
		return fmt.Errorf("stop cluster: %w", err)
	}
	if err := p.removeLink(ctx); err != nil {
		return fmt.Errorf("remove network: %w", err)
	}
	if err := p.removeCgroups(ctx); err != nil {
		return fmt.Errorf("remove cgroups: %w", err)
	}
	if err := p.removeFiles(); err != nil {
		return fmt.Errorf("remove files: %w", err)
	}
	return nil
}

// kill ends process 1 of the pid namespace; then the kernel ends all others in it.
func (p paths) kill(ctx context.Context) error {
	data, err := os.ReadFile(p.in("cluster.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c := &Cluster{}
	if err := json.Unmarshal(data, c); err != nil {
		return err
	}
	if err := c.Process.kill(); err != nil {
		return err
	}
	return poll(ctx, 20*time.Millisecond, func() error {
		if c.Process.alive() {
			return fmt.Errorf("process %d is still there", c.Process.PID)
		}
		return nil
	})
}

func (p paths) removeLink(ctx context.Context) error {
	if !cache.Exists(filepath.Join("/sys/class/net", p.link)) {
		return nil
	}
	err := program.Run(exec.CommandContext(ctx, "ip", "link", "delete", p.link))
	if err != nil && !cache.Exists(filepath.Join("/sys/class/net", p.link)) {
		return nil // the link went away with the network namespace at its other end
	}
	return err
}

func (p paths) removeFiles() error {
	entries, err := os.ReadDir(p.state)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, dir := range scratch {
		_ = os.Remove(dir) // fails unless it is empty
	}
	for _, entry := range entries {
		if !kept[entry.Name()] {
			if err := os.RemoveAll(p.in(entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
