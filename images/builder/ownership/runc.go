package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	// linkDir contains a link to this program with runc's name. It comes first in the engine's PATH.
	realRunc = "/usr/bin/runc"
	linkDir  = "/usr/lib/kubectl-img"
)

func isRunc(name string) bool { return filepath.Base(name) == "runc" }

// becomeRunc removes from a container's configuration what needs more than one id, and becomes runc.
func becomeRunc(args []string) error {
	if bundle := bundleOf(args); bundle != "" {
		name := filepath.Join(bundle, "config.json")
		config, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if config, err = fitOneID(config); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(name, config, 0o600); err != nil {
			return err
		}
	}
	return fmt.Errorf("run %s: %w", realRunc, syscall.Exec(realRunc, args, os.Environ()))
}

// bundleOf finds the directory of a container's configuration among runc's arguments.
func bundleOf(args []string) string {
	for i, arg := range args {
		if value, found := strings.CutPrefix(arg, "--bundle="); found {
			return value
		}
		if (arg == "--bundle" || arg == "-b") && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// fitOneID removes the group of terminals: the kernel takes only a mapped group, and 5 is not mapped.
func fitOneID(config []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber()
	var spec map[string]any
	if err := decoder.Decode(&spec); err != nil {
		return nil, err
	}
	mounts, _ := spec["mounts"].([]any)
	for _, m := range mounts {
		mount, _ := m.(map[string]any)
		if options, ok := mount["options"].([]any); ok && mount["type"] == "devpts" {
			mount["options"] = slices.DeleteFunc(options, func(o any) bool {
				text, _ := o.(string)
				return strings.HasPrefix(text, "gid=")
			})
		}
	}
	return json.Marshal(spec)
}

// engineEnvironment puts the link to this program before the real runc in PATH.
func engineEnvironment(env []string) []string {
	if _, err := os.Stat(filepath.Join(linkDir, "runc")); err != nil {
		return env
	}
	out := slices.Clone(env)
	for i, pair := range out {
		if path, found := strings.CutPrefix(pair, "PATH="); found {
			out[i] = "PATH=" + linkDir + ":" + path
		}
	}
	return out
}
