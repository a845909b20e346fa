package runc

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// fit takes out of a container's configuration what the pod can't give it. terminalGroup tells whether group 5 is mapped.
func fit(config []byte, terminalGroup bool) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber()
	var spec map[string]any
	if err := decoder.Decode(&spec); err != nil {
		return nil, err
	}
	linux, _ := spec["linux"].(map[string]any)
	if namespaces, ok := linux["namespaces"].([]any); ok {
		// The seccomp profile of the pods denies it. BuildKit asks for it on nodes with cgroup v2.
		linux["namespaces"] = slices.DeleteFunc(namespaces, func(n any) bool {
			namespace, _ := n.(map[string]any)
			return namespace["type"] == "cgroup"
		})
	}
	mounts, _ := spec["mounts"].([]any)
	for _, m := range mounts {
		mount, _ := m.(map[string]any)
		options, ok := mount["options"].([]any)
		if !ok || mount["type"] != "devpts" || terminalGroup {
			continue
		}
		// The kernel makes terminals for a group that is mapped only.
		mount["options"] = slices.DeleteFunc(options, func(o any) bool {
			text, _ := o.(string)
			return strings.HasPrefix(text, "gid=")
		})
	}
	return json.Marshal(spec)
}

// option returns the value of one of runc's options, wherever it is among the arguments.
func option(args []string, names ...string) string {
	for i, arg := range args {
		for _, name := range names {
			if value, found := strings.CutPrefix(arg, name+"="); found {
				return value
			}
			if arg == name && i+1 < len(args) {
				return args[i+1]
			}
		}
	}
	return ""
}
