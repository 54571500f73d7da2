# shellcheck shell=bash
# Sourced by lib.sh: one ensure_* function for each tool. Each looks first and is silent when the tool is
# there in the right version; otherwise it says what it installs and how long that may take. What cargo and
# npm install goes to $TOOLS; only Debian packages touch the system, and where there is no apt-get the
# function stops and names what to install.

CARGO_LEPTOS_VERSION=0.3.10
BINARYEN_VERSION=132
NEXTEST_VERSION=0.9.143
NEXTEST_MINIMUM=0.9.100
CARGO_DENY_VERSION=0.20.2
WASM_TARGET=wasm32-unknown-unknown

# reports COMMAND VERSION: true when `COMMAND --version` names exactly that version.
reports() {
    have "$1" && case " $("$1" --version 2>/dev/null | head -n 1) " in *" $2 "*) ;; *) false ;; esac
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        die "this needs root: $*"
    fi
}

# apt_install WHAT PACKAGE..: installs Debian packages, or says what to install by hand.
apt_install() {
    local what=$1
    shift
    have apt-get || die "$what is missing. Install it with your package manager (Debian calls it: $*) and try again."
    log "installing $what (Debian packages: $*); a minute or two"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q)
    if [ -z "${APT_UPDATED:-}" ]; then
        as_root "${apt[@]}" update </dev/null
        APT_UPDATED=1
    fi
    as_root "${apt[@]}" install -y --no-install-recommends "$@" </dev/null
}

# cargo_install CRATE VERSION MINUTES FLAG..: builds a cargo tool into $TOOLS. Link-time optimisation is off:
# these tools run for seconds, and waiting for their optimiser would cost minutes.
cargo_install() {
    local crate=$1 version=$2 minutes=$3
    shift 3
    log "installing $crate $version into $TOOLS; about $minutes minutes on two cores, once"
    env -u RUSTFLAGS CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0 \
        CARGO_TARGET_DIR="$TOOLS/build" \
        cargo install "$crate@$version" --root "$TOOLS" "$@"
    rm -rf "$TOOLS/build"
}

# ensure_rust: the toolchain that rust-toolchain.toml names, with the browser's target, clippy and rustfmt.
ensure_rust() {
    [ -z "${RUST_READY:-}" ] || return 0
    need cargo 'Install Rust from https://rustup.rs, open a new shell and try again.'
    local channel installed
    channel=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
    if have rustup; then
        # RUSTUP_AUTO_INSTALL=0 may be set, so the toolchain file alone is not enough.
        installed=$(rustup toolchain list)
        case $installed in
            *"$channel"*) ;;
            *)
                log "installing Rust $channel with rustup; about a minute"
                rustup toolchain install "$channel" --profile minimal --component clippy,rustfmt \
                    --target "$WASM_TARGET" --no-self-update || use_default_toolchain "$channel"
                ;;
        esac
    fi
    installed=$(rustc --version | cut -d ' ' -f 2)
    version_at_least "$installed" "$channel" ||
        die "rustc is $installed, PulseStage needs $channel or newer. With https://rustup.rs this script installs it."
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$WASM_TARGET/lib" ]; then
        have rustup ||
            die "this Rust cannot build for the browser: add its $WASM_TARGET standard library, or use https://rustup.rs."
        log "adding the Rust target $WASM_TARGET; a few seconds"
        rustup target add "$WASM_TARGET"
    fi
    RUST_READY=1
}

# use_default_toolchain CHANNEL: where rustup cannot fetch, a toolchain that is already there will do if it is new enough.
use_default_toolchain() {
    local name
    name=$(rustup default | cut -d ' ' -f 1)
    warn "Rust $1 could not be installed, trying the toolchain $name"
    export RUSTUP_TOOLCHAIN=$name
}

# ensure_rust_lints: clippy and rustfmt for the same toolchain.
ensure_rust_lints() {
    ensure_rust
    local component
    for component in clippy fmt; do
        if ! cargo "$component" --version >/dev/null 2>&1; then
            need rustup "Install cargo $component for this toolchain."
            log "adding clippy and rustfmt to the toolchain; a few seconds"
            rustup component add clippy rustfmt
        fi
    done
}

# ensure_c_compiler: SQLite is compiled from source; OpenSSL, for the tools that cargo installs, wants make and perl.
ensure_c_compiler() {
    if ! have cc || ! have make || ! have perl; then
        apt_install 'a C compiler with make and perl' gcc libc6-dev make perl
    fi
}

ensure_cargo_leptos() {
    reports cargo-leptos "$CARGO_LEPTOS_VERSION" && return 0
    ensure_rust
    ensure_c_compiler
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
        cargo_install cargo-leptos "$CARGO_LEPTOS_VERSION" 8 --locked --features no_downloads
}

# ensure_wasm_bindgen: the command line tool must be the very version of the locked crate.
ensure_wasm_bindgen() {
    [ -f Cargo.lock ] || die 'Cargo.lock is missing, and with it the version of wasm-bindgen to use'
    local version
    version=$(awk '$0 == "name = \"wasm-bindgen\"" { getline; gsub(/version = |"/, ""); print; exit }' Cargo.lock)
    [ -n "$version" ] || die 'Cargo.lock names no wasm-bindgen'
    reports wasm-bindgen "$version" && return 0
    ensure_rust
    ensure_c_compiler
    # Without --locked: the lock file in this package names a release that was withdrawn.
    cargo_install wasm-bindgen-cli "$version" 3
}

# ensure_node VERSION: Node.js, at least this one. Distributions may carry an older one.
ensure_node() {
    if ! have node || ! have npm; then
        apt_install 'Node.js with npm' nodejs npm
    fi
    local version
    version=$(node --version)
    version_at_least "${version#v}" "$1" || die "node is $version, this needs $1 or newer: https://nodejs.org"
}

