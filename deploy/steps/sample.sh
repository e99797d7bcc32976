# shellcheck shell=bash disable=SC2034
# Sample traffic and keys, so that a new sandbox has something to show.

# The first time only, and never where providers are real: somebody who emptied the tables wants them empty.
fill_sandbox() {
    [[ $LIVE == no && $EMPTY == no && ! -e $RUN/state/sample ]] || return 0
    step "filling in a week of sample traffic"
    control sandbox fill --days 7 --requests 5000 >>"$RUN/setup.log" </dev/null || {
        # Traffic that is there already is nobody's mistake.
        [[ $? -eq 1 ]] || { show_log setup; fail "the sample traffic could not be loaded"; }
    }
    : >"$RUN/state/sample"
}

# What the simulator takes: any key, any password.
sandbox_key() {
    case $1 in
        vsphere) echo '{"host": "vcenter.example.com", "username": "administrator@vsphere.local", "password": "sandbox"}' ;;
        openstack)
            echo '{"auth_url": "https://keystone.example.com/v3", "username": "admin", "password": "sandbox",
                   "tenant_name": "admin", "domain_name": "Default"}'
            ;;
        *) echo "sandbox-key-$1" ;;
    esac
}

# Without a key nobody is asked how he is. A key that is there stays.
give_sandbox_keys() {
    [[ $LIVE == no && $EMPTY == no && ! -e $RUN/state/keys ]] || return 0
    step "giving the simulated providers keys"
    local slug
    for slug in "${SIMULATED_PROVIDERS[@]}"; do
        [[ $(control ai:credentials:list "$slug" --json </dev/null) == "[]" ]] || continue
        sandbox_key "$slug" | control ai:credentials:set "$slug" --stdin >>"$RUN/setup.log" ||
            { show_log setup; fail "the key of $slug could not be stored"; }
    done
    : >"$RUN/state/keys"
}
