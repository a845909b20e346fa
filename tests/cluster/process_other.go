//go:build !linux

package cluster

import (
	"context"
	"errors"
)

var errNotLinux = errors.New("start cluster: needs Linux, for containers and namespaces")

func supported() error { return errNotLinux }

type process struct {
	PID   int
	Start string
}

func (p paths) spawn(context.Context, string, Options) (process, error) {
	return process{}, errNotLinux
}

func lock(context.Context, string) (func(), error) { return nil, errNotLinux }

func (p process) alive() bool { return false }

func (p process) kill() error { return errNotLinux }

// Kill needs Linux.
func (c *Cluster) Kill(string) error { return errNotLinux }

// Start needs Linux.
func (c *Cluster) Start(context.Context, string) error { return errNotLinux }

// Await needs Linux.
func (c *Cluster) Await(context.Context) error { return errNotLinux }
