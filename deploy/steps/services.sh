# shellcheck shell=bash
# The processes of a stack: starts what does not run, restarts what changed, leaves the rest alone.

# Starts or restarts a program when one of its files changed. Words: name, its files, --, command…
bring_up() {
    local name=$1 files=() sum
    shift
    while [[ $1 != -- ]]; do files+=("$1"); shift; done
    shift
    sum=$(sha256sum "${files[@]}")
    if process_id "$name" >/dev/null; then
        [[ $(cat "$RUN/state/$name.sum" 2>/dev/null) != "$sum" ]] || return 0
        step "restarting $name, which changed"
        stop_process "$name"
    else
        step "starting $name"
    fi
    STARTED+=("$name")
    start_process "$name" "$@"
    printf '%s\n' "$sum" >"$RUN/state/$name.sum"
}

start_simulator() {
    if [[ $LIVE == yes ]]; then stop_process providersim; return 0; fi
    process_id providersim >/dev/null || rm -f "$SOCKETS/providersim.sock"
    bring_up providersim "$RUN/bin/providersim" -- "$RUN/bin/providersim" --socket "$SOCKETS/providersim.sock"
}

# What the master itself read at its start; the rest its workers read, and a reload replaces those.
master_settings() { grep -E '^(socket|workers|mode) ' "$RUN/conf/providerd.conf" | sha256sum; }

start_providerd() {
    local pid sum
    as_service env PROVIDERD_CONFIG="$RUN/conf/providerd.conf" "$RUN/bin/providerd" check-config >>"$RUN/setup.log" 2>&1 ||
        { show_log setup; fail "providerd does not accept its configuration"; }
    master_settings >"$RUN/state/master.settings"
    sum=$(sha256sum <"$RUN/conf/providerd.conf")
    # The settings are in a file of their own, so a change that a reload takes in restarts nothing.
    bring_up providerd "$RUN/bin/providerd" "$RUN/state/master.settings" "$RUN/secrets/master.keys" "$RUN/secrets/jwt.secret" -- \
        "$RUN/bin/providerd" run
    if [[ ${STARTED[*]} != *providerd ]] && [[ $(cat "$RUN/state/configuration.sum" 2>/dev/null) != "$sum" ]] &&
        pid=$(process_id providerd); then
        step "reloading providerd"
        kill -s HUP "$pid"
    fi
    printf '%s\n' "$sum" >"$RUN/state/configuration.sum"
}

# Waits until nginx, the application and the database answer together.
wait_until_ready() {
    local i name answer=""
    for ((i = 0; i < 300; i++)); do
        for name in providerd $([[ $LIVE == yes ]] || echo providersim); do
            process_id "$name" >/dev/null || { show_log setup "$name"; fail "$name ended right after its start"; }
        done
        answer=$(curl -s --max-time 5 --noproxy '*' --cacert "$RUN/tls/authority.pem" -o /dev/null -w '%{http_code}' \
            "https://localhost:$PORT/readyz" || true)
        [[ $answer != 200 ]] || return 0
        sleep 0.1
    done
    show_log providerd providersim nginx postgres
    fail "https://localhost:$PORT/readyz does not answer 200 (the last answer was ${answer:-nothing})"
}

stop_service() {
    case $1 in
        nginx) stop_nginx ;;
        postgres) stop_postgres ;;
        *) stop_process "$1" ;;
    esac
}
