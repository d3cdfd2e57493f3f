# `make` alone explains the targets. GNU make 4.3 or newer, Go, and on the first run the Go module
# proxy are all they need: no Docker, no cluster.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The example to render, and the Crossplane CLI to do it with: by default the one pinned in
# tools/crossplane. A CLI from 2.3 on needs a core binary from 2.3 on as well, or Docker.
EXAMPLE ?= examples/quickstart
CROSSPLANE ?= $(PINNED_CROSSPLANE)
CROSSPLANE_CORE ?=
# Where the packages will be pulled from, if not from the place that they are named after: registry.example.org/stacks
REGISTRY ?=
# What the control plane offers: claim or namespaced.
FLAVOUR ?= claim
# The class of its stacks: default, with shared servers, or none, for nothing but a cluster.
CLASS ?= default
# How many stacks to measure at once.
STACKS ?= 1
# How long its tests may take, all together.
E2E_TIMEOUT ?= 40m
# A semantic version, also between tags and before the first one.
VERSION ?= $(or $(shell git describe --tags --dirty 2>/dev/null),$(addprefix v0.0.0-dev.g,$(shell git describe --always --dirty 2>/dev/null)),v0.0.0-dev)

# The same flags everywhere: the targets share what they compile, which is most of the time of a first run.
export CGO_ENABLED := 0
export GOFLAGS := $(strip $(GOFLAGS) -trimpath)

# Tools are built once per version, which is part of their names.
version_of = $(shell sed -n 's|^.*$(1) \(v[^ ]*\).*|\1|p' $(2))
CROSSPLANE_VERSION := $(call version_of,github.com/crossplane/crossplane/v2,tools/crossplane/go.mod)
GOLANGCI_LINT_VERSION := $(call version_of,github.com/golangci/golangci-lint/v2,tools/golangci-lint/go.mod)
PINNED_CROSSPLANE := _output/tools/crossplane-$(CROSSPLANE_VERSION)
# The newest line of the CLI, whose engine is the core binary that the control plane is built with.
NEWEST_CROSSPLANE := _output/tools/crossplane-cli-$(call version_of,github.com/crossplane/cli/v2,tools/crossplane-cli/go.mod)
NEWEST_CORE := _output/e2e/bin/crossplane
GOLANGCI_LINT := _output/tools/golangci-lint-$(GOLANGCI_LINT_VERSION)
GOTESTSUM := _output/tools/gotestsum-$(call version_of,gotest.tools/gotestsum,tools/gotestsum/go.mod)
# A cache of this clone's own: the linter's shared one remembers issues under other clones' paths.
export GOLANGCI_LINT_CACHE := $(CURDIR)/_output/cache/golangci-lint

build_tool = @cd tools/$(1) && go build -o $(abspath $@)

.PHONY: help
help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: render
render: build $(filter $(PINNED_CROSSPLANE),$(CROSSPLANE)) ## Print what an example becomes: EXAMPLE=examples/full, CROSSPLANE=your CLI, CROSSPLANE_CORE=core for a CLI from 2.3 on
	@go run ./hack/render -crossplane '$(CROSSPLANE)' -core '$(CROSSPLANE_CORE)' '$(EXAMPLE)'

.PHONY: render-newest
render-newest: $(NEWEST_CROSSPLANE) $(NEWEST_CORE) ## The same with the newest CLI and core, which are built first
	@$(MAKE) -s render CROSSPLANE=$(NEWEST_CROSSPLANE) CROSSPLANE_CORE=$(NEWEST_CORE)

.PHONY: test
test: $(GOTESTSUM) ## Vet and test everything, without a cluster; the last line is the total
	go vet ./...
	@$(GOTESTSUM) --format pkgname --format-icons text --format-hide-empty-pkg -- -timeout 20m ./...

.PHONY: goldens
goldens: ## Rewrite the expected.yaml and observed.yaml of every example; read the diff
	go test ./fn/ -run TestExamples -update

.PHONY: freeze
freeze: ## At a release: keep what this version makes, to hold the next one against it
	go test ./fn/ -run TestFreeze -freeze '$(VERSION)'

