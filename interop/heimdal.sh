# Sourced by run: Heimdal, which cannot be installed beside MIT krb5, and a realm of its own KDC: HEIM.TEST.

# Heimdal's KDC and clients, unpacked, once, from the system's packages.
make_heimdal() {
    local packages
    [ -x "$here/.heimdal/usr/lib/heimdal-servers/kdc" ] && return
    echo "interop: unpacking Heimdal (once)"
    rm -rf "$here/.heimdal"
    mkdir -p "$here/.heimdal/packages"
    (
        cd "$here/.heimdal/packages" || exit
        packages=$(apt-get --simulate --no-install-recommends install heimdal-clients heimdal-kdc |
            sed -n 's/^Inst \([^ ]*heim[^ ]*\) .*/\1/p')
        # As root, apt would like to be somebody else while it downloads, who cannot write here.
        apt-get -qq -o APT::Sandbox::User=root download $packages && for package in *.deb; do dpkg -x "$package" ..; done
    ) >"$here/.heimdal/log" 2>&1 && [ -x "$here/.heimdal/usr/lib/heimdal-servers/kdc" ] ||
        die "Heimdal could not be unpacked: $(tail -1 "$here/.heimdal/log")"
}

# One of its programs, with its libraries and its realm.
heimdal() { (become_heimdal "$@"); }

# The same in place of this shell, so that its process is the program.
become_heimdal() {
    export LD_LIBRARY_PATH KRB5_CONFIG=$state/heimdal/krb5.conf
    LD_LIBRARY_PATH=$(echo "$here"/.heimdal/usr/lib/*-linux-gnu*)
    PATH=$here/.heimdal/usr/bin:$here/.heimdal/usr/sbin:$here/.heimdal/usr/lib/heimdal-servers:$PATH
    exec "$@"
}

# Configuration, for Heimdal and for MIT's clients; database, keytabs; then its KDC.
start_heimdal() {
    heimdal_port=$(free_port)
    mkdir -p "$state"/heimdal/db
    write_heimdal_conf >"$state/heimdal/krb5.conf"
    write_heimdal_mit_conf >"$state/heimdal/mit.conf"
    {
        heimdal kstash --random-key --key-file="$state/heimdal/db/m-key" &&
            heimdal kadmin.heimdal -l -r HEIM.TEST init --realm-max-ticket-life=1day --realm-max-renewable-life=1week HEIM.TEST &&
            principals_of_heim_test | heimdal kadmin.heimdal -l -r HEIM.TEST
    } >"$state/log/heimdal-kadmin" 2>&1
    [ -s "$state/heimdal/keytab" ] && ! grep -q '^kadmin:' "$state/log/heimdal-kadmin" ||
        die "Heimdal's kadmin: $(tail -3 "$state/log/heimdal-kadmin")"
    become_heimdal kdc --config-file="$state/heimdal/krb5.conf" >"$state/log/heimdal-kdc" 2>&1 &
    pids+=($!)
    wait_port "$heimdal_port" || die "Heimdal's KDC did not start: $(tail -3 "$state/log/heimdal-kdc" "$state/log/heimdal" 2>&1)"
}

heimdal_etypes='aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96 aes256-cts-hmac-sha384-192 aes128-cts-hmac-sha256-128'

write_heimdal_conf() {
    cat <<E
[libdefaults]
  default_realm = HEIM.TEST
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  forwardable = true
  allow_weak_crypto = true
  default_etypes = $heimdal_etypes arcfour-hmac-md5
[realms]
  HEIM.TEST = {
    kdc = tcp/127.0.0.1:$heimdal_port
  }
[domain_realm]
  .heim.test = HEIM.TEST
[kdc]
  ports = $heimdal_port/tcp
  addresses = 127.0.0.1
  database = {
    dbname = $state/heimdal/db/heimdal
    realm = HEIM.TEST
    mkey_file = $state/heimdal/db/m-key
    acl_file = $state/heimdal/db/kadmind.acl
    log_file = $state/heimdal/db/log
  }
  tgt-use-strongest-session-key = true
  svc-use-strongest-session-key = true
[kadmin]
  default_keys = $(for etype in $heimdal_etypes arcfour-hmac-md5; do printf '%s:pw-salt ' $etype; done)
[logging]
  kdc = FILE:$state/log/heimdal
  default = FILE:$state/log/heimdal
E
}

# MIT's clients in Heimdal's realm.
write_heimdal_mit_conf() {
    sed '/^\[realms\]/,$d; s/MIT\.TEST/HEIM.TEST/' "$state/krb5.conf"
    cat <<E
[realms]
  HEIM.TEST = {
    kdc = 127.0.0.1:$heimdal_port
  }
[domain_realm]
  .heim.test = HEIM.TEST
E
}

principals_of_heim_test() {
    local etype other
    echo "add --use-defaults -p Alice-pw1 alice"
    echo "add --use-defaults -r HTTP/www.heim.test"
    echo "modify --attributes=+ok-as-delegate HTTP/www.heim.test"
    for etype in e17:aes128-cts-hmac-sha1-96 e18:aes256-cts-hmac-sha1-96 e19:aes128-cts-hmac-sha256-128 \
        e20:aes256-cts-hmac-sha384-192 e23:arcfour-hmac-md5; do
        echo "add --use-defaults -r HTTP/${etype%:*}.heim.test"
        for other in $heimdal_etypes arcfour-hmac-md5; do
            [ "$other" = "${etype#*:}" ] || echo "del_enctype HTTP/${etype%:*}.heim.test $other"
        done
    done
    # Accounts have RC4 keys so that one service can have nothing else; its keytab is another.
    echo "del_enctype alice arcfour-hmac-md5"
    echo "del_enctype HTTP/www.heim.test arcfour-hmac-md5"
    for other in www e17 e18 e19 e20; do echo "ext_keytab -k $state/heimdal/keytab HTTP/$other.heim.test"; done
    echo "ext_keytab -k $state/heimdal/keytab-rc4 HTTP/e23.heim.test"
}
