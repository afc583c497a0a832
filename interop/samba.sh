#!/usr/bin/env bash
# interop/samba.sh DIRECTORY: a Samba AD DC for the realm AD.TEST, kept in DIRECTORY, until it is ended by SIGTERM.
#
# It lives in network, mount and process namespaces of its own, with /etc/samba and the like from DIRECTORY, so its tools
# work with their built-in paths and ports, and nothing of the machine is read or changed; that needs root. DIRECTORY/ready
# appears when it is up, DIRECTORY/failed if that failed. DIRECTORY/in COMMAND... runs a client beside it as its caller;
# DIRECTORY/in-as-root is for samba-tool, which works on the files of the DC.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$1
hosts='dc1.ad.test dc1'

failed() { echo "$*" >"$dir/failed.new"; mv "$dir/failed.new" "$dir/failed"; exit 1; }

# Around the namespaces.
outside() {
    local namespaces inside= i
    [ "$(id -u)" = 0 ] || failed 'namespaces need root'
    umask 022
    mkdir -p "$dir"/{keytab,log}
    chmod 755 "$dir"
    unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$dir" inside >"$dir/log/samba" 2>&1 &
    namespaces=$!
    # unshare waits for its child whatever else it is sent, and takes it along: with it everything in the namespaces ends.
    trap 'kill -KILL $namespaces; wait 2>/dev/null; exit' TERM INT HUP
    for i in $(seq 100); do
        read -r inside _ <"/proc/$namespaces/task/$namespaces/children"
        [ -z "$inside" ] || break
        sleep 0.05
    done
    write_script "$inside" 'setpriv --reuid=$(id -u) --regid=$(id -g) --clear-groups' >"$dir/in"
    write_script "$inside" '' >"$dir/in-as-root"
    chmod 755 "$dir"/in*
    wait $namespaces
    [ -e "$dir/failed" ] || failed "the DC ended: $(tail -3 "$dir/log/samba")"
}

# A script that runs a command in the namespaces of a process, as PREFIX makes it.
write_script() { # PROCESS PREFIX
    cat <<E
#!/bin/sh
[ "\$(id -u)" = 0 ] || as_root='sudo -n -E'
exec \$as_root nsenter --target $1 --net --mount --pid -- $2 env KRB5_CONFIG=$dir/krb5.conf "\$@"
E
}

# In the namespaces.
inside() {
    local path attribute
    unset KRB5_KDC_PROFILE KRB5CCNAME
    export KRB5_CONFIG=$dir/krb5.conf
    ip link set lo up || failed 'no loopback'
    if [ -d "$here/.samba/usr" ]; then
        # samba_packages.sh unpacked it. Lower layers only: nothing can be written there.
        mount -t overlay -o "ro,lowerdir=$here/.samba/usr:/usr" overlay /usr || failed 'cannot lay a newer Samba over /usr'
    fi
    write_krb5_conf >"$dir/krb5.conf"
    echo "127.0.0.1 $hosts localhost" >"$dir/hosts"
    printf 'nameserver 127.0.0.1\nsearch ad.test\n' >"$dir/resolv.conf"
    mount --bind "$dir/hosts" /etc/hosts && mount --bind "$dir/resolv.conf" /etc/resolv.conf || failed 'cannot bind'
    for path in /etc/samba /var/lib/samba /var/cache/samba /var/log/samba /run/samba; do
        mkdir -p "$path" "$dir/root$path"
        mount --bind "$dir/root$path" "$path" || failed "cannot bind $path"
    done
    mkdir -p /var/lib/samba/private
    samba-tool domain provision --realm=AD.TEST --domain=ADT --server-role=dc --dns-backend=SAMBA_INTERNAL \
        --adminpass=Adm1n-Passw0rd --host-name=dc1 --host-ip=127.0.0.1 --use-rfc2307 \
        --option='interfaces=lo' --option='bind interfaces only=yes' --option='vfs objects=' \
        --option='ad dc functional level=2016' --function-level=2016 \
        >"$dir/log/provision" 2>&1 || failed "provision: $(tail -1 "$dir/log/provision")"
    write_smb_conf >/etc/samba/smb.conf
    for attribute in department title otherMobile countryCode msNPAllowDialin; do
        samba-tool domain claim claim-type create --attribute=$attribute --class=user >>"$dir/log/provision" 2>&1 ||
            failed "claims: $(tail -1 "$dir/log/provision")"
    done
    samba --foreground --no-process-group --debug-stdout --model=single &
    samba=$!
    /usr/bin/python3 "$here/tools/domain.py" "$dir/keytab" >"$dir/log/domain" 2>&1 ||
        failed "domain.py: $(tail -1 "$dir/log/domain")"
    for port in 88 389; do wait_port $port || failed "nothing listens on port $port"; done
    until wbinfo --ping-dc >/dev/null 2>&1; do sleep 0.1; done
    touch "$dir/ready"
    wait $samba
}

wait_port() {
    local i
    for i in $(seq 300); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.1
    done
    return 1
}

write_krb5_conf() {
    cat <<E
[libdefaults]
  default_realm = AD.TEST
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  qualify_shortname = ""
  forwardable = true
  udp_preference_limit = 1
  allow_rc4 = true
[realms]
  AD.TEST = {
    kdc = 127.0.0.1:88
  }
[domain_realm]
  .ad.test = AD.TEST
E
}

write_smb_conf() {
    cat <<E
[global]
  netbios name = DC1
  realm = AD.TEST
  workgroup = ADT
  server role = active directory domain controller
  ad dc functional level = 2016
  server services = rpc, ldap, cldap, kdc, winbindd
  interfaces = lo
  bind interfaces only = yes
  ldap server require strong auth = no
  kerberos encryption types = all
  idmap_ldb:use rfc2307 = yes
  load printers = no
E
}

if [ "${2:-}" = inside ]; then inside; else outside; fi