# ensure_python_clients: sets PYTHON_CLIENTS to a folder with the clients of end2end/clients/requirements*.txt; false when
# this machine has no Python that makes environments and cannot be given one.
ensure_python_clients() {
    local from=end2end/clients python
    PYTHON_CLIENTS=$TOOLS/clients-$(cat "$from"/requirements*.txt | sha256 | cut -c 1-12)
    [ -f "$PYTHON_CLIENTS/ready" ] && return 0
    if ! python=$(find_python); then
        have apt-get || return 1
        apt_install 'Python with venv' python3 python3-venv
        python=$(find_python) || return 1
    fi
    log "installing clients of PyPI into $PYTHON_CLIENTS; about half a minute"
    rm -rf "$TOOLS"/clients-*
    "$python" -m venv "$PYTHON_CLIENTS/venv"
    "$PYTHON_CLIENTS/venv/bin/pip" install -q --disable-pip-version-check -r "$from/requirements.txt"
    # Two packages of one module's name: the second has a folder of its own.
    "$PYTHON_CLIENTS/venv/bin/pip" install -q --disable-pip-version-check --no-deps \
        --target "$PYTHON_CLIENTS/apart" -r "$from/requirements-apart.txt"
    touch "$PYTHON_CLIENTS/ready"
}

find_python() {
    have python3 && python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null &&
        command -v python3
}

# ensure_wasm_opt: Binaryen, which shrinks the WebAssembly of a release. A newer one on PATH is welcome.
ensure_wasm_opt() {
    local found
    if have wasm-opt; then
        found=$(wasm-opt --version 2>/dev/null | sed -n 's/^wasm-opt version \([0-9]*\).*/\1/p')
        [ "${found:-0}" -ge "$BINARYEN_VERSION" ] && return 0
    fi
    ensure_node 18
    log "installing wasm-opt (npm package binaryen@$BINARYEN_VERSION) into $TOOLS; about half a minute"
    mkdir -p "$TOOLS/bin"
    npm install --prefix "$TOOLS/npm" --no-audit --no-fund "binaryen@$BINARYEN_VERSION"
    ln -sf ../npm/node_modules/.bin/wasm-opt "$TOOLS/bin/wasm-opt"
    wasm-opt --version >/dev/null || die 'the installed wasm-opt does not start'
}

ensure_nextest() {
    local found
    # Where there is none the question fails, which is an answer and no reason to end.
    found=$(cargo nextest --version 2>/dev/null | sed -n '1s/^cargo-nextest \([0-9.]*\).*/\1/p') || true
    [ -n "$found" ] && version_at_least "$found" "$NEXTEST_MINIMUM" && return 0
    ensure_rust
    ensure_c_compiler
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo_install cargo-nextest "$NEXTEST_VERSION" 6 --locked --no-default-features --features default-no-update
}

ensure_cargo_deny() {
    reports cargo-deny "$CARGO_DENY_VERSION" && return 0
    ensure_rust
    ensure_c_compiler
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo_install cargo-deny "$CARGO_DENY_VERSION" 3 --locked
}

ensure_shellcheck() {
    have shellcheck || apt_install shellcheck shellcheck
}

# ensure_chromium: sets CHROMIUM, unless it was given, to a Chromium or Chrome for the browser tests.
ensure_chromium() {
    if [ -n "${CHROMIUM:-}" ]; then
        have "$CHROMIUM" || die "CHROMIUM=$CHROMIUM cannot be run"
        export CHROMIUM
        return 0
    fi
    find_chromium || {
        apt_install 'Chromium' chromium
        find_chromium || die 'Chromium was installed but is not on PATH. Set CHROMIUM to its path.'
    }
    export CHROMIUM
}

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome-stable google-chrome \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' \
        '/Applications/Chromium.app/Contents/MacOS/Chromium'; do
        if CHROMIUM=$(command -v "$name"); then return 0; fi
    done
    return 1
}

# ensure_postgres: sets PG_BIN to the folder of a real initdb and postgres. Debian keeps them out of PATH.
ensure_postgres() {
    find_postgres || {
        apt_install 'PostgreSQL (the tests start a server of their own)' postgresql
        find_postgres || die 'PostgreSQL was installed but initdb was not found. Put its bin folder on PATH.'
    }
    export PG_BIN
}

find_postgres() {
    local dir
    # The newest version last, and so the one that is kept.
    PG_BIN=
    for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin | sort -V); do
        if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then PG_BIN=$dir; fi
    done
    if [ -z "$PG_BIN" ] && have initdb && have postgres; then
        PG_BIN=$(dirname "$(command -v initdb)")
    fi
    [ -n "$PG_BIN" ]
}

# ensure_redis: the tests of several instances start a server of their own.
ensure_redis() {
    have redis-server || apt_install 'Redis (the tests start a server of their own)' redis-server
}

# ensure_proxies: the tests of a deploy start each of them for themselves. Debian starts them as services of the machine
# when they are installed, which nobody asked for here.
ensure_proxies() {
    local missing=() program
    for program in nginx haproxy caddy apache2; do
        have "$program" || [ -x "/usr/sbin/$program" ] || missing+=("$program")
    done
    [ ${#missing[@]} = 0 ] || RUNLEVEL=1 apt_install 'proxies (the tests start their own)' "${missing[@]}"
}

# What a release build needs.
ensure_build_tools() {
    ensure_rust
    ensure_c_compiler
    ensure_node 18 # wasm-opt runs on it
    ensure_cargo_leptos
    ensure_wasm_bindgen
    ensure_wasm_opt
}
