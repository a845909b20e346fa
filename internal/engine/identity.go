package engine

import "slices"

// Identity is the program that a builder image has for its engine.
type Identity struct {
	Name      string   // the program and its version, as far as it is known
	Abilities []string // what it can do of that which not every version can
	LosesBits bool     // COPY clears set-user-ID and set-group-ID bits
	Flaws     string   // what is known against it, for a warning; empty for a current version
}

// Need is an ability that a build needs.
type Need struct {
	Asked   string // what asks for it: a flag, with dashes
	Ability string
}

// Lacks returns the first need that the engine can't meet, or nil.
func (i Identity) Lacks(needs []Need) *Need {
	for _, need := range needs {
		if !slices.Contains(i.Abilities, need.Ability) {
			return &need
		}
	}
	return nil
}
