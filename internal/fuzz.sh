#!/usr/bin/env bash
# Runs every fuzz target of the module for a moment, whichever there are, and fails on the first finding; make e2e
# calls it. A finding is written to the package's testdata/fuzz, as go test -fuzz does; nothing else is written into the tree.
#
#   internal/fuzz.sh [PACKAGE…]     FUZZ_EXECS=100000 internal/fuzz.sh ./aci    (default: ./..., 2000 inputs a target)
#
# Inputs are counted, not seconds: up to Go 1.26 a time that runs out can be reported as a failure of the target
# (golang/go#75804), the more likely the busier the machine.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go} execs=${FUZZ_EXECS:-2000} began=$SECONDS targets=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# go list knows build tags and skips what is no package of ours: "import path, folder, test file" a line.
# shellcheck disable=SC2016 # $p is the template's
"$go" list -f '{{$p := .}}{{range .TestGoFiles}}{{$p.ImportPath}} {{$p.Dir}} {{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$p.ImportPath}} {{$p.Dir}} {{.}}{{"\n"}}{{end}}' \
	"${@:-./...}" >"$work/files"
while read -r package folder file; do
	[ -n "$package" ] || continue
	sed -nE "s|^func (Fuzz[A-Za-z0-9_]*)\(.*|$package $folder \1|p" "$folder/$file"
done <"$work/files" >"$work/targets"

while read -r package folder target; do
	binary=$work/${package//\//_}.test
	# One build a package; -fuzz instruments it, which is what guides the inputs.
	[ -e "$binary" ] || CGO_ENABLED=0 "$go" test -c -fuzz . -o "$binary" "$package"
	if ! (cd "$folder" && "$binary" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "${execs}x" -test.fuzzminimizetime 10s \
		-test.timeout 10m -test.fuzzcachedir "$work/cache/$package") >"$work/log" 2>&1 </dev/null; then
		cat "$work/log"
		echo "fuzz: $target in $package found something; the input is in its testdata/fuzz" >&2
		exit 1
	fi
	targets=$((targets + 1))
done <"$work/targets"
[ "$targets" -gt 0 ] || { echo "fuzz: no fuzz target found" >&2; exit 1; }
echo "fuzz: $targets targets, $execs inputs each: $((SECONDS - began)) s"
