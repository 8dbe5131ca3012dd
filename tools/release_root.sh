# Makes and enters the root file system of another release of Debian or Ubuntu. Source this file: it takes the options
# and arguments of the script, and sets release, distribution, suite, folder and root. Relative paths among them begin
# in the folder `caller`, from which the script was called.
#   [--mirror URL] [--keyring FILE] ... RELEASE [FOLDER]

fail() { echo "$(basename "$0" .sh): $1" >&2; exit "${2:-1}"; }

from_caller() { case $1 in /*) echo "$1" ;; *) echo "$caller/$1" ;; esac; }

read_release_arguments() {  # usage: a function that prints the script's
  mirror=${SSD_MIRROR:-} keyring=() arguments=()
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --mirror) mirror=${2:?}; shift ;;
      --keyring) keyring=(--keyring="$(from_caller "${2:?}")"); shift ;;
      -*) usage >&2; exit 2 ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
}

choose_release() {  # debian:bookworm [folder]
  release=${1:-}
  case $release in debian:?* | ubuntu:?*) ;; *) usage >&2; exit 2 ;; esac
  distribution=${release%%:*} suite=${release#*:}
  folder=$(from_caller "${2:-/var/tmp/ssd320-$distribution-$suite}")
  [ "$(id -u)" -eq 0 ] || fail "it must be run by root: it makes a root file system"
  command -v debootstrap >/dev/null || fail "debootstrap is missing: install it (apt-get install debootstrap)"
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  root=$folder/root
}

# The first address in this machine's apt sources, where they are of the same distribution.
apt_mirror() {
  [ "$(. /etc/os-release && echo "$ID")" = "$distribution" ] || return 0
  cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' | sed -n 1p || true
}

make_root() {
  [ -e "$folder/ready" ] && return
  [ -n "$mirror" ] || mirror=$(apt_mirror)
  [ -n "$mirror" ] || fail "say where the packages of $release are: --mirror URL"
  local components=main script=sid
  if [ "$distribution" = ubuntu ]; then components=main,universe script=gutsy; fi
  [ -e "/usr/share/debootstrap/scripts/$suite" ] && script=$suite
  echo "== making $root ($folder/debootstrap.log)"
  rm -rf "$root"
  debootstrap --variant=minbase --components=$components --include=ca-certificates "${keyring[@]}" \
    "$suite" "$root" "$mirror" "/usr/share/debootstrap/scripts/$script" >"$folder/debootstrap.log" 2>&1 ||
    { tail -n 5 "$folder/debootstrap.log" >&2; fail "debootstrap failed"; }
  touch "$folder/ready"
}

inside() {  # a command in the root file system, in the folder $1 there; its mounts and processes end with it
  local place=$1
  shift
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc" && cd "$0" && exec chroot "$0" "$@"' "$root" \
    env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash -c 'cd "$0" && exec "$@"' "$place" "$@" </dev/null
}
