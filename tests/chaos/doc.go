// Command chaos disturbs builds and judges how they end. A build must end with its image in the registry, or with one line that names the cause; in
// both cases it must leave nothing behind.
//
// The seed of a run decides on everything: the build, the kind of fault, its moment and its extent. The plugin is a black box: chaos uses only its
// command line, its output, the cluster and the registry. The files faults_*.go cause the faults and say which ends are acceptable; judge.go and
// image.go compare that with the end.
package main
