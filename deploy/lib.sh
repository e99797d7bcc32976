# shellcheck shell=bash
# What deploy/up, down, test and bench share: messages, the run folder, the user that everything runs as,
# processes, ports. To be sourced with `set -euo pipefail`.
# shellcheck disable=SC2034 # The variables are for the scripts that source this.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SERVICE_USER=providerd
DEFAULT_PORT=8443

say()  { printf '%s\n' "$*"; }
step() { printf -- '- %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
fail() { printf '%s: %s\n' "${PROGRAM:-deploy}" "$*" >&2; exit 1; }

# Prints the leading comment of a script, without its first line, as its help.
print_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; }

need_value() { [[ $# -ge 2 && -n $2 ]] || fail "$1 needs a value"; }

is_root() { [[ $EUID -eq 0 ]]; }

# --- the run folder -------------------------------------------------------------------------------------------

# Which folder the caller means; sets RUN_NAME (as named) and RUN (as resolved, where it exists).
name_run_folder() {
    RUN_NAME=$(realpath -ms -- "$1")
    RUN=$(readlink -f -- "$RUN_NAME" || true)
}

run_folder_is_ours() { [[ -n $RUN && -f $RUN/.providerd-run ]]; }

# nginx, libpq and sed read the path: only letters that none of them treats specially.
path_is_plain() { [[ $1 =~ ^[A-Za-z0-9_./+-]+$ ]]; }

# One deploy/up or deploy/down at a time for one folder. The lock is on the folder itself, so that nothing is
# left behind; it ends with this process, and no child inherits it (see start_process).
lock_run_folder() {
    local held
    while true; do
        exec 9<"$RUN"
        flock -w 600 9 || fail "another deploy/up or deploy/down works on $RUN_NAME"
        # The folder can have been purged while this waited.
        held=$(stat -L -c %d:%i /proc/self/fd/9)
        [[ -e $RUN && $(stat -c %d:%i "$RUN") == "$held" ]] && return 0
        [[ -e $RUN ]] || fail "$RUN_NAME was removed meanwhile: run this again"
    done
}

# --- the user ---------------------------------------------------------------------------------------------------

# Runs a command as the user that owns the stack: `providerd` when root runs this, otherwise the caller.
as_service() {
    (
        cd "${RUN:-/}" || exit 1
        if is_root; then
            exec setpriv --reuid="$SERVICE_USER" --regid="$SERVICE_USER" --init-groups -- \
                env HOME="${RUN:-/}" USER="$SERVICE_USER" LOGNAME="$SERVICE_USER" "$@" 9>&-
        fi
        exec "$@" 9>&-
    )
}

# A folder of the service user, closed to others. With a mode as second word.
service_folder() {
    mkdir -p -- "$1"
    if is_root; then chown "$SERVICE_USER:$SERVICE_USER" -- "$1"; fi
    chmod "${2:-0700}" -- "$1"
}

# Writes standard input to a file in one step. Words: file, mode, owner (service or caller).
# Sets CHANGED=yes when the content differs from what was there.
write_file() {
    local file=$1 mode=$2 owner=$3 temporary
    temporary=$(mktemp "$file.XXXXXX")
    cat >"$temporary"
    chmod "$mode" "$temporary"
    if [[ $owner == service ]] && is_root; then chown "$SERVICE_USER:$SERVICE_USER" "$temporary"; fi
    CHANGED=no
    cmp -s "$temporary" "$file" || CHANGED=yes
    mv -f "$temporary" "$file"
}

# --- processes --------------------------------------------------------------------------------------------------

# When a process started, in clock ticks after boot: together with the ID it names one process for ever.
started_at() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The name in parentheses can hold spaces; what follows the last one is field 3 and on.
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s\n' "${fields[19]}"
}

# Prints the ID of a process that this folder started and that still runs.
process_id() {
    local file="$RUN/pid/$1" pid start
    [[ -f $file ]] || return 1
    read -r pid start <"$file" || return 1
    [[ $pid =~ ^[0-9]+$ && -n $start && $(started_at "$pid" || true) == "$start" ]] || return 1
    printf '%s\n' "$pid"
}

# Starts a program that outlives this shell. Words: name, command…
start_process() {
    local name=$1 pid
    shift
    local prefix=()
    if is_root; then
        prefix=(setpriv "--reuid=$SERVICE_USER" "--regid=$SERVICE_USER" --init-groups --
            env "HOME=$RUN" "USER=$SERVICE_USER" "LOGNAME=$SERVICE_USER")
    fi
    # In a script without job control setsid, setpriv and the rest replace themselves, so $! is the program's
    # own ID. The service user opens the log: root must not follow a link that the service user could make.
    # shellcheck disable=SC2016
    (cd "$RUN" && exec setsid nohup "${prefix[@]}" env SWIFT_BACKTRACE=registers=none \
        PROVIDERD_CONFIG="$RUN/conf/providerd.conf" bash -c 'exec "$@" >>"$0" 2>&1' "$RUN/log/$name.log" "$@" \
        </dev/null >/dev/null 2>>"$RUN/setup.log" 9>&-) &
    pid=$!
    disown "$pid"
    printf '%s %s\n' "$pid" "$(started_at "$pid" || echo 0)" >"$RUN/pid/$name"
}

# Ends a process that we started: asks with a signal (default TERM), waits, then insists.
# Words: name, seconds, signal.
stop_process() {
    local name=$1 seconds=${2:-20} signal=${3:-TERM} pid i
    if ! pid=$(process_id "$name"); then
        rm -f "$RUN/pid/$name"
        return 0
    fi
    kill -s "$signal" "$pid" 2>/dev/null || true
    for ((i = 0; i < seconds * 20; i++)); do
        process_id "$name" >/dev/null || break
        sleep 0.05
    done
    if process_id "$name" >/dev/null; then
        warn "$name did not stop within $seconds s and is killed"
        kill -s KILL "$pid" 2>/dev/null || true
        for ((i = 0; i < 100; i++)); do process_id "$name" >/dev/null || break; sleep 0.05; done
    fi
    rm -f "$RUN/pid/$name"
}

# The end of the logs of processes; the word `setup` stands for what this script's own commands said.
show_log() {
    local name
    for name in "$@"; do
        if [[ $name == setup ]]; then
            tail -n 20 "$RUN/setup.log" >&2
            continue
        fi
        [[ -s $RUN/log/$name.log ]] || continue
        printf -- '--- the end of %s\n' "$RUN/log/$name.log" >&2
        tail -n 8 "$RUN/log/$name.log" >&2
    done
}

# --- ports ------------------------------------------------------------------------------------------------------

port_is_listened_on() {
    local hex files=(/proc/net/tcp)
    hex=$(printf '%04X' "$1")
    [[ ! -r /proc/net/tcp6 ]] || files+=(/proc/net/tcp6)
    awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }' "${files[@]}"
}

# A port that is free together with the one after it.
free_port_pair() {
    local port i
    for ((i = 0; i < 200; i++)); do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        port_is_listened_on "$port" || port_is_listened_on $((port + 1)) || { printf '%s\n' "$port"; return 0; }
    done
    return 1
}
