package main

import (
	"math/rand/v2"
	"slices"
)

// newPlan takes the kinds in turns, so that a round of runs has all of them.
func newPlan(seed uint64, profile string) plan {
	var round []kind
	for _, k := range kinds(profile) {
		for range k.weight {
			round = append(round, k)
		}
	}
	// Steps that have no factor in common with the length of the round reach all of it, in a mixed order.
	k := round[(seed*coprime(len(round)))%uint64(len(round))]
	r := rand.New(rand.NewPCG(seed, 0))
	p := plan{seed: seed, kind: k.name, shape: newShape(r), fault: k.plan(r)}
	if p.grace == 0 {
		p.grace = usualGrace
	}
	if p.want.within == 0 {
		p.want.within = patience
	}
	if p.disturb != nil {
		p.what = p.when.String() + ": " + p.what
	}
	return p
}

func coprime(n int) uint64 {
	for step := n/3 + 1; ; step++ {
		a, b := step, n
		for b != 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return uint64(step)
		}
	}
}

// kinds are all kinds of faults for builds under a profile.
func kinds(profile string) []kind {
	all := slices.Concat(
		[]kind{{"none", 1, func(*rand.Rand) fault { return fault{what: "no fault", want: want{outcome: succeeds}} }}},
		networkKinds(), signalKinds(), podKinds(), registryKinds(), componentKinds(), clockKinds(),
	)
	if profile == stock {
		all = append(all, stepKinds()...)
	}
	return all
}
