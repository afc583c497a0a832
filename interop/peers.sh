# Sourced by run and up: the peers, all of them in one directory, on loopback, unprivileged.
#
# Five realms of one MIT KDC: MIT.TEST, where most users and services are; OTHER.TEST, which trusts it and which it trusts, and
# whose tickets are big; SUB.OTHER.TEST and FAR.ORG, whose users come through OTHER.TEST; CAMELLIA.TEST, which has keys of
# Camellia and no others. Nothing of the machine is read or changed: not /etc/krb5.conf, not /etc/hosts, no DNS.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
PATH=$PATH:/usr/sbin:/sbin
realms='MIT.TEST OTHER.TEST SUB.OTHER.TEST FAR.ORG CAMELLIA.TEST'
export LC_ALL=C.UTF-8 TZ=UTC

# COMMAND-OR-FILE:PACKAGE, for ./check to install.
needs='krb5kdc:krb5-kdc kadmin.local:krb5-admin-server kinit:krb5-user openssl:openssl curl:curl nginx:nginx-light
/usr/lib/*/krb5/plugins/preauth/pkinit.so:krb5-pkinit faketime:faketime setpriv:util-linux gcc:gcc
/usr/bin/python3:python3 /usr/lib/python3*/ensurepip/__init__.py:python3-venv /usr/bin/python3-config:python3-dev
/usr/include/gssapi/gssapi.h:libkrb5-dev javac:default-jdk-headless
samba:samba-ad-dc /usr/share/samba/setup/provision.ldif:samba-ad-provision wbinfo:winbind ldapsearch:ldap-utils ip:iproute2'

die() { echo "interop: $*" >&2; exit 1; }

need_peers() {
    local pair what missing=
    for pair in $needs; do
        what=${pair%:*}
        command -v "$what" >/dev/null || compgen -G "$what" >/dev/null || missing+=" ${pair##*:}"
    done
    [ -z "$missing" ] || die "missing packages:$missing (./check installs them)"
}

# The Python clients, installed once for each content of requirements.txt.
make_venv() {
    cmp -s "$here/requirements.txt" "$here/.venv/installed.txt" && return
    echo "interop: building the Python clients (a minute or two, once)"
    rm -rf "$here/.venv"
    /usr/bin/python3 -m venv "$here/.venv" &&
        "$here/.venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" ||
        die "the Python clients could not be installed from PyPI"
    cp "$here/requirements.txt" "$here/.venv/installed.txt"
}

free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_port() {
    local i
    for i in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.05
    done
    return 1
}

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)

