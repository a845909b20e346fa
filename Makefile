# `make help` lists the targets. Every verify-x has an update-x.
SHELL = /bin/sh
VERSION ?= $(shell git describe --tags --match 'v*' 2>/dev/null | sed 's/^v//' | grep . || echo 0.0.0-dev)
COMMIT ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
PLUGIN = github.com/kubectl-img/kubectl-img/plugin
BUILDER_IMAGE ?=
LDFLAGS = -s -w -X $(PLUGIN).Version=$(VERSION) -X $(PLUGIN).Commit=$(COMMIT) -X $(PLUGIN).BuilderImage=$(BUILDER_IMAGE)
CLUSTER = cd tests && go run ./cluster/cmd/cluster
CACHE ?= /var/cache/kubectl-img

.PHONY: build
build: ## build the plugin into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/kubectl-img ./cmd/kubectl-img

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: build ## install the plugin into /usr/local/bin with its man page, or into DESTDIR without
	install -m 0755 bin/kubectl-img $(or $(DESTDIR),/usr/local/bin)/kubectl-img
ifndef DESTDIR
	install -d /usr/local/share/man/man1
	install -m 0644 docs/man/kubectl-img.1 /usr/local/share/man/man1/
endif

.PHONY: demo
demo: build ## start a real Kubernetes, build this repository's image on it, push, pull and run it (Linux, root)
	tests/demo/demo.sh

.PHONY: test
test: unit script protocol e2e ## run unit, script, protocol and e2e

# The tests of ownership compile the program themselves, so a cached result would be stale: -count=1.
.PHONY: unit
unit: packages ## test each package, without a cluster
	go test -race -timeout 10m ./...
	cd images/builder/ownership && go test -count=1 ./...
	cd images/builder/img && go test ./...

.PHONY: script
script: packages ## test the command line as users type it
	cd tests && go test -race -timeout 5m ./script/...

.PHONY: protocol
protocol: packages ## test exec against real WebSocket and SPDY servers
	cd tests && go test -race -timeout 5m ./protocol/...

# The two packages run one after the other, because some tests remove from the node what every build needs.
.PHONY: e2e
e2e: ## build on a real Kubernetes; start it, and stop it if it was not running (Linux, root)
	tests/with-cluster.sh sh -c 'go test -race -timeout 60m ./cluster/... ./e2e/... && go test -timeout 20m ./jenkins/...'

RUNS ?= 50
SEED ?= 1
.PHONY: chaos
chaos: ## inject one fault into each of RUNS builds, from SEED on; RUNS=1 SEED=s repeats one, PROFILE=stock for another profile (Linux, root)
	tests/with-cluster.sh go run ./chaos -runs $(RUNS) -seed $(SEED) $(if $(ONLY),-only '$(ONLY)') $(if $(PROFILE),-profile $(PROFILE))

LOAD ?=
.PHONY: load
load: ## test 50 builds at once, a 5 GiB context, 200,000 files, a 500 MB log; LOAD=-short for a tenth (Linux, root)
	tests/with-cluster.sh go test -count=1 -timeout 60m -v $(LOAD) ./load

.PHONY: corpus
corpus: packages ## build every Dockerfile of docs/restricted.md under every profile, and compare the images and their digests (Linux, root)
	KUBECTL_IMG_TESTS_CORPUS=all tests/with-cluster.sh go test -timeout 60m -run "TestCorpus|TestReproducible" -v ./e2e

HOSTILE = $(shell sed -n 's/^func \(Test[A-Za-z]*\)[^A-Za-z].*/\1/p' tests/e2e/hostile*_test.go | paste -s -d '|')
.PHONY: hostile
hostile: packages ## attack the builder from build steps, under every profile (Linux, root)
	tests/with-cluster.sh go test -count=1 -timeout 30m -run '^($(HOSTILE))$$' ./e2e

.PHONY: skew
skew: packages ## build against API servers of Kubernetes 1.30 to the newest, compiled once, 10 minutes each; ONLY=1.30 for one (Linux, root)
	cd tests && go test -count=1 -timeout 180m -v ./skew -record ../../docs/compatibility $(if $(ONLY),-only '$(ONLY)')

.PHONY: ownership-arm64
ownership-arm64: packages ## run ownership's tests on an emulated arm64 machine with Debian's kernel (Linux, root)
	CACHE='$(CACHE)' tests/arm64/run.sh

# One machine at a time: their processors are emulated. Each run writes what it found to docs/compatibility.
NODE_TESTS = go test -count=1 -timeout 180m -v ./nodes -record ../../docs/compatibility
.PHONY: nodes nodes-short nodes-arm64
nodes: packages ## build on virtual machines with Debian's kernels, AppArmor, cgroup v2 and systemd (Linux, root)
	KUBECTL_IMG_TESTS_NODES=modern tests/with-cluster.sh $(NODE_TESTS) -run 'TestNode|TestTwoNodes|TestHostile'
	KUBECTL_IMG_TESTS_NODES=old tests/with-cluster.sh $(NODE_TESTS) -run TestNode
