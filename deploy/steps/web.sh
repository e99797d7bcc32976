# shellcheck shell=bash
# nginx of a private stack, without privileges and with everything it writes in its own folder.

nginx_program() { command -v nginx || echo /usr/sbin/nginx; }

# nginx writes its ID itself; the name of its configuration in the command line says that it is this stack's.
nginx_id() {
    local pid
    pid=$(cat "$RUN/nginx/nginx.pid" 2>/dev/null) && [[ $pid =~ ^[0-9]+$ ]] || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$RUN/nginx/nginx.conf" || return 1
    printf '%s\n' "$pid"
}

# The `listen` lines for a port: loopback only, since a sandbox's token is on the screen.
listen_lines() {
    printf 'listen 127.0.0.1:%s ssl http2;' "$1"
    if grep -q . /proc/net/if_inet6 2>/dev/null; then printf ' listen [::1]:%s ssl http2;' "$1"; fi
}

fill_in() {
    sed -e "s|@RUN@|$RUN|g" -e "s|@SOCKETS@|$SOCKETS|g" -e "s|@WORKERS@|$(nproc)|g" \
        -e "s|@API_LISTEN@|$(listen_lines "$PORT")|g" \
        -e "s|@SIMULATOR_LISTEN@|$(listen_lines $((PORT + 1)))|g" \
        -e "s|@MINIMAL_LISTEN@|$(listen_lines $((PORT + 2)))|g" -e "s|@TUNED_LISTEN@|$(listen_lines $((PORT + 3)))|g" "$1"
}

# A sum over everything that nginx reads at its start.
# The folder of extra files is empty where no simulator runs.
nginx_inputs() { find "$RUN/nginx/nginx.conf" "$RUN/nginx/providerd" "$RUN"/tls/server.* -type f -print0 | sort -z | xargs -0 cat | sha256sum; }

write_nginx() {
    local source=$PROJECT/deploy/nginx file folder
    mkdir -p "$RUN/nginx/providerd/extra"
    service_folder "$RUN/nginx/temp"
    for folder in body proxy fastcgi uwsgi scgi; do service_folder "$RUN/nginx/temp/$folder"; done
    for file in "$source"/*.conf; do
        case ${file##*/} in production.conf | limits-lifted.conf) continue ;; esac
        install -m 644 "$file" "$RUN/nginx/providerd/"
    done
    [[ $LIFT_LIMITS == no ]] || install -m 644 "$source/limits-lifted.conf" "$RUN/nginx/providerd/limits.conf"
    fill_in "$source/sandbox.conf.in" >"$RUN/nginx/nginx.conf"
    if [[ $LIVE == yes ]]; then
        rm -f "$RUN/nginx/providerd/extra/simulator.conf"
    else
        fill_in "$source/simulator.conf.in" >"$RUN/nginx/providerd/extra/simulator.conf"
    fi
    chmod 755 "$RUN/nginx"
    if is_root; then chown "$SERVICE_USER:$SERVICE_USER" "$RUN/nginx"; fi
}

run_nginx() {
    as_service "$(nginx_program)" -p "$RUN/nginx/" -c "$RUN/nginx/nginx.conf" -e "$RUN/log/nginx.log" "$@"
}

start_nginx() {
    local sum pid
    write_nginx
    sum=$(nginx_inputs)
    run_nginx -t -q 2>>"$RUN/setup.log" || { show_log setup nginx; fail "nginx does not accept its configuration"; }
    if pid=$(nginx_id); then
        [[ $(cat "$RUN/state/nginx.sum" 2>/dev/null) != "$sum" ]] || return 0
        step "reloading nginx"
        kill -s HUP "$pid"
    else
        step "starting nginx"
        STARTED+=(nginx)
        run_nginx </dev/null >>"$RUN/setup.log" 2>&1 || { show_log setup nginx; fail "nginx did not start"; }
    fi
    printf '%s\n' "$sum" >"$RUN/state/nginx.sum"
}

stop_nginx() {
    local pid i
    pid=$(nginx_id) || return 0
    kill -s QUIT "$pid" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do nginx_id >/dev/null || return 0; sleep 0.05; done
    kill -s TERM "$pid" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do nginx_id >/dev/null || return 0; sleep 0.05; done
    kill -s KILL "$pid" 2>/dev/null || true
}
