# make test     what Go alone can prove in minutes (hermetic; a C compiler adds the race detector)
# make e2e      real parts, and the long searches; installs what it needs
# make build    the static binary, in bin/
# make image    the image of Pacific itself, as a tar in bin/
# make man      the man pages, in bin/man/man1
# make dist     archives for all platforms, the image and their sums, in bin/dist
# make picture  the README's picture, of what pacific demo prints; docs/demo.svg
# make lint     gofmt, vet, go fix, staticcheck, tidy (part of make test)
# make fuzz     every fuzz target for a moment (part of make e2e; make test runs their seeds)
# make e2e-terraform  the same for the SDK of Terraform's provider, which is a download of 150 MB
# make e2e-azure  the whole story on a real account, and what its Azure says of our assumptions; asks for consent
# make screens  pictures of the demo in the user interface of a real Prefect server, in bin/screens
# make bench    figures, as ratios side by side in one run; docs/benchmarks.md
# make bench-workers  Pacific's worker beside prefect-azure's, for an hour; the same page

GO ?= go
export GOTOOLCHAIN ?= local
export GOFLAGS ?= -buildvcs=false
RACE := $(shell command -v $$($(GO) env CC) >/dev/null 2>&1 && echo -race)
# Tests are not run in a debugger, and without its data everything compiles in five sixths of the time.
NODWARF := -gcflags=all=-dwarf=false

.PHONY: build image man dist picture test unit lint fuzz e2e e2e-terraform e2e-azure screens bench bench-workers

# With the revision in it, wherever git can tell it.
build:
	CGO_ENABLED=0 $(GO) build $(shell git status --porcelain >/dev/null 2>&1 && echo -buildvcs=true) -trimpath -ldflags "-s -w" -o bin/pacific ./cmd/pacific

# Without Docker, and the same on every machine.
image:
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 $(GO) build -trimpath -ldflags "-s -w" -o bin/image/pacific ./cmd/pacific
	$(GO) run ./cmd/pacific image build bin/image/pacific --output bin/pacific-image.tar

man: build
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) bin/pacific man bin/man/man1

# What a release has; equal commits give equal files.
dist:
	GO=$(GO) $(GO) run ./internal/dist -out bin/dist

picture: build
	FORCE_COLOR=1 bin/pacific demo >bin/demo.txt
	$(GO) run ./internal/termsvg -title 'pacific demo' -paragraphs 1,2,7,9,10,11 <bin/demo.txt >docs/demo.svg

test: lint unit

# A program that was built for the race detector waits a second at its end, for reports of others that still write; ours have none.
# The longest packages come first, so that none of them runs alone in the end, and one package more than there are processors at
# a time, as many wait for other processes.
unit: export GORACE ?= atexit_sleep_ms=0
unit: JOBS = $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)
unit:
ifeq ($(RACE),)
	@echo "make test: no C compiler found, so this run is without the race detector"
endif
	CGO_ENABLED=$(if $(RACE),1,0) $(GO) test -vet off -timeout 20m -p $(JOBS) $(RACE) $(NODWARF) ./worker ./aci ./...

# With the flags of unit, so that a fresh machine compiles everything once; staticcheck itself is built without them.
# Compilers and checkers that collect garbage more rarely need a sixth less time.
lint: export CGO_ENABLED = $(if $(RACE),1,0)
lint: export GOGC ?= 400
lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet $(RACE) $(NODWARF) ./...
	$(GO) fix -diff $(RACE) $(NODWARF) ./...
	GOFLAGS="$(GOFLAGS) $(RACE) $(NODWARF)" $$(CGO_ENABLED=0 GOFLAGS="$(GOFLAGS) $(NODWARF)" $(GO) tool -modfile=tools.mod -n staticcheck) ./...

# Every fuzz target there is, for a moment; FUZZ_EXECS=100000 make fuzz looks longer.
fuzz:
	GO=$(GO) ./internal/fuzz.sh

e2e:
	./e2e/run

# Its SDK takes 800 MB of disk, so make e2e leaves it out. The README has the day of the last run.
e2e-terraform:
	bash -euc '. e2e/setup; PACIFIC_E2E_TERRAFORM=1 $(GO) test -tags e2e -count 1 -v -run "^TestTerraform$$" ./e2e'

# A program and not a test, so that Ctrl-C leaves it the time to delete what it made.
e2e-azure: build
	$(GO) build -o bin/e2e-azure ./e2e/onazure
	bin/e2e-azure

screens:
	bash -euc '. e2e/setup; PACIFIC_SCREENS="$$PWD/bin/screens" $(GO) test -tags e2e -count 1 -v -run "^TestScreens$$" ./e2e'

# PACIFIC_E2E_AZ names an az that is measured too, PACIFIC_E2E_PREFECT3_PYTHON a Python with Prefect; those that make e2e has
# installed are taken by themselves.
bench: export PACIFIC_BENCH := 1
bench: export PACIFIC_E2E_AZ ?= $(wildcard $(CURDIR)/.cache/e2e/az/bin/az)
bench: export PACIFIC_E2E_PREFECT3_PYTHON ?= $(wildcard $(CURDIR)/.cache/e2e/prefect3/bin/python)
bench:
	cd bench && $(GO) test -run '^TestFigures$$' -count 1 -timeout 20m

bench-workers: export PACIFIC_BENCH_WORKERS := 1
bench-workers: export PACIFIC_E2E_PREFECT3_PYTHON ?= $(wildcard $(CURDIR)/.cache/e2e/prefect3/bin/python)
bench-workers:
	cd bench && $(GO) test -run '^TestWorkers$$' -count 1 -timeout 90m -v
