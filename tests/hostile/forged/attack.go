package main

import "context"

// attack asks the engine for something. It succeeded if there is no error, unless it writes: then somebody has to look for the file.
type attack struct {
	name string
	try  func(context.Context, *bridge) error
}

const (
	// stolen is a file of every builder image, and of no image that is built.
	stolen = "etc/subuid"
	// outside is outside of the engine's state. The names of files that an attack writes there begin so.
	outside = climb + "tmp/escaped-"
	climb   = "../../../../../../../../../../../../"
)
