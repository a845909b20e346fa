//go:build !slots

package engine

// Mountless reports whether BuildKit was changed so that it needs no mount(2), as the directory patch says.
const Mountless = false

func withoutMounts(string) {}
