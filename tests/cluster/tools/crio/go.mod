module github.com/kubectl-img/kubectl-img/tests/cluster/tools/crio

go 1.26.6

require github.com/cri-o/cri-o v1.34.0 // indirect
