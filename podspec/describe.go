package podspec

// Description says in a few words how far a profile isolates.
func (p Profile) Description() string {
	switch p {
	case UserNS:
		return "a user namespace of its own, and system calls filtered"
	case Restricted:
		return "one user id and no capability; passes Pod Security level restricted"
	case Localhost:
		return "system calls filtered"
	case Unset:
		return "nothing filtered; passes Pod Security level baseline"
	case Unconfined:
		return "nothing filtered, and AppArmor off; level privileged"
	default:
		return ""
	}
}

// Level returns the strictest Pod Security level that a profile passes.
func (p Profile) Level() string {
	switch p {
	case Restricted:
		return "restricted"
	case Unconfined:
		return "privileged"
	default:
		return "baseline"
	}
}

// Filtered reports whether a profile filters system calls, by the seccomp profile that --seccomp-profile names.
func (p Profile) Filtered() bool { return p != Unset && p != Unconfined }
