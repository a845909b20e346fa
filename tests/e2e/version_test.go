package e2e_test

import (
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	t.Run("version of the server", versionOfServer)
}

func versionOfServer(t *testing.T) {
	t.Parallel()
	info, err := client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	c := kubectl(t)("img", "version")
	c.report = true
	r := c.run(t).succeeds(t)
	if !strings.Contains(r.stdout, "\nserver: "+info.GitVersion+"\n") || !strings.Contains(r.stdout, "\nbuilder image: "+shared.BuilderImage+"\n") || r.stderr != "" {
		t.Errorf("stdout %q, stderr %q", r.stdout, r.stderr)
	}
}
