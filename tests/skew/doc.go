// Package skew runs the plugin against API servers of several releases of Kubernetes. Each release has a module below tools, which pins it; the
// kubelet, the scheduler and the controller manager are of the same release, because a kubelet may not be newer than its API server.
package skew
