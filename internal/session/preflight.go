package session

import _ "embed"

//go:embed preflight.sh
var preflightText string

// PhasePreflight is the phase of a JobError that the supervisor's check before the engine starts ended.
const PhasePreflight = "preflight"

// preflightBlocked is the code where a control of the pod or its node is in the way, and not the builder image.
const preflightBlocked = 2

// Blocked tells that the engine can't start, or is less isolated than was asked for, because of the pod's profile and its node. Another
// profile may do.
func (e *JobError) Blocked() bool { return e.Phase == PhasePreflight && e.Code == preflightBlocked }
