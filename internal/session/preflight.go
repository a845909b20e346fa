package session

// PhasePreflight is the phase of a JobError from the supervisor's check, which runs before the engine starts.
const PhasePreflight = "preflight"

// preflightBlocked is the exit code of the check if a setting of the pod or its node is the problem, and not the builder image.
const preflightBlocked = 2

// Blocked reports whether the pod's profile or its node keeps the engine from starting, or isolates it less than the profile asks.
// Another profile can work.
func (e *JobError) Blocked() bool { return e.Phase == PhasePreflight && e.Code == preflightBlocked }
