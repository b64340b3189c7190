# Everything that is done with this repository. It needs Linux, Go 1.21 or later (which fetches the Go
# that go.mod asks for) and make; demo, test and e2e need root.

export GOTOOLCHAIN := auto
export CGO_ENABLED := 0
# Nothing built here is released, and a new commit alone is no reason to link anew.
export GOFLAGS := $(GOFLAGS) -buildvcs=false
# Tools keep what they keep in the clone.
export GOLANGCI_LINT_CACHE := $(CURDIR)/build/golangci-lint
export HELM_CACHE_HOME := $(CURDIR)/build/helm
export HELM_CONFIG_HOME := $(CURDIR)/build/helm
export HELM_DATA_HOME := $(CURDIR)/build/helm

TOOL := go tool -modfile=go.tools.mod
CRDS := charts/fairway/files/crds

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show what can be made.
	@grep -E '^[a-z0-9]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.PHONY: demo
demo: root ## Run a hub and two members here and send requests; ONCE=1 ends after the check.
	@echo '==> demo'
	@mkdir -p build/bin
	@cd e2e && go build -o ../build/bin/demo ./demo
	@cd e2e && exec ../build/bin/demo $(if $(ONCE),--once)

.PHONY: test
test: root unit e2e ## Run all tests: unit, golden, rules, and those on real clusters.

.PHONY: unit
unit: ## Run the fast tests: unit, golden and rules.
	@echo '==> unit and golden tests of the product'
	@go test ./...
	@echo '==> rules of the repository'
	@cd e2e && go test -vet=off -count=1 ./rules

# Suites run one at a time, since each starts clusters; what they are made of is compiled before that,
# on all cores. Vetting Kubernetes itself would take longer than everything else.
.PHONY: e2e
e2e: root ## Run the tests on real clusters.
	@echo '==> compiling the tests on real clusters; the first time this takes minutes'
	@cd e2e && go list -export -deps -test ./... >/dev/null
	@echo '==> tests on real clusters'
	@cd e2e && go test -vet=off -count=1 -p 1 -timeout 40m -v $$(go list ./... | grep -v /rules$$)

.PHONY: lint
lint: ## Lint the product's code and the chart.
	@echo '==> linting code (the first time the linter is compiled)'
	@$(TOOL) golangci-lint run ./...
	@echo '==> linting the chart'
	@$(TOOL) helm lint --strict --quiet charts/fairway

.PHONY: golden
golden: ## Write the golden files anew from what the tests see.
	@echo '==> golden files'
	@go test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' cmd providers reconcile | xargs -n1 dirname | sort -u | sed 's,^,./,') -update

.PHONY: generate
generate: ## Write generated code and CRDs anew.
	@echo '==> generating deep copies and CRDs'
	@$(TOOL) controller-gen paths=./api/... object crd:maxDescLen=400 output:crd:dir=$(CRDS)

# What is generated is compared with what is there; Go does not look into a folder with an underscore.
.PHONY: verify
verify: ## Check that generated files and go.mod files are up to date.
	@echo '==> generated files'
	@rm -rf build/_generated && mkdir -p build/_generated/object build/_generated/crds
	@$(TOOL) controller-gen paths=./api/... object crd:maxDescLen=400 \
		output:object:dir=build/_generated/object output:crd:dir=build/_generated/crds
	@diff -u api/v1alpha1/zz_generated.deepcopy.go build/_generated/object/zz_generated.deepcopy.go && \
		diff -ru $(CRDS) build/_generated/crds || { echo 'generated files are old: make generate' >&2; exit 1; }
	@echo '==> go.mod files'
	@go mod tidy -diff
	@cd e2e && go mod tidy -diff

.PHONY: root
root:
	@test "$$(id -u)" = 0 || { echo 'Clusters live in namespaces of their own, which takes root. Try:' >&2; \
		echo '  sudo env "PATH=$$PATH" make $(MAKECMDGOALS)' >&2; exit 1; }
