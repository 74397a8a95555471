# The front door. Each target calls one script in scripts/, which can be called alone with more arguments.
.PHONY: help run platform build test test-asan test-tsan test-long test-containers lint format bench bench-quick fuzz docs clean test-helm test-monitoring test-docs test-cluster package test-package

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## Install what is missing, build, make an identity, start the server
	@scripts/run

platform: ## The whole platform on this machine, on one address, until Ctrl-C
	@scripts/platform

build: ## Build everything (release) into build/release/bin/
	@scripts/install-packages build && scripts/build release

test: ## All tests, and a short run of the fuzz targets
	@scripts/test

test-asan: ## All tests with the address and undefined behaviour sanitizers
	@scripts/test-sanitized asan

test-tsan: ## All tests with the thread sanitizer
	@scripts/test-sanitized tsan

test-long: ## All tests, with many more rounds where that helps
	@SOTTO_TEST_LONG=1 SOTTO_TEST_FUZZ_RUNS=1000000 scripts/test

test-containers: ## Container images and docker-compose.yml, run here
	@scripts/test-containers

test-helm: ## The Helm chart: values, renders, schemas of Kubernetes
	@scripts/test-helm

test-cluster: ## The Helm chart, installed on the cluster of KUBECONFIG
	@scripts/test-cluster

test-monitoring: ## Alert rules and dashboards, as Prometheus reads them
	@scripts/test-monitoring

test-docs: ## The commands of README.md and docs/, run here
	@scripts/test-docs

package: ## Debian packages of the standalone server and the tool
	@scripts/package

test-package: ## The same, looked into
	@scripts/test-package

lint: ## Format, directions of dependency, headers, clang-tidy
	@scripts/lint

format: ## Format all C++ files
	@scripts/format

bench: ## Benchmarks: all scenarios on standalone and platform
	@scripts/bench suite --json build/bench.json

bench-quick: ## The main costs beside the stored ones: what moved by more than 15 %
	@scripts/bench quick --against bench/results/quick.json

fuzz: ## The fuzz targets, ten minutes each
	@scripts/fuzz

docs: ## Write docs/configuration*.md anew
	@scripts/generate-docs

clean: ## Remove build/ (run/ with identity and data stays)
	@rm -rf build
