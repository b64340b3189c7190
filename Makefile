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
REFERENCE := $(TOOL) crd-ref-docs --source-path=api --config=docs/api-reference.yaml --renderer=markdown --log-level=ERROR

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show what can be made.
	@grep -E '^[a-z0-9]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.PHONY: demo
demo: root ## Run a hub and two members here and send requests; ONCE=1 ends after the check, SPARE=north starts another cluster to join.
	@echo '==> demo'
	@mkdir -p build/bin
	@cd e2e && go build -o ../build/bin/demo ./demo
	@cd e2e && exec ../build/bin/demo $(if $(ONCE),--once) $(if $(SPARE),--spare $(SPARE))

.PHONY: test
test: root unit simulators e2e ## Run all tests: unit, golden, rules, simulators, and those on real clusters.

.PHONY: unit
unit: ## Run the fast tests: unit, golden and rules.
	@echo '==> unit and golden tests of the product'
	@go test ./...
	@echo '==> rules of the repository'
	@cd e2e && go test -vet=off -count=1 ./rules

.PHONY: simulators
simulators: ## Run the tests of the cloud simulators.
	@echo '==> tests of the simulators'
	@cd e2e/simulators && go test ./...

.PHONY: sim-aws
sim-aws: ## Run the AWS simulator; FLAGS are its flags.
	@mkdir -p build/bin
	@cd e2e/simulators && go build -o ../../build/bin/fairway-sim-aws ./cmd/fairway-sim-aws
	@exec build/bin/fairway-sim-aws $(FLAGS)

# Suites run one at a time, since each starts clusters; what they are made of is compiled before that,
# on all cores. Vetting Kubernetes itself would take longer than everything else.
.PHONY: e2e
e2e: root ## Run the tests on real clusters.
	@echo '==> compiling the tests on real clusters; the first time this takes minutes'
	@cd e2e && go list -export -deps -test ./... >/dev/null
	@echo '==> tests on real clusters'
	@cd e2e && go test -vet=off -count=1 -p 1 -timeout 40m -v $$(go list ./... | grep -v /rules$$)

.PHONY: conformance
conformance: root ## Run the Gateway API's conformance suite and write its report anew.
	@echo '==> conformance'
	@cd e2e && go test -vet=off -count=1 -timeout 60m -v ./conformance -update

.PHONY: bench
bench: root ## Measure how soon changes reach traffic, and what they cost; FLAGS are its flags.
	@mkdir -p build/bin
	@cd e2e && go build -o ../build/bin/bench ./bench
	@cd e2e && exec ../build/bin/bench --out ../build/bench $(FLAGS)

# What the tests do once is done here often, at random, and with the race detector, which takes a C compiler.
.PHONY: soak
soak: root ## Run for about an hour what is too long for make test: many rounds, random orders, the race detector.
	@echo '==> race detector, three rounds in random order'
	@CGO_ENABLED=1 go test -race -count=3 -shuffle=on -timeout 60m ./...
	@cd e2e/simulators && CGO_ENABLED=1 go test -race -count=3 -shuffle=on -timeout 60m ./...
	@for round in 1 2 3; do \
		echo "==> tests on real clusters, round $$round"; \
		(cd e2e && go test -vet=off -count=1 -p 1 -timeout 40m ./multicluster ./conformance) || exit 1; \
	done

.PHONY: lint
lint: ## Lint the product's code and the chart.
	@echo '==> linting code (the first time the linter is compiled)'
	@$(TOOL) golangci-lint run ./...
	@cd e2e/simulators && go tool -modfile=../../go.tools.mod golangci-lint run ./...
	@echo '==> linting the chart'
	@$(TOOL) helm lint --strict --quiet charts/fairway

.PHONY: golden
golden: ## Write the golden files anew from what the tests see.
	@echo '==> golden files'
	@go test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' cmd providers reconcile | xargs -n1 dirname | sort -u | sed 's,^,./,') -update

.PHONY: generate
generate: ## Write generated code, CRDs and the API reference anew.
	@echo '==> generating deep copies, CRDs and the API reference'
	@$(TOOL) controller-gen paths=./api/... object crd:maxDescLen=400 output:crd:dir=$(CRDS)
	@$(REFERENCE) --output-path=docs/api.md >/dev/null

# What is generated is compared with what is there; Go does not look into a folder with an underscore.
.PHONY: verify
verify: ## Check that generated files and go.mod files are up to date.
	@echo '==> generated files'
	@rm -rf build/_generated && mkdir -p build/_generated/object build/_generated/crds
	@$(TOOL) controller-gen paths=./api/... object crd:maxDescLen=400 \
		output:object:dir=build/_generated/object output:crd:dir=build/_generated/crds
	@diff -u api/v1alpha1/zz_generated.deepcopy.go build/_generated/object/zz_generated.deepcopy.go && \
		diff -ru $(CRDS) build/_generated/crds && $(REFERENCE) --output-path=build/_generated/api.md >/dev/null && \
		diff -u docs/api.md build/_generated/api.md || { echo 'generated files are old: make generate' >&2; exit 1; }
	@echo '==> go.mod files'
	@go mod tidy -diff
	@cd e2e && go mod tidy -diff
	@cd e2e/simulators && go mod tidy -diff

.PHONY: root
root:
	@test "$$(id -u)" = 0 || { echo 'Clusters live in namespaces of their own, which takes root. Try:' >&2; \
		echo '  sudo env "PATH=$$PATH" make $(MAKECMDGOALS)' >&2; exit 1; }
