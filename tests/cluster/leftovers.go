package cluster

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Leftovers lists every process, mount, network link and cgroup of the cluster. After Down there must be none.
func (c *Cluster) Leftovers() []string {
	return pathsOf(c.Instance).leftovers()
}

// Leftovers does the same for the shared cluster, whether it runs or not.
func Leftovers() []string {
	return sharedPaths().leftovers()
}

func (p paths) leftovers() []string {
	found := p.leftoverProcesses()
	for line := range strings.Lines(readText("/proc/self/mountinfo")) {
		if strings.Contains(line, p.state+"/") {
			found = append(found, "mount "+strings.TrimSpace(line))
		}
	}
	links, err := net.Interfaces()
	if err != nil {
		found = append(found, fmt.Sprintf("links can't be listed: %v", err))
	}
	for _, link := range links {
		if link.Name == p.link {
			found = append(found, "link "+link.Name)
		}
	}
	for _, dir := range p.cgroups() {
		found = append(found, "cgroup "+dir)
	}
	return found
}

// leftoverProcesses finds the cluster's processes by their cgroup, and by the state directory in their command line.
func (p paths) leftoverProcesses() []string {
	var found []string
	directories, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range directories {
		if filepath.Base(dir) == strconv.Itoa(os.Getpid()) {
			continue
		}
		line := strings.ReplaceAll(readText(filepath.Join(dir, "cmdline")), "\x00", " ")
		if line == "" {
			continue // a zombie or a kernel thread
		}
		ours := strings.Contains(readText(filepath.Join(dir, "cgroup")), "/"+p.cgroup+"/")
		if ours || strings.Contains(line, p.in("init.sh")) {
			found = append(found, "process "+filepath.Base(dir)+" "+line)
		}
	}
	return found
}

// readText is empty for a file that can't be read: processes end at any time.
func readText(path string) string {
	data, _ := os.ReadFile(path)
	return string(data)
}
