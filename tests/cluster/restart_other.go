//go:build !linux

package cluster

import "context"

// Kill needs Linux.
func (c *Cluster) Kill(string) error { return errNotLinux }

// Start needs Linux.
func (c *Cluster) Start(context.Context, string) error { return errNotLinux }

// Await needs Linux.
func (c *Cluster) Await(context.Context) error { return errNotLinux }
