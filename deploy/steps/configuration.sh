# shellcheck shell=bash disable=SC2034
# The configuration of providerd in a private stack, and the providers' addresses.

control() {
    as_service env SWIFT_BACKTRACE=registers=none PROVIDERD_CONFIG="$RUN/conf/providerd.conf" \
        "$RUN/bin/providerctl" "$@" 2>>"$RUN/setup.log"
}

database_url() { printf 'postgresql://%s@/providerd?host=%s\n' "$1" "$SOCKETS/postgres"; }

write_configuration() {
    local mode=development networks="127.0.0.0/8, ::1/128" ports="80,443,1024-65535" authorities="$RUN/tls/authority.pem"
    if [[ $LIVE == yes ]]; then mode=production networks="" ports="80,443" authorities=""; fi
    mkdir -p "$RUN/conf"
    write_file "$RUN/conf/providerd.conf" 640 service <<END
# Written by deploy/up; deploy/providerd.conf.example explains every line.
mode = $mode
socket = $SOCKETS/providerd.sock
workers = 2
threads = 8
upstream_threads = 64
database = host=$SOCKETS/postgres dbname=providerd user=providerd_app
owner_database = host=$SOCKETS/postgres dbname=providerd user=providerd_owner
reports_database = host=$SOCKETS/postgres dbname=providerd user=providerd_reports
database_pool = 8
sql_directory = $RUN/sql
master_keys_file = $RUN/secrets/master.keys
jwt_secret_file = $RUN/secrets/jwt.secret
tenant_claim = tenant
allowed_networks = $networks
allowed_ports = $ports
${authorities:+authorities_file = $authorities
}body_limit = 1048576
END
}

SIMULATED_PROVIDERS=(
    openai claude gemini cohere fal_ai replicate minimax runway_ml black_forest_labs openrouter requesty vsphere openstack
)

# What follows the slug in a simulated provider's base URL.
simulated_path() {
    case $1 in
        openai | requesty) echo /v1 ;;
        openrouter) echo /api/v1 ;;
        openstack) echo /v3 ;;
    esac
}

# Points the providers at the simulator or back at their vendors. Done when the answer to "where", or the list of
# providers, changes, so that an endpoint set by hand with providerctl survives the next deploy/up. Ollama has no
# endpoint: its credential says where it is.
point_providers() {
    local where=vendor slug state
    [[ $LIVE == yes ]] || where="https://localhost:$((PORT + 1))"
    state="$where ${SIMULATED_PROVIDERS[*]}"
    [[ $(cat "$RUN/state/endpoints" 2>/dev/null) != "$state" ]] || return 0
    step "pointing the providers at $([[ $LIVE == yes ]] && echo "their vendors" || echo "the simulator")"
    for slug in "${SIMULATED_PROVIDERS[@]}"; do
        local endpoint=(--vendor-endpoint)
        if [[ $LIVE == no ]]; then endpoint=(--endpoint "$where/$slug$(simulated_path "$slug")"); fi
        control provider set "$slug" "${endpoint[@]}" >>"$RUN/setup.log" </dev/null ||
            { show_log setup; fail "could not set the endpoint of $slug"; }
    done
    printf '%s\n' "$state" >"$RUN/state/endpoints"
}

# For `source .run/env`. It holds a token, so only its owner reads it.
write_environment() {
    local token simulator=""
    token=$(control token --sub administrator --role Admin --ttl 720h) || { show_log setup; fail "could not make a token"; }
    ADMIN_TOKEN=$token
    [[ $LIVE == yes ]] || simulator="https://localhost:$((PORT + 1))"
    write_file "$RUN/env" 600 caller <<END
# Written by deploy/up. The token is valid for 30 days.
export PROVIDERD_URL='https://localhost:$PORT'
export PROVIDERD_ADMIN_TOKEN='$token'
export DATABASE_URL='$(database_url providerd_owner)'
export PROVIDERD_CONFIG='$RUN/conf/providerd.conf'
export PROVIDERD_SOCKET='$SOCKETS/providerd.sock'
export PROVIDERD_CA='$RUN/tls/authority.pem'
export CURL_CA_BUNDLE='$RUN/tls/bundle.pem'
export SIMULATOR_URL='$simulator'
case ":\$PATH:" in *:'$RUN/bin':*) ;; *) export PATH='$RUN/bin':"\$PATH" ;; esac
END
}
