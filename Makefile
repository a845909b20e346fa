# A thin index of what can be done here. Every verify-x has an update-x.
SHELL = /bin/sh
VERSION ?= $(shell git describe --tags --match 'v*' 2>/dev/null | sed 's/^v//' | grep . || echo 0.0.0-dev)
COMMIT ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
PLUGIN = github.com/kubectl-img/kubectl-img/plugin
BUILDER_IMAGE ?=
LDFLAGS = -s -w -X $(PLUGIN).Version=$(VERSION) -X $(PLUGIN).Commit=$(COMMIT) -X $(PLUGIN).BuilderImage=$(BUILDER_IMAGE)
CLUSTER = cd tests && go run ./cluster/cmd/cluster
CACHE ?= /var/cache/kubectl-img

.PHONY: build
build: ## the plugin, in bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/kubectl-img ./cmd/kubectl-img

.PHONY: install
install: build ## the plugin on PATH, where kubectl finds it
	install -m 0755 bin/kubectl-img $(or $(DESTDIR),/usr/local/bin)/kubectl-img
ifndef DESTDIR
	install -d /usr/local/share/man/man1
	install -m 0644 docs/man/kubectl-img.1 /usr/local/share/man/man1/
endif

.PHONY: demo
demo: build ## from nothing to an image built, pushed, pulled and run on a real Kubernetes (Linux, root)
	tests/demo/demo.sh

.PHONY: test
test: unit script protocol e2e ## everything; starts the cluster and stops it

.PHONY: unit
unit: packages ## one package at a time, without a cluster
	go test -race -timeout 10m ./...
	cd images/builder/ownership && go test -count=1 ./... # it compiles the program itself, which no cache of results knows

.PHONY: script
script: packages ## the command line as users type it
	cd tests && go test -race -timeout 5m ./script/...

.PHONY: protocol
protocol: packages ## real WebSocket and SPDY servers in this process
	cd tests && go test -race -timeout 5m ./protocol/...

.PHONY: e2e
e2e: ## real builds on a real Kubernetes (Linux, root)
	# One after the other: some tests take away from the node what every build needs.
	tests/with-cluster.sh sh -c 'go test -race -timeout 60m ./cluster/... ./e2e/... && go test -timeout 20m ./jenkins/...'

RUNS ?= 50
SEED ?= 1
.PHONY: chaos
chaos: ## harm to RUNS builds, from SEED on; RUNS=1 SEED=s repeats one (Linux, root)
	tests/with-cluster.sh go run ./chaos -runs $(RUNS) -seed $(SEED) $(if $(ONLY),-only '$(ONLY)')

LOAD ?=
.PHONY: load
load: ## 50 builds at once, 5 GiB of context, 200,000 files, a log of 500 MB; LOAD=-short for a tenth (Linux, root)
	tests/with-cluster.sh go test -count=1 -timeout 60m -v $(LOAD) ./load

.PHONY: corpus
corpus: packages ## builds docs/restricted.md's Dockerfiles under both profiles and compares the images
	KUBECTL_IMG_TESTS_CORPUS=all tests/with-cluster.sh go test -timeout 30m -run TestCorpus -v ./e2e

.PHONY: ownership-arm64
ownership-arm64: packages ## ownership's tests on an emulated arm64 machine, with Debian's kernel for it (root, minutes)
	CACHE='$(CACHE)' tests/arm64/run.sh

.PHONY: bench
bench: ## against kubectl and the flow by hand, in one run
	tests/with-cluster.sh go run ./bench

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (30s)
	tools/fuzz.sh

.PHONY: lint
lint: packages ## golangci-lint with the dependency rules, and shellcheck
	tools/lint.sh

.PHONY: verify update
verify: verify-docs verify-seccomp verify-tidy ## that what is generated is fresh
update: update-docs update-seccomp update-tidy

.PHONY: verify-docs update-docs
verify-docs:
	go test -run 'TestFlagReference|TestErrorReference|TestManPage' ./plugin
update-docs:
	go test -run 'TestFlagReference|TestManPage' ./plugin -update

.PHONY: verify-seccomp update-seccomp
verify-seccomp:
	cd tools/seccomp && go test ./...
update-seccomp:
	cd tools/seccomp && go run . ../../deploy/seccomp

.PHONY: verify-tidy update-tidy
verify-tidy:
	go mod tidy -diff
	cd tests && go mod tidy -diff
	cd tools/seccomp && go mod tidy -diff
	cd images/builder/ownership && go mod tidy -diff
update-tidy:
	go mod tidy
	cd tests && go mod tidy
	cd tools/seccomp && go mod tidy
	cd images/builder/ownership && go mod tidy

.PHONY: dist verify-dist
dist: ## what a release consists of, in dist/, as a snapshot
	tools/release/goreleaser.sh --snapshot --skip=sign
	go run ./krew/cmd/manifest >dist/img.yaml
verify-dist: ## that what is in dist/ is whole, and comes out the same elsewhere
	cd tests && go test -count=1 -timeout 20m ./release

.PHONY: release
release: ## the files of the release whose tag is checked out, in dist/: docs/releasing.md
	tools/release/build.sh '$(VERSION)'

.PHONY: vulncheck
vulncheck: ## that our code reaches no known vulnerability
	tools/vulncheck.sh

.PHONY: image
image: ## the builder image, built and pushed to REGISTRY with docker, buildah or kubectl img
	images/builder/publish.sh '$(REGISTRY)' '$(VERSION)'

.PHONY: cluster-up cluster-down
cluster-up: ## the test cluster, to try things on
	$(CLUSTER) up
cluster-down:
	$(CLUSTER) down

.PHONY: clean
clean: ## stops the cluster and removes what was built and cached
	$(CLUSTER) down
	rm -rf bin dist $(CACHE)

.PHONY: packages
packages: ## Debian packages the tests call, where they are missing
	tests/packages.sh
