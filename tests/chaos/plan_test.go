package main

import (
	"reflect"
	"testing"
)

func TestPlan(t *testing.T) {
	t.Run("same seed gives the same plan", samePlan)
	t.Run("a round has every kind as often as its weight", wholeRound)
}

func samePlan(t *testing.T) {
	for seed := range uint64(40) {
		a, b := newPlan(seed, stock), newPlan(seed, stock)
		if a.kind != b.kind || a.what != b.what || a.when != b.when || !reflect.DeepEqual(a.shape, b.shape) {
			t.Fatalf("seed %d gives %s (%s) and %s (%s)", seed, a.kind, a.what, b.kind, b.what)
		}
	}
}

func wholeRound(t *testing.T) {
	round, seen := 0, map[string]int{}
	for _, k := range kinds(stock) {
		round += k.weight
	}
	for seed := range uint64(round) {
		seen[newPlan(1000+seed, stock).kind]++
	}
	for _, k := range kinds(stock) {
		if seen[k.name] != k.weight {
			t.Errorf("%s: %d times in a round of %d, want %d", k.name, seen[k.name], round, k.weight)
		}
	}
}
