# shellcheck shell=bash
# A private PostgreSQL cluster: on a unix socket only, in a folder that no other user can enter.

postgres_is_up() { as_service "$POSTGRES/pg_ctl" -D "$RUN/postgres" status >/dev/null 2>&1; }

postgres_query() { as_service "$POSTGRES/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$SOCKETS/postgres" -U postgres "$@"; }

# Makes the cluster in a folder beside and moves it when it is whole.
make_cluster() {
    [[ ! -f $RUN/postgres/PG_VERSION ]] || return 0
    step "making a PostgreSQL cluster"
    rm -rf "$RUN/postgres.new"
    # The folder above belongs to whoever ran this; initdb needs one of its own.
    service_folder "$RUN/postgres.new"
    as_service "$POSTGRES/initdb" -D "$RUN/postgres.new" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
        --data-checksums >>"$RUN/setup.log" 2>&1 || { show_log setup; fail "initdb failed"; }
    mv "$RUN/postgres.new" "$RUN/postgres"
}

# A server older or newer than the cluster cannot open it.
check_cluster_version() {
    local cluster server
    cluster=$(cat "$RUN/postgres/PG_VERSION")
    server=$(basename "$(dirname "$POSTGRES")")
    [[ $cluster == "$server" ]] || {
        [[ -x /usr/lib/postgresql/$cluster/bin/postgres ]] ||
            fail "the cluster in $RUN_NAME was made by PostgreSQL $cluster, installed is $server: install postgresql-$cluster, or run deploy/down --purge and start anew"
        POSTGRES=/usr/lib/postgresql/$cluster/bin
    }
}

# An eighth of the memory, since the stack shares the machine: from 128 MB to 2 GB.
buffer_megabytes() {
    awk '$1 == "MemTotal:" { n = int($2 / 8192); if (n < 128) n = 128; if (n > 2048) n = 2048; print n }' /proc/meminfo
}

start_postgres() {
    POSTGRES=$(postgres_programs)
    make_cluster
    check_cluster_version
    service_folder "$SOCKETS/postgres"
    write_file "$RUN/postgres/postgresql.auto.conf" 600 service <<END
# Written by deploy/up.
listen_addresses = ''
unix_socket_directories = '$SOCKETS/postgres'
unix_socket_permissions = 0700
max_connections = 150
shared_buffers = '$(buffer_megabytes)MB'
min_wal_size = '512MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
END
    if postgres_is_up; then
        [[ $CHANGED == no ]] || step "the settings of PostgreSQL changed: they hold from its next start"
        return 0
    fi
    step "starting PostgreSQL"
    STARTED+=(postgres)
    # pg_ctl waits until the server accepts connections.
    as_service setsid "$POSTGRES/pg_ctl" -D "$RUN/postgres" -l "$RUN/log/postgres.log" -w -t 60 start \
        >/dev/null </dev/null || { show_log postgres; fail "PostgreSQL did not start"; }
}

stop_postgres() {
    POSTGRES=${POSTGRES:-$(postgres_programs || true)}
    [[ -n $POSTGRES && -f $RUN/postgres/PG_VERSION ]] && postgres_is_up || return 0
    as_service "$POSTGRES/pg_ctl" -D "$RUN/postgres" -m fast -w -t 60 stop >/dev/null ||
        as_service "$POSTGRES/pg_ctl" -D "$RUN/postgres" -m immediate -w -t 30 stop >/dev/null ||
        warn "PostgreSQL in $RUN/postgres did not stop"
}

prepare_database() {
    postgres_query -f "$RUN/sql/roles.sql" -f "$RUN/sql/database.sql" postgres >>"$RUN/setup.log" 2>&1 ||
        { show_log setup; fail "the database roles could not be made"; }
    control migrate >>"$RUN/setup.log" || { show_log setup; fail "the migrations failed"; }
}
