# shellcheck shell=bash
# The Swift programs: builds them and puts them into the run folder.

PROGRAMS=(providerd providerctl providersim)

# Puts a Swift toolchain of 6.2 or later on the PATH, or says how to get one.
find_toolchain() {
    local folder version
    if ! command -v swift >/dev/null 2>&1; then
        for folder in "$HOME/.local/share/swiftly/bin" /opt/swift/usr/bin /usr/local/swift/usr/bin; do
            if [[ -x $folder/swift ]]; then PATH="$folder:$PATH"; break; fi
        done
    fi
    command -v swift >/dev/null 2>&1 ||
        fail "there is no Swift toolchain. Get 6.2 or later from https://www.swift.org/install/linux/ (swiftly install latest), put swift on the PATH and run this again"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [[ $(printf '6.2\n%s\n' "${version:-0}" | sort -V | head -n 1) == 6.2 ]] ||
        fail "the Swift toolchain is ${version:-unknown}, 6.2 or later is needed: https://www.swift.org/install/linux/"
}

# Builds for release; sets BINARIES to the folder with the programs. The runtime is linked in, so that the
# programs need no toolchain where they run.
build_programs() {
    local flags=(-c release --static-swift-stdlib)
    find_toolchain
    step "building (the first time takes some minutes)"
    (cd "$PROJECT" && swift build "${flags[@]}" --product providerd && swift build "${flags[@]}" --product providerctl &&
        swift build "${flags[@]}" --product providersim) 9>&- || fail "the build failed, see above"
    BINARIES=$(cd "$PROJECT" && swift build "${flags[@]}" --show-bin-path 9>&-)
}

# Without a build: the newest of the builds that are there.
find_programs() {
    local build
    if [[ -z ${BINARIES:-} ]]; then
        for build in "$PROJECT"/.build/{release,debug}; do
            [[ -x $build/providerd ]] || continue
            if [[ -z ${BINARIES:-} || $build/providerd -nt $BINARIES/providerd ]]; then BINARIES=$build; fi
        done
    fi
    [[ -n ${BINARIES:-} ]] || fail "there is no build to use: leave out --no-build, or run swift build first"
    local program
    for program in "${PROGRAMS[@]}"; do
        [[ -x $BINARIES/$program ]] || fail "$BINARIES has no $program: leave out --no-build, or run swift build first"
    done
}

# Copies the programs and the SQL, which the service user may not be able to read where they are.
install_programs() {
    local program
    mkdir -p "$RUN/bin"
    for program in "${PROGRAMS[@]}"; do
        cmp -s "$BINARIES/$program" "$RUN/bin/$program" && continue
        install -m 755 "$BINARIES/$program" "$RUN/bin/.$program.new"
        mv -f "$RUN/bin/.$program.new" "$RUN/bin/$program"
    done
    rm -rf "$RUN/sql.new"
    cp -r "$PROJECT/sql" "$RUN/sql.new"
    chmod -R u=rwX,go=rX "$RUN/sql.new"
    rm -rf "$RUN/sql"
    mv "$RUN/sql.new" "$RUN/sql"
    install_runtime
}

# A debug build needs the toolchain's libraries: they are copied when the service user cannot load them.
install_runtime() {
    local library
    if as_service env -u LD_LIBRARY_PATH ldd "$RUN/bin/providerd" 2>/dev/null | grep -q 'libswiftCore.*not found' ||
        ! as_service ldd "$RUN/bin/providerd" >/dev/null 2>&1; then
        mkdir -p "$RUN/lib"
        ldd "$BINARIES/providerd" | awk '$1 ~ /swift|Foundation|dispatch|Blocks|_Internationalization/ && $3 ~ /^\// { print $3 }' |
            while read -r library; do cmp -s "$library" "$RUN/lib/${library##*/}" || install -m 755 "$library" "$RUN/lib/"; done
        export LD_LIBRARY_PATH="$RUN/lib"
    fi
}
