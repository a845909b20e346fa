// Package script tests the binary as users call it, without a cluster: what it refuses, prints and asks for.
package script
