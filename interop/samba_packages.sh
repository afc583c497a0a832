# Sourced by run: a Samba AD DC that puts resource groups and claims into PACs, where the system's own does not yet.

# Claims came with 4.20, exportkeytab --only-current-keys after it; this one was tried.
samba_wanted=4.22

# Its packages from the backports of the system's Debian, unpacked, once; samba.sh lays them over the system's for itself.
make_samba() {
    local version codename archive
    version=$(samba --version | sed 's/^Version \([0-9.]*\).*/\1/')
    printf '%s\n' $samba_wanted "$version" | sort -C -V && return
    [ -e "$here/.samba/complete" ] && return
    echo "interop: unpacking Samba from backports (once)"
    rm -rf "$here/.samba"
    mkdir -p "$here"/.samba/{packages,lists,cache}
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    archive=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | sed -n "s/^$codename //p" | head -1)
    [ -n "$archive" ] || die "the tests want Samba $samba_wanted, this is $version, and apt knows no archive of $codename"
    printf "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive %s main\n" \
        "$codename" "$codename-backports" >"$here/.samba/sources.list"
    (
        cd "$here/.samba/packages" || exit
        apt_of_samba update
        apt_of_samba download $(apt_of_samba --simulate --no-install-recommends install \
            samba-ad-dc samba-ad-provision winbind | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
        for package in *.deb; do dpkg -x "$package" .. || exit; done
        [ ! -x ../usr/sbin/samba ] || touch ../complete
    ) >"$here/.samba/log" 2>&1
    [ -e "$here/.samba/complete" ] ||
        die "the tests want Samba $samba_wanted, this is $version, and backports gave none: $(tail -1 "$here/.samba/log")"
}

# apt with sources and lists of its own: nothing of the system's is changed.
apt_of_samba() {
    apt-get -qq -o Dir::Etc::SourceList="$here/.samba/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$here/.samba/lists" -o Dir::Cache="$here/.samba/cache" \
        -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o APT::Default-Release="$codename-backports" "$@"
}
