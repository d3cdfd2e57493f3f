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
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo v0.0.0-dev)

# Tools are built once per version, which is part of their names.
version_of = $(shell sed -n 's|^.*$(1) \(v[^ ]*\).*|\1|p' $(2))
CROSSPLANE_VERSION := $(call version_of,github.com/crossplane/crossplane/v2,tools/crossplane/go.mod)
GOLANGCI_LINT_VERSION := $(call version_of,github.com/golangci/golangci-lint/v2,tools/golangci-lint/go.mod)
PINNED_CROSSPLANE := _output/tools/crossplane-$(CROSSPLANE_VERSION)
GOLANGCI_LINT := _output/tools/golangci-lint-$(GOLANGCI_LINT_VERSION)
# A cache of this clone's own: the linter's shared one remembers issues under other clones' paths.
export GOLANGCI_LINT_CACHE := $(CURDIR)/_output/cache/golangci-lint

build_tool = @cd tools/$(1) && CGO_ENABLED=0 go build -trimpath -o $(abspath $@)

.PHONY: help
help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: render
render: build $(filter $(PINNED_CROSSPLANE),$(CROSSPLANE)) ## Print what an example becomes: EXAMPLE=examples/full, CROSSPLANE=your CLI, CROSSPLANE_CORE=core for a CLI from 2.3 on
	@go run ./hack/render -crossplane '$(CROSSPLANE)' -core '$(CROSSPLANE_CORE)' '$(EXAMPLE)'

.PHONY: test
test: ## Vet and test everything, without a cluster; the last line is the total
	go vet ./...
	@go test -json -timeout 20m ./... | go run ./hack/testtotal

.PHONY: goldens
goldens: ## Rewrite the expected.yaml of every example; read the diff
	go test ./fn/ -run TestExamples -update

.PHONY: generate
generate: ## Regenerate deepcopy, XRDs and the input CRD from the Go types
	go generate ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Lint the code, prove that the lint's walls stand, check go.mod
	$(GOLANGCI_LINT) run ./...
	go run ./hack/lintwalls $(GOLANGCI_LINT)
	go mod tidy -diff

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code as lint wants it
	$(GOLANGCI_LINT) fmt

.PHONY: build
build: ## Build the function for this machine: _output/bin/function
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o _output/bin/function ./fn

.PHONY: package
package: $(PINNED_CROSSPLANE) ## Build and inspect the Crossplane packages, without Docker: _output/package/*.xpkg
	go run ./hack/package -crossplane $(PINNED_CROSSPLANE) -version '$(VERSION)'

.PHONY: up
up: package ## Bring up a real control plane on loopback with two tenants; needs mariadb-server
	cd test/e2e && go run ./cmd/controlplane up

.PHONY: down
down: ## Stop the control plane and forget its state
	cd test/e2e && go run ./cmd/controlplane down

.PHONY: e2e
e2e: ## Test against the control plane of `make up`
	cd test/e2e && go test -tags e2e -count=1 -timeout 40m -v .

.PHONY: bench
bench: ## Measure the function
	go test -run '^$$' -bench . ./fn/...

.PHONY: clean
clean: ## Remove all that was built, tools included
	rm -rf _output

$(PINNED_CROSSPLANE):
	@echo 'Building the Crossplane CLI $(CROSSPLANE_VERSION), once; this takes some minutes' >&2
	$(call build_tool,crossplane) -ldflags '-s -w -X github.com/crossplane/crossplane/v2/internal/version.version=$(CROSSPLANE_VERSION)' github.com/crossplane/crossplane/v2/cmd/crank

$(GOLANGCI_LINT):
	@echo 'Building golangci-lint $(GOLANGCI_LINT_VERSION), once; this takes a minute or two' >&2
	$(call build_tool,golangci-lint) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
