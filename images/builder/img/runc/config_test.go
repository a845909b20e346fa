package runc

import (
	"testing"
)

func TestFit(t *testing.T) {
	const config = `{"linux":{"namespaces":[{"type":"cgroup"},{"type":"mount"}],"memory":9007199254740993},"mounts":[{"options":["newinstance","gid=5"],"type":"devpts"},{"options":["gid=5"],"type":"tmpfs"}]}`
	tests := []struct {
		name          string
		terminalGroup bool
		want          string
	}{
		{"group 5 is mapped", true, `{"linux":{"memory":9007199254740993,"namespaces":[{"type":"mount"}]},"mounts":[{"options":["newinstance","gid=5"],"type":"devpts"},{"options":["gid=5"],"type":"tmpfs"}]}`},
		{"one id is mapped", false, `{"linux":{"memory":9007199254740993,"namespaces":[{"type":"mount"}]},"mounts":[{"options":["newinstance"],"type":"devpts"},{"options":["gid=5"],"type":"tmpfs"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := fit([]byte(config), tt.terminalGroup)
			if err != nil || string(got) != tt.want {
				t.Errorf("fit = %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
	if _, err := fit([]byte("{"), true); err == nil {
		t.Error("half a configuration is accepted")
	}
}

func TestOption(t *testing.T) {
	for want, args := range map[string][]string{
		"/b": {"--root", "/r", "run", "--bundle", "/b", "id"},
		"/c": {"run", "--bundle=/c", "id"},
		"/d": {"run", "-b", "/d", "id"},
		"":   {"delete", "id", "--bundle"},
	} {
		if got := option(args, "--bundle", "-b"); got != want {
			t.Errorf("option(%v) = %q, want %q", args, got, want)
		}
	}
}
