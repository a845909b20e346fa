// Command chaos does harm to builds and judges how they end: with the image in the registry, or with one line that names
// the cause, and in both cases with nothing left behind.
//
// Everything about a run follows from its seed: the build, the kind of harm, its moment and its measure. The plugin is a
// black box; only its command line, its output, the cluster and the registry are looked at. faults_*.go do the harm and say
// what may come of it, judge.go and image.go find out what did.
package main
