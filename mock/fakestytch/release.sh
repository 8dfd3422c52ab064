#!/bin/sh
# Builds the binaries of fakestytch and their checksums, the same to the byte wherever and
# whenever it runs with the same version of Go:
#
#   mock/fakestytch/release.sh DIR [OS/ARCH ...]
#
# Without a target it builds all of them. sha256sum -c SHA256SUMS, in DIR, checks them.
set -eu
if [ $# -lt 1 ]; then echo "usage: $0 DIR [OS/ARCH ...]" >&2; exit 2; fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
if [ $# -eq 0 ]; then
  set -- linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
fi
cd "$(dirname "$0")/../.."
for target; do
  os=${target%/*} arch=${target#*/} name=fakestytch-${target%/*}-${target#*/}
  if [ "$os" = windows ]; then name=$name.exe; fi
  echo "$name"
  # What the machine would add: where the sources are, the state of the checkout, C.
  GOOS=$os GOARCH=$arch GOAMD64=v1 GOARM64=v8.0 CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off \
    go build -trimpath -buildvcs=false -ldflags=-s -o "$out/$name" ./mock/fakestytch
done
cd "$out"
if command -v sha256sum >/dev/null; then sum="sha256sum"; else sum="shasum -a 256"; fi
$sum fakestytch-* >SHA256SUMS