.PHONY: generate
generate: ## Regenerate deepcopy, XRDs and the CRDs of classes and of the input from the Go types
	go generate ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Lint the code, check go.mod
	$(GOLANGCI_LINT) run ./...
	go mod tidy -diff
	cd test/e2e && $(abspath $(GOLANGCI_LINT)) run --build-tags e2e ./... && go mod tidy -diff

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code as lint wants it
	$(GOLANGCI_LINT) fmt
	cd test/e2e && $(abspath $(GOLANGCI_LINT)) fmt

.PHONY: build
build: ## Build the function for this machine: _output/bin/function
	@go build -ldflags '-s -w -X main.version=$(VERSION)' -o _output/bin/function ./fn

.PHONY: package
package: $(PINNED_CROSSPLANE) ## Build and inspect the Crossplane packages, install files, checksums and a class to fill in, without Docker: _output/package
	go run ./hack/package -crossplane $(PINNED_CROSSPLANE) -version '$(VERSION)' -registry '$(REGISTRY)'

.PHONY: push
push: $(PINNED_CROSSPLANE) ## Push the packages of `make package` to a registry that one is logged in to, with the same VERSION and REGISTRY
	@test -n '$(REGISTRY)' || { echo 'name a registry: make push REGISTRY=registry.example.org/stacks' >&2; exit 1; }
	$(PINNED_CROSSPLANE) xpkg push -f "$$(echo _output/package/function-pipelinestack-*.xpkg | tr ' ' ,)" '$(REGISTRY)/function-pipelinestack:$(VERSION)'
	for p in _output/package/configuration-*.xpkg; do $(PINNED_CROSSPLANE) xpkg push -f "$$p" "$(REGISTRY)/$$(basename "$$p" .xpkg):$(VERSION)"; done

.PHONY: needs
needs:
	@cd test/e2e && go run ./cmd/needs

.PHONY: up
up: needs package ## Bring up a real control plane on loopback with two tenants, FLAVOUR=claim or namespaced, CLASS=default or none; needs mariadb-server
	cd test/e2e && go run ./cmd/controlplane up -flavour '$(FLAVOUR)' -class '$(CLASS)'

.PHONY: programs
programs: ## Build the programs of the control plane, which takes minutes the first time
	cd test/e2e && go run ./cmd/controlplane build

.PHONY: down
down: ## Stop the control plane and forget its state
	cd test/e2e && go run ./cmd/controlplane down

.PHONY: e2e
e2e: $(GOTESTSUM) ## Test against the control plane of `make up`; the last line is the total
	@cd test/e2e && $(abspath $(GOTESTSUM)) --format testname --format-icons text -- -tags e2e -count=1 -parallel 6 -timeout $(E2E_TIMEOUT) $${E2E_SKIP:+-skip "$$E2E_SKIP"} ./...

.PHONY: measure
measure: ## Count what stacks cost on the control plane of `make up`, which nobody else may use meanwhile: STACKS=20
	cd test/e2e && go run ./cmd/measure -stacks $(STACKS)

.PHONY: samples
samples: ## Write down the pods that Argo's controller makes for pipelines, with the control plane of `make up`; read the diff
	cd test/e2e && go run ./cmd/samples

.PHONY: bench
bench: ## Measure the function
	go test -run '^$$' -bench . ./fn/...

.PHONY: clean
clean: ## Remove all that was built, tools included
	@[ ! -e _output/e2e/state/state.json ] || $(MAKE) down
	rm -rf _output

$(PINNED_CROSSPLANE):
	@echo 'Building the Crossplane CLI $(CROSSPLANE_VERSION), once; this takes some minutes' >&2
	$(call build_tool,crossplane) -ldflags '-s -w -X github.com/crossplane/crossplane/v2/internal/version.version=$(CROSSPLANE_VERSION)' github.com/crossplane/crossplane/v2/cmd/crank

$(NEWEST_CROSSPLANE):
	@echo 'Building the newest Crossplane CLI, once; this takes some minutes' >&2
	$(call build_tool,crossplane-cli) -ldflags '-s -w' github.com/crossplane/cli/v2/cmd/crossplane

$(NEWEST_CORE): test/e2e/crossplane/go.mod
	@$(MAKE) -s programs
	@touch $@

$(GOLANGCI_LINT):
	@echo 'Building golangci-lint $(GOLANGCI_LINT_VERSION), once; this takes a minute or two' >&2
	$(call build_tool,golangci-lint) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(GOTESTSUM):
	@echo 'Building gotestsum, once; this takes some seconds' >&2
	$(call build_tool,gotestsum) gotest.tools/gotestsum