nodes-short: packages ## install both profiles on a virtual machine, and build under every confined profile (Linux, root)
	KUBECTL_IMG_TESTS_NODES=modern tests/with-cluster.sh go test -count=1 -timeout 30m -v -short ./nodes -run TestNode
nodes-arm64: packages ## build on an emulated arm64 machine (Linux, root)
	KUBECTL_IMG_TESTS_NODES=arm64 tests/with-cluster.sh $(NODE_TESTS) -run 'TestNode|TestMakeImage'

BENCH ?=
.PHONY: bench
bench: packages ## measure against the same steps by hand, kaniko and buildx, in one run; BENCH=-strict fails above a limit (Linux, root)
	tests/with-cluster.sh go run ./bench $(BENCH)

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s); unit runs their seeds and earlier findings
	tools/fuzz.sh

.PHONY: lint
lint: packages ## run golangci-lint, which it compiles once, in minutes; and shellcheck
	tools/lint.sh

.PHONY: verify update
verify: verify-docs verify-seccomp verify-tidy ## check that generated files are fresh
update: update-docs update-seccomp update-tidy ## regenerate generated files

.PHONY: verify-docs update-docs
verify-docs: ## check the flag reference, the man page, docs/compatibility.md, the error tables, links and snippets
	go test ./docs
	go test -run 'TestFlagReference|TestManPage|TestInlineCommandsExist|TestPipelineSnippets' ./plugin
update-docs: ## regenerate docs/flags.md, the man page and docs/compatibility.md
	go test -run 'TestFlagReference|TestManPage' ./plugin -update
	go test -run TestCompatibility ./docs -update

.PHONY: verify-seccomp update-seccomp
verify-seccomp: ## check deploy/seccomp against containerd's default and extras.yaml
	cd tools/seccomp && go test ./...
update-seccomp: ## regenerate deploy/seccomp/kubectl-img.json
	cd tools/seccomp && go run . ../../deploy/seccomp

.PHONY: verify-tidy update-tidy
verify-tidy: ## check every go.mod
	go mod tidy -diff
	cd tests && go mod tidy -diff
	cd tools/seccomp && go mod tidy -diff
	cd tools/fileorder && go mod tidy -diff
	cd images/builder/ownership && go mod tidy -diff
	cd images/builder/img && go mod tidy -diff
update-tidy: ## tidy every go.mod
	go mod tidy
	cd tests && go mod tidy
	cd tools/seccomp && go mod tidy
	cd tools/fileorder && go mod tidy
	cd images/builder/ownership && go mod tidy
	cd images/builder/img && go mod tidy

.PHONY: dist verify-dist
dist: ## build the files of a release into dist/, as a snapshot
	tools/release/goreleaser.sh --snapshot --skip=sign
	go run ./krew/cmd/manifest >dist/img.yaml
verify-dist: ## check that dist/ is complete, and that a second build gives the same files
	cd tests && go test -count=1 -timeout 20m ./release

.PHONY: release
release: ## build the files of the release whose tag is checked out, into dist/: docs/releasing.md
	tools/release/build.sh '$(VERSION)'

# The plugin, and every Go program that is in a builder image. tools/vulncheck has a list of exceptions for each.
SHIPPED = . $(patsubst %/go.mod,%,$(wildcard images/builder/*/go.mod))
.PHONY: vulncheck
vulncheck: ## check that the plugin and the programs of the builder images reach no known vulnerability
	set -e; for module in $(SHIPPED); do tools/vulncheck.sh $$module; done

.PHONY: update-engine
update-engine: packages ## move BuildKit to VERSION=v…, or the newest; run corpus and hostile suite, and say what changed (Linux, root)
	tools/update-engine.sh $(if $(findstring command,$(origin VERSION)),'$(VERSION)')

.PHONY: image
image: ## build the builder image and push it to REGISTRY, with docker, buildah or kubectl img
	images/builder/publish.sh '$(REGISTRY)' '$(VERSION)'

.PHONY: cluster-up cluster-down
cluster-up: ## start the test cluster, to try things on (Linux, root)
	$(CLUSTER) up
cluster-down: ## stop the test cluster
	$(CLUSTER) down

.PHONY: clean
clean: ## stop the cluster and remove what was built and cached
	$(CLUSTER) down
	rm -rf bin dist $(CACHE)

.PHONY: packages
packages: ## install the Debian packages that the tests need
	tests/packages.sh
