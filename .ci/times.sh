#!/usr/bin/env bash
# Measures the README's two commands as a newcomer meets them: in a fresh clone, with empty
# caches, and again with warm ones. It writes .ci/times-idle.json or .ci/times-busy.json;
# the word says what else the machine does, which the script cannot know. Then
#
#	.ci/times.sh idle && go test -run TestReadmeFigures -update .
#
# brings the README up to date.
set -euo pipefail
case "${1:-}" in idle | busy) machine=$1 ;; *)
  echo "usage: .ci/times.sh idle|busy" >&2
  exit 2
  ;;
esac
cd "$(dirname "$0")/.."
to="$PWD/.ci/times-$machine.json"
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
git clone -q . "$work/clone"
cd "$work/clone"

# Nothing of this machine's caches counts, nor of its settings; the module proxy is the
# one that it has.
empty() {
  chmod -R u+w "$work/go" 2>/dev/null || true
  rm -rf "$work/go"
  mkdir -p "$work/go/build" "$work/go/mod" "$work/go/tmp"
}
export GOCACHE="$work/go/build" GOMODCACHE="$work/go/mod" TMPDIR="$work/go/tmp"
unset GOFLAGS

now() { date +%s%N; }
seconds() { echo $((($2 - $1 + 500000000) / 1000000000)); } # rounded

# classroom prints the seconds until the front page is there.
classroom() {
  local log="$work/log" begin end url pid
  : >"$log"
  begin=$(now)
  set -m # a process group of its own, with the program that go run starts
  go run ./examples/classroom -addr 127.0.0.1:0 >"$log" 2>"$work/errors" &
  pid=$!
  set +m
  while :; do
    url=$(grep -o 'http://[0-9.]*:[0-9]*' "$log" | head -n1 || true)
    if [ -n "$url" ] && curl -fsS -o "$work/page" "$url/" && grep -q "<html" "$work/page"; then break; fi
    if ! kill -0 "$pid" 2>/dev/null; then cat "$work/errors" >&2; return 1; fi
    sleep 0.1
  done
  end=$(now)
  kill -INT -- "-$pid"
  wait "$pid" || true
  seconds "$begin" "$end"
}

# tests prints the seconds of the second command.
tests() {
  local begin
  begin=$(now)
  go test "$@" ./... >"$work/log" 2>&1 || { grep -v '^ok' "$work/log" | tail -n 40 >&2; echo "the tests failed; their time counts nevertheless" >&2; }
  seconds "$begin" "$(now)"
}

# downloaded prints the number of modules whose files were fetched, and the megabytes.
downloaded() {
  local files bytes
  files=$(find "$GOMODCACHE/cache/download" -name '*.zip' | wc -l)
  bytes=$(find "$GOMODCACHE/cache/download" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f", sum / 1e6 }')
  echo "$files $bytes"
}

load=$(cut -d' ' -f1 /proc/loadavg)
empty
page_cold=$(classroom)
read -r page_modules page_megabytes < <(downloaded)
page_warm=$(classroom)
empty
tests_cold=$(tests)
read -r tests_modules tests_megabytes < <(downloaded)
tests_warm=$(tests -count=1)

cat >"$to" <<END
{
  "date": "$(date -u +%Y-%m-%d)",
  "go": "$(go env GOVERSION)",
  "processors": $(nproc),
  "load_before": $load,
  "classroom": {"cold_seconds": $page_cold, "warm_seconds": $page_warm, "modules": $page_modules, "megabytes": $page_megabytes},
  "tests": {"cold_seconds": $tests_cold, "warm_seconds": $tests_warm, "modules": $tests_modules, "megabytes": $tests_megabytes}
}
END
cat "$to"
