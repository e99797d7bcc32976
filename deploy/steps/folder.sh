# shellcheck shell=bash disable=SC2034
# The run folder: makes it where the service user can reach it, and finds a place for the sockets.

make_service_user() {
    is_root || return 0
    getent passwd "$SERVICE_USER" >/dev/null && return 0
    step "making the system user $SERVICE_USER"
    useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$SERVICE_USER"
}

service_user_reaches() {
    (
        cd / || exit 1
        if is_root; then
            exec setpriv --reuid="$SERVICE_USER" --regid="$SERVICE_USER" --init-groups -- test -x "$1"
        fi
        test -x "$1"
    )
}

# Sets RUN. A folder that the service user cannot enter, or whose path nginx could misread, becomes a link to one under /var/tmp.
make_run_folder() {
    if run_folder_is_ours; then return 0; fi
    if [[ -e $RUN_NAME ]]; then
        [[ -d $RUN_NAME && -z $(ls -A "$RUN_NAME") ]] || fail "$RUN_NAME exists and was not made by deploy/up: choose another folder with --run"
    elif [[ -L $RUN_NAME ]]; then
        # Its target was cleaned away.
        rm -f "$RUN_NAME"
    fi
    mkdir -p "$RUN_NAME"
    chmod 755 "$RUN_NAME"
    if ! path_is_plain "$(readlink -f "$RUN_NAME")" || ! service_user_reaches "$RUN_NAME"; then
        local other
        other=$(mktemp -d /var/tmp/providerd.XXXXXX)
        chmod 755 "$other"
        rmdir "$RUN_NAME"
        ln -s "$other" "$RUN_NAME"
        step "$RUN_NAME is a link to $other, which the processes can reach"
    fi
    RUN=$(readlink -f "$RUN_NAME")
    printf 'The run folder of a providerd stack. deploy/down --purge removes it.\n' >"$RUN/.providerd-run"
}

# Sets SOCKETS. A socket's path has at most 107 octets, and PostgreSQL adds /postgres/.s.PGSQL.5432 and a suffix.
make_socket_folder() {
    local private
    if [[ $((${#RUN} + 8 + 32)) -lt 104 ]]; then
        service_folder "$RUN/sockets"
        SOCKETS=$RUN/sockets
        return 0
    fi
    if [[ ! -d $RUN/sockets ]]; then
        private=$(mktemp -d /tmp/providerd.XXXXXX)
        service_folder "$private"
        ln -sfn "$private" "$RUN/sockets"
    fi
    SOCKETS=$(readlink -f "$RUN/sockets")
}

make_folders() {
    make_run_folder
    lock_run_folder
    mkdir -p "$RUN/state" "$RUN/pid" "$RUN/conf"
    : >"$RUN/setup.log"
    service_folder "$RUN/log" 0755
    make_socket_folder
}
