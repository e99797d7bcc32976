# shellcheck shell=bash
# Debian packages: finds what is missing and installs only that, without starting or enabling a service.

have_command() { command -v "$1" >/dev/null 2>&1; }
have_package() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# The folder of the newest PostgreSQL server's programs, 15 or later.
postgres_programs() {
    local initdb version newest=0
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        version=$(cut -d/ -f5 <<<"$initdb")
        if [[ $version =~ ^[0-9]+$ && $version -gt $newest ]]; then newest=$version; fi
    done
    [[ $newest -ge 15 ]] || return 1
    printf '/usr/lib/postgresql/%s/bin\n' "$newest"
}

# Prints the packages that are missing. Words: what for (run, build, test, bench)…
missing_packages() {
    local purpose
    have_command nginx || [[ -x /usr/sbin/nginx ]] || echo nginx-light
    postgres_programs >/dev/null || echo postgresql
    have_command openssl || echo openssl
    have_command curl || echo curl
    have_command setpriv || echo util-linux
    [[ -s /etc/ssl/certs/ca-certificates.crt ]] || echo ca-certificates
    for purpose in "$@"; do
        case $purpose in
            build)
                have_package libfcgi-dev || echo libfcgi-dev
                have_package libpq-dev || echo libpq-dev
                have_package libssl-dev || echo libssl-dev
                have_command pkg-config || echo pkg-config
                ;;
            test)
                python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
                have_command spawn-fcgi || echo spawn-fcgi
                ;;
            bench)
                have_command wrk || echo wrk
                have_command cc || echo gcc
                have_package libfcgi-dev || echo libfcgi-dev
                have_package libpq-dev || echo libpq-dev
                have_command pkg-config || echo pkg-config
                have_command python3 || echo python3
                ;;
            run)
                # The programs need the libraries even where nothing is built.
                have_package libfcgi0ldbl || have_package libfcgi0t64 || have_package libfcgi-dev || echo libfcgi-dev
                have_package libpq5 || echo libpq5
                ;;
        esac
    done | sort -u
}

# Installs what is missing, or says how to.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} -gt 0 ]] || return 0
    have_command apt-get || fail "missing: ${missing[*]}. This machine has no apt-get: install their counterparts and run this again"
    local become=()
    if ! is_root; then
        have_command sudo || fail "missing packages: as root, run: apt-get install ${missing[*]}"
        become=(sudo)
    fi
    step "installing Debian packages: ${missing[*]}"
    local log
    log=$(mktemp)
    "${become[@]}" bash "$PROJECT/deploy/steps/install-packages" "${missing[@]}" >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        rm -f "$log"
        fail "could not install: ${missing[*]}. Try: apt-get update && apt-get install ${missing[*]}"
    }
    rm -f "$log"
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} -eq 0 ]] || fail "still missing after the installation: ${missing[*]} (PostgreSQL must be 15 or later)"
}
