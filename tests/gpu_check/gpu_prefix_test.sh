#!/usr/bin/env bash
# Runs tools/gpu_prefix.sh with a stand-in for apt-get, in whose Debian every library depends on libc6 and python3.
#   gpu_prefix_test.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "gpu_prefix_test: $1" >&2; cat "$folder/out" >&2; exit 1; }

mkdir "$folder/bin" "$folder/tools"
cp tools/setup.sh tools/gpu_prefix.sh "$folder/tools/"
cat >"$folder/bin/apt-get" <<'END'
#!/usr/bin/env bash
wanted=() command=
while [ $# -gt 0 ]; do
  case $1 in
    -o) shift ;;
    -*) ;;
    *) if [ -n "$command" ]; then wanted+=("$1"); else command=$1; fi ;;
  esac
  shift
done
case $command in
  install) for name in libc6 python3 "${wanted[@]}"; do echo "Inst $name (1 Debian:12)"; echo "Conf $name"; done ;;
  download) for name in "${wanted[@]}"; do [ "$name" = "${LOST:-}" ] || touch "${name}_1%3a2_amd64.deb"; done ;;
  *) exit 1 ;;
esac
END
chmod +x "$folder/bin/apt-get"
run() { PATH=$folder/bin:$PATH "$folder/tools/gpu_prefix.sh" >"$folder/out" 2>&1; }

run || fail "it failed"
for name in $(tools/setup.sh --list); do
  case $name in
    g++ | cmake | ninja-build | ccache | git | libboost-context-dev) wanted=0 ;;
    *) wanted=1 ;;
  esac
  got=$(find "$folder/.gpu-prefix" -name "${name}_1_2_amd64.deb" | wc -l)
  [ "$got" -eq $wanted ] || fail "$name: $got instead of $wanted"
done
[ -z "$(find "$folder/.gpu-prefix" -type f -name 'libc6_*' -o -name 'python3_*' -o -name 'list')" ] ||
  fail "too much came"
! LOST=libyaml-cpp-dev run || fail "it did not notice that a package is missing"
echo "gpu_prefix_test: passed"
