// Package img knows the engine img: its commands, environment, log and limits. It is the program in images/builder/img, or genuinetools/img v0.5.11 in older
// builder images. Both understand the same commands.
package img

import (
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// Img is the engine of one builder pod.
type Img struct {
	StateDir string // its snapshots and metadata; one process at a time
	// Hide lists files and directories of the supervisor. The engine covers them in its own mount namespace, which a build step may reach.
	Hide []string
	// Losses is the file in which the engine reports the files whose owner it could not keep. It is set for a pod that maps only its own id and
	// emulates owners, and empty for any other.
	Losses string
	// Digest is the file to which the engine adds the digest of the image that it has built.
	Digest string
}

var _ engine.Engine = Img{}

// Abilities returns what the command line offers. What genuinetools/img can't do of it is in Needs.
func (Img) Abilities() engine.Abilities {
	return engine.Abilities{
		Name:          "img",
		Architectures: []string{"386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x"},
		CacheFrom:     engine.CacheSpec{Types: []string{"registry"}, Attrs: []string{"ref"}},
		CacheTo:       engine.CacheSpec{Types: []string{"registry", "inline"}, Attrs: []string{"ref", "mode"}},
		// The engine turns any other attribute into metadata of the image.
		Archive: engine.ArchiveSpec{
			Attrs:        []string{"name", "compression", "compression-level", "force-compression", "oci-mediatypes", "rewrite-timestamp"},
			Compressions: []string{"gzip", "uncompressed", "zstd", "estargz"},
		},
	}
}

// Slots returns the agent's command for each container, and the engine's variables.
func (i Img) Slots(names []string) (commands [][]string, env map[string]string) {
	for _, name := range names {
		commands = append(commands, []string{"img", "slot", name})
	}
	return commands, map[string]string{
		"TOOLS":     "img",
		"IMG_SLOTS": strings.Join(names, ","),
		// Fails, with a line that says what is missing, unless the agents answer and can do what steps need.
		"SLOTS_CHECK": "img slot-check --state " + i.StateDir,
		// Is in what ABOUT prints, unless the image is older than this.
		"SLOTS_ABILITY": `"slots"`,
	}
}

// Environment returns what the supervisor and img read in the container.
func (i Img) Environment(keepsState bool) map[string]string {
	env := map[string]string{
		// img does not start without these three. It runs newuidmap for the user named here.
		"HOME": "/tmp", "USER": "user", "TMPDIR": "/tmp",
		"TOOLS": "img newuidmap newgidmap",
		// Succeeds if img can map a range of ids. It does so at each start.
		"MAPS": "img unshare true",
		// Maps them for genuinetools/img, which has no such verb. If that maps ids by itself, it runs itself again, and the first process takes SIGINT and
		// SIGTERM for success. IMG_RUNNING_TESTS keeps it from that. It takes util-linux 2.38.
		"ENTER_OLDER": "/usr/bin/unshare --user --map-auto --map-root-user --mount env IMG_RUNNING_TESTS=1",
		// A variable, because an older img rejects a flag that it does not know.
		"IMG_DIGEST_FILE": i.Digest,
		"IMG_HIDE":        strings.Join(i.Hide, ":"),
		// Older images have no such flag, and say nothing that can be read.
		"ABOUT": "img version --json",
		// Receives an upload. CAN_RECEIVE is in the answer to ABOUT if img can do that.
		"RECEIVE": "img receive", "CAN_RECEIVE": `"receive"`,
		// Not ls, which in genuinetools/img does not find out whether steps can have a pid namespace of their own.
		"PROBE": "img du --state " + i.StateDir,
		// What genuinetools/img then says if they can't: a step can signal the engine.
		"NO_SANDBOX": "Process sandbox is not available",
		"STATE":      i.StateDir,
		// The content store. Its files are named by their digests in hex.
		"BLOBS": i.StateDir + "/*/*/content/blobs/sha256",
	}
	if !keepsState {
		env["IMG_EPHEMERAL"] = "true"
	}
	if i.Losses != "" {
		env["TOOLS"] = "img ownership"
		env["ENTER"] = "/usr/bin/unshare --user --map-root-user --mount env IMG_RUNNING_TESTS=1 ownership --report " + i.Losses
		env["LOSSES"] = i.Losses // its presence also says that the pod has one id only
	}
	return env
}
