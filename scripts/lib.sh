# shellcheck shell=bash
# Sourced first by every script here: strict mode, the paths, and how the scripts speak.
# Works with bash 3.2, which is what macOS ships.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=${PULSESTAGE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/pulsestage/tools}
# Behind what is there: where rustup puts cargo, which a shell that was open before does not know yet, and where
# Debian keeps runuser, which a root shell that did not log in may not have.
PATH=$TOOLS/bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin:/usr/sbin:/sbin
export PATH

# A relative target directory means "seen from where the command was typed", and we are about to move.
if [ -n "${CARGO_TARGET_DIR:-}" ] && [ "${CARGO_TARGET_DIR#/}" = "$CARGO_TARGET_DIR" ]; then
    export CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR
fi
cd "$ROOT"

# Colour only for people: a log file or NO_COLOR gets plain text.
if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    BOLD=$'\033[1m' RED=$'\033[31m' YELLOW=$'\033[33m' PLAIN=$'\033[0m'
else
    BOLD='' RED='' YELLOW='' PLAIN=''
fi

# Scripts call each other; the seconds they show are those since the first one began.
export PULSESTAGE_SCRIPT_START=${PULSESTAGE_SCRIPT_START:-$(date +%s)}
SECONDS=$(($(date +%s) - PULSESTAGE_SCRIPT_START))

# Everything the scripts say goes to stderr with those seconds; stdout stays for results.
log()  { printf '%s[%4ds]%s %s\n' "$BOLD" "$SECONDS" "$PLAIN" "$*" >&2; }
warn() { printf '%s[%4ds] warning:%s %s\n' "$YELLOW" "$SECONDS" "$PLAIN" "$*" >&2; }
die()  { printf '%s[%4ds] error:%s %s\n' "$RED" "$SECONDS" "$PLAIN" "$*" >&2; exit 1; }

# run COMMAND..: shows a command, then runs it.
run() {
    log "\$ $*"
    "$@"
}

have() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND HOW: stops with advice when a command is missing that no script should install by itself.
need() { have "$1" || die "$1 is missing. $2"; }

# in_ci: a continuous integration run, where nothing may be left out.
in_ci() { [ "${CI:-}" = true ]; }

# version_at_least HAVE WANT: compares dotted versions.
version_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# sha256: the checksum of standard input, on Linux and on macOS.
sha256() {
    if have sha256sum; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# release_paths: sets where a release build lands. Cargo is asked, because the target directory
# can come from the environment or from any cargo configuration file.
release_paths() {
    TARGET=$(cargo metadata --no-deps --format-version 1 |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    [ -n "$TARGET" ] || die 'cargo metadata did not name a target directory'
    BIN=$TARGET/release/pulsestage
    HASHES=$TARGET/release/hash.txt
    SITE=$TARGET/site
    export TARGET BIN HASHES SITE
}

# shellcheck source=scripts/tools.sh
. "$ROOT/scripts/tools.sh"
