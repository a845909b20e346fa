// Package session talks to the supervisor in the builder pod: upload, log, leash, result. README.md in this directory describes
// the protocol.
package session

import (
	"path"
	"strconv"
)

// Paths in the builder pod.
const (
	Dir            = "/run/kubectl-img" // in memory: job, credentials, events, result
	Workspace      = "/workspace"       // context, log and output
	ContextDir     = Workspace + "/context"
	contextsDir    = Workspace + "/contexts" // further contexts, each in a directory
	OutputPath     = Workspace + "/output"
	DockerfilePath = upload + "/dockerfile/Dockerfile"
	ListingPath    = Dir + "/listing" // the engine's output that contains the image's digest
	LossesPath     = Dir + "/losses"  // the engine's report of the owners that it could not keep

	upload = Dir + "/upload"
	script = Dir + "/supervisor"
)

// FurtherContextDir returns the directory of the n-th further context in the pod.
func FurtherContextDir(n int) string { return path.Join(contextsDir, strconv.Itoa(n)) }