pids=()
domain=
stop_peers() {
    local process
    [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
    [ -z "$domain" ] || "${as_root[@]}" kill "$domain" 2>/dev/null
    # What the tests started and did not end: it has our state directory in its environment.
    for process in /proc/[0-9]*; do
        if [ "${process#/proc/}" != $$ ] && grep -qsz "^INTEROP_STATE=$state$" "$process/environ"; then
            kill "${process#/proc/}" 2>/dev/null
        fi
    done
    wait
}

# make_realms STATE: configuration, certificates, databases, keytabs.
make_realms() {
    state=$1
    kdc_port=$(free_port)
    export KRB5_CONFIG=$state/krb5.conf KRB5_KDC_PROFILE=$state/kdc.conf KRB5CCNAME=FILE:$state/ccache
    mkdir -p "$state"/{db,pki,keytab,log}
    write_krb5_conf >"$state/krb5.conf"
    write_kdc_conf >"$state/kdc.conf"
    write_krb5_conf_of_kdc >"$state/krb5-of-kdc.conf"
    write_krb5_conf_with_rc4 >"$state/krb5-rc4.conf"
    write_krb5_conf_with_rc4 'permitted_enctypes = rc4-hmac' >"$state/krb5-rc4-only.conf"
    write_krb5_conf_of_camellia >"$state/krb5-camellia.conf"
    (cd "$state/pki" && make_certificates) >"$state/log/openssl" 2>&1 || die "openssl: $(tail -1 "$state/log/openssl")"
    for realm in $realms; do
        kdb5_util -r $realm create -s -P "master of $realm" || die "kdb5_util failed: $(tail -1 "$state/log/kdb5_util")"
    done >"$state/log/kdb5_util" 2>&1
    principals_of_mit_test | KRB5_CONFIG=$state/krb5-of-kdc.conf kadmin.local -r MIT.TEST >"$state/log/kadmin" 2>&1
    principals_of_other_test | kadmin.local -r OTHER.TEST >>"$state/log/kadmin" 2>&1
    for realm in SUB.OTHER.TEST FAR.ORG; do
        principals_of_a_realm_behind | kadmin.local -r $realm >>"$state/log/kadmin" 2>&1
    done
    principals_of_camellia_test | kadmin.local -r CAMELLIA.TEST >>"$state/log/kadmin" 2>&1
    ! grep ' while ' "$state/log/kadmin" >&2 || die "kadmin.local failed"
}

write_krb5_conf() {
    cat <<E
[libdefaults]
  default_realm = MIT.TEST
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  qualify_shortname = ""
  forwardable = true
  udp_preference_limit = 1
  spake_preauth_groups = edwards25519
  default_ccache_name = FILE:$state/ccache
[realms]
  MIT.TEST = {
    kdc = 127.0.0.1:$kdc_port
    pkinit_anchors = FILE:$state/pki/ca.pem
  }
  OTHER.TEST = {
    kdc = 127.0.0.1:$kdc_port
  }
  SUB.OTHER.TEST = {
    kdc = 127.0.0.1:$kdc_port
  }
  FAR.ORG = {
    kdc = 127.0.0.1:$kdc_port
  }
  CAMELLIA.TEST = {
    kdc = 127.0.0.1:$kdc_port
  }
[domain_realm]
  .mit.test = MIT.TEST
  .other.test = OTHER.TEST
  .camellia.test = CAMELLIA.TEST
  localhost = MIT.TEST
[logging]
  kdc = FILE:$state/log/kdc
  default = FILE:$state/log/krb5
E
}

# The KDC finds no path of three realms good, and with reject_bad_transit = false makes the ticket all the same, without the
# flag transited-policy-checked: the check is left to the service.
write_krb5_conf_of_kdc() {
    cat <<E
include $state/krb5.conf
[libdefaults]
  allow_rc4 = true
[capaths]
  FAR.ORG = {
    MIT.TEST = .
  }
  SUB.OTHER.TEST = {
    MIT.TEST = .
  }
E
}

# write_krb5_conf_with_rc4 [SETTING]: for clients that still use it.
write_krb5_conf_with_rc4() {
    cat <<E
include $state/krb5.conf
[libdefaults]
  allow_rc4 = true
  ${1:-}
E
}

# For clients that know nothing else.
write_krb5_conf_of_camellia() {
    cat <<E
include $state/krb5.conf
[libdefaults]
  permitted_enctypes = camellia256-cts camellia128-cts
E
}

write_kdc_conf() {
    cat <<E
[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:$kdc_port
  spake_preauth_kdc_challenge = edwards25519
[realms]
  MIT.TEST = {
    database_name = $state/db/mit
    key_stash_file = $state/db/mit.stash
    max_life = 24h
    supported_enctypes = aes256-cts:normal aes128-cts:normal aes256-sha2:normal aes128-sha2:normal
    pkinit_identity = FILE:$state/pki/kdc.pem,$state/pki/kdc.key
    pkinit_anchors = FILE:$state/pki/ca.pem
    reject_bad_transit = false
    pkinit_indicator = pkinit
    spake_preauth_indicator = spake
    spake_preauth_indicator = a password, proved
  }
  SUB.OTHER.TEST = {
    database_name = $state/db/sub
    key_stash_file = $state/db/sub.stash
    supported_enctypes = aes256-cts:normal
  }
  FAR.ORG = {
    database_name = $state/db/far
    key_stash_file = $state/db/far.stash
    supported_enctypes = aes256-cts:normal
  }
  CAMELLIA.TEST = {
    database_name = $state/db/camellia
    key_stash_file = $state/db/camellia.stash
    master_key_type = camellia256-cts
    supported_enctypes = camellia256-cts:normal camellia128-cts:normal
  }
  OTHER.TEST = {
    database_name = $state/db/other
    key_stash_file = $state/db/other.stash
    supported_enctypes = aes256-cts:normal
$(big_indicators)
  }
E
}

# Authentication indicators fill a ticket of OTHER.TEST up to the size of one from a big directory.
big_indicators() {
    local i filler
    filler=$(printf 'x%.0s' $(seq 1109))
    for i in $(seq -w 20); do echo "    spake_preauth_indicator = $i$filler"; done
}

make_certificates() {
    set -e
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj '/CN=interop CA' \
        -addext basicConstraints=critical,CA:TRUE
    # RFC 4556 section 3.2.4: the KDC's name as id-pkinit-san, its purpose as id-pkinit-KPKdc.
    cat >kdc.ext <<E
extendedKeyUsage = 1.3.6.1.5.2.3.5
keyUsage = digitalSignature, keyEncipherment, keyAgreement
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:principal
[principal]
realm = EXP:0,GeneralString:MIT.TEST
name = EXP:1,SEQUENCE:name
[name]
type = EXP:0,INTEGER:2
components = EXP:1,SEQUENCE:components
[components]
0 = GeneralString:krbtgt
1 = GeneralString:MIT.TEST
E
    openssl req -newkey rsa:2048 -nodes -keyout kdc.key -out kdc.csr -subj /CN=kdc
    openssl x509 -req -in kdc.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile kdc.ext -out kdc.pem
    # RFC 4556 section 3.2.2: alice's name, and the purpose id-pkinit-KPClientAuth.
    sed 's/2\.3\.5$/2.3.4/; s/^name = EXP:0,INTEGER:2/name = EXP:0,INTEGER:1/; s/^type = .*/type = EXP:0,INTEGER:1/
        s/^0 = .*/0 = GeneralString:alice/; /^1 = /d' kdc.ext >alice.ext
    openssl req -newkey rsa:2048 -nodes -keyout alice.key -out alice.csr -subj /CN=alice
    openssl x509 -req -in alice.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile alice.ext -out alice.pem
    # Two for HTTPS: ours, and that of a machine in the middle.
    for name in www other; do
        openssl req -x509 -newkey rsa:2048 -sha256 -nodes -keyout $name.key -out $name.pem -days 30 \
            -subj /CN=www.mit.test -addext 'subjectAltName=DNS:www.mit.test,DNS:www.heim.test,DNS:localhost' \
            -addext basicConstraints=critical,CA:FALSE
    done
}

principals_of_mit_test() {
    cat <<E
addprinc -pw Alice-pw1 +requires_preauth alice
addprinc -pw Bob-pw1 +requires_preauth bob
addprinc -randkey WELLKNOWN/ANONYMOUS
addprinc -randkey +ok_as_delegate HTTP/www.mit.test
addprinc -randkey +ok_as_delegate HTTP/localhost
addprinc -pw trust-pw krbtgt/MIT.TEST@OTHER.TEST
addprinc -pw trust-back-pw krbtgt/OTHER.TEST@MIT.TEST
ktadd -norandkey -k $state/keytab/www HTTP/www.mit.test HTTP/localhost
E
    local host etype
    for etype in e17:aes128-cts e18:aes256-cts e19:aes128-sha2 e20:aes256-sha2; do
        host=${etype%:*}.mit.test
        echo "addprinc -randkey -e ${etype#*:}:normal HTTP/$host"
        echo "setstr HTTP/$host session_enctypes ${etype#*:}"
        echo "ktadd -norandkey -k $state/keytab/www HTTP/$host"
    done
    echo "addprinc -randkey -e rc4-hmac:normal HTTP/e23.mit.test"
    echo "setstr HTTP/e23.mit.test session_enctypes rc4-hmac"
    echo "ktadd -norandkey -k $state/keytab/rc4 HTTP/e23.mit.test"
}

principals_of_other_test() {
    cat <<E
addprinc -pw Carol-pw1 +requires_preauth carol
addprinc -pw trust-pw krbtgt/MIT.TEST@OTHER.TEST
addprinc -pw trust-back-pw krbtgt/OTHER.TEST@MIT.TEST
addprinc -pw behind-pw krbtgt/OTHER.TEST@SUB.OTHER.TEST
addprinc -pw behind-pw krbtgt/OTHER.TEST@FAR.ORG
addprinc -randkey HTTP/big.other.test
addprinc -randkey HTTP/www.mit.test
ktadd -norandkey -k $state/keytab/big HTTP/big.other.test
ktadd -norandkey -k $state/keytab/www-other HTTP/www.mit.test
E
}

principals_of_a_realm_behind() {
    cat <<E
addprinc -pw Dave-pw1 +requires_preauth dave
addprinc -pw behind-pw krbtgt/OTHER.TEST@$realm
E
}

principals_of_camellia_test() {
    cat <<E
addprinc -pw Alice-pw1 +requires_preauth alice
addprinc -randkey HTTP/www.camellia.test
addprinc -randkey -e camellia128-cts:normal HTTP/e25.camellia.test
setstr HTTP/e25.camellia.test session_enctypes camellia128-cts
addprinc -randkey -e camellia256-cts:normal HTTP/e26.camellia.test
setstr HTTP/e26.camellia.test session_enctypes camellia256-cts
ktadd -norandkey -k $state/keytab/camellia HTTP/www.camellia.test HTTP/e25.camellia.test HTTP/e26.camellia.test
ktadd -norandkey -k $state/keytab/camellia-kdc krbtgt/CAMELLIA.TEST
E
}

start_kdc() {
    KRB5_CONFIG=$state/krb5-of-kdc.conf krb5kdc -n $(printf ' -r %s' $realms) >"$state/log/krb5kdc" 2>&1 &
    pids+=($!)
    wait_port "$kdc_port" || die "the KDC did not start: $(tail -3 "$state/log/krb5kdc" "$state/log/kdc" 2>&1)"
}

# A Samba AD DC, in the background: state/samba/ready or state/samba/failed says what became of it.
start_domain() {
    mkdir "$state/samba"
    "${as_root[@]}" "$here/samba.sh" "$state/samba" &
    domain=$!
}
