# shellcheck shell=bash
# Keys, tokens' secret, local authority and server certificate. Each is made once and then kept.

# Words: file, command… whose output becomes the file, readable by the service user only.
make_secret() {
    local file=$1
    shift
    [[ ! -s $file ]] || return 0
    local text
    text=$("$@") || fail "could not make $file"
    write_file "$file" 600 service <<<"$text"
}

make_secrets() {
    service_folder "$RUN/secrets"
    make_secret "$RUN/secrets/master.keys" control keys generate
    make_secret "$RUN/secrets/jwt.secret" openssl rand -base64 48
}

# Runs openssl without its progress messages; shows them when it fails.
quiet_openssl() {
    local messages
    messages=$(openssl "$@" 2>&1 >/dev/null) || { printf '%s\n' "$messages" >&2; fail "openssl $1 failed"; }
}

certificate_is_good() {
    [[ -s $1 && -s $2 ]] && openssl x509 -in "$1" -noout -checkend $((30 * 86400)) >/dev/null 2>&1
}

make_authority() {
    local tls=$RUN/tls
    ! certificate_is_good "$tls/authority.pem" "$tls/authority.key" || return 0
    step "making a local certificate authority"
    quiet_openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$tls/authority.key"
    quiet_openssl req -x509 -new -key "$tls/authority.key" -sha256 -days 3650 -subj "/CN=providerd sandbox authority" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -addext "subjectKeyIdentifier=hash" -out "$tls/authority.pem"
    rm -f "$tls/server.pem"
}

make_server_certificate() {
    local tls=$RUN/tls
    ! certificate_is_good "$tls/server.pem" "$tls/server.key" || return 0
    quiet_openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$tls/server.key"
    quiet_openssl req -new -key "$tls/server.key" -sha256 -subj "/CN=localhost" -out "$tls/server.csr"
    cat >"$tls/server.ext" <<'END'
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
END
    quiet_openssl x509 -req -in "$tls/server.csr" -CA "$tls/authority.pem" -CAkey "$tls/authority.key" \
        -set_serial "0x$(openssl rand -hex 16)" -sha256 -days 825 -extfile "$tls/server.ext" -out "$tls/server.pem.new"
    mv "$tls/server.pem.new" "$tls/server.pem"
    rm -f "$tls/server.csr" "$tls/server.ext"
}

# The authority's key stays with whoever ran this; the server's key is for the service user.
make_certificates() {
    mkdir -p "$RUN/tls"
    chmod 755 "$RUN/tls"
    (umask 077; make_authority && make_server_certificate) || exit 1
    if is_root; then chown "$SERVICE_USER:$SERVICE_USER" "$RUN/tls/server.key"; fi
    chmod 600 "$RUN/tls/server.key" "$RUN/tls/authority.key"
    chmod 644 "$RUN/tls/server.pem" "$RUN/tls/authority.pem"
    # For tools that take one file of authorities instead of adding one: the system's and ours.
    cat /etc/ssl/certs/ca-certificates.crt "$RUN/tls/authority.pem" >"$RUN/tls/bundle.pem"
}
