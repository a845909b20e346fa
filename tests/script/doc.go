// Package script tests the binary as users call it, without a cluster: its command line, its output and its requests to the API server.
package script
