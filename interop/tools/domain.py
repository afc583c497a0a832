"""Fills the domain of interop/samba.sh: users, groups, services, and their keytabs: domain.py KEYTABS."""

import os
import sys

import ldb
import samba.dckeytab  # gives Net its export_keytab
from samba.auth import system_session
from samba.net import Net
from samba.credentials import Credentials
from samba.param import LoadParm
from samba.samdb import SamDB

keytabs = sys.argv[1]
parameters = LoadParm()
parameters.load_default()
domain = SamDB(lp=parameters, session_info=system_session())

domain.set_minPwdAge("0")
domain.set_pwdProperties("0")

USERS = "CN=Users," + domain.domain_dn()
# groupType (MS-ADTS section 2.2.12): a security group, and its scope.
SECURITY, GLOBAL, DOMAIN_LOCAL, UNIVERSAL = -0x80000000, 2, 4, 8


def group(name, scope, members):
    domain.add({
        "dn": f"CN={name},{USERS}", "objectClass": "group", "sAMAccountName": name,
        "groupType": str(SECURITY | scope), "member": [f"CN={member},{USERS}" for member in members]})


def user(name, **attributes):
    domain.newuser(name, name.capitalize() + "-pw1")
    change(name, **attributes)


def change(name, **attributes):
    message = ldb.Message(ldb.Dn(domain, f"CN={name},{USERS}"))
    for attribute, value in attributes.items():
        flag = ldb.FLAG_MOD_REPLACE if value else ldb.FLAG_MOD_DELETE
        message[attribute] = ldb.MessageElement(value, flag, attribute)
    if attributes:
        domain.modify(message)


def service(name, spns, etypes, **attributes):
    user(name)
    change(name, servicePrincipalName=spns, **{"msDS-SupportedEncryptionTypes": str(etypes)}, **attributes)
    # Samba makes the keys that the account is allowed when the password is set.
    domain.setpassword(f"(sAMAccountName={name})", name.capitalize() + "-pw1")


def export(principal, file):
    Net(Credentials(), parameters).export_keytab(keytab=f"{keytabs}/{file}", principal=principal + "@AD.TEST")
    os.chmod(f"{keytabs}/{file}", 0o644)


user("alice")
user("carol", userPrincipalName=[])
# The second line are claims (samba.sh).
user("bob", userPrincipalName="robert@corp.example", displayName="Bob the Builder",
     department="Zimmerei & Söhne", title=" ".join(["Master"] * 6), otherMobile=["1", "22"], countryCode="276", msNPAllowDialin="TRUE")

for number in range(1, 21):
    group(f"Global{number}", GLOBAL, ["bob"])
for number in range(1, 6):
    group(f"Universal{number}", UNIVERSAL, ["bob"])
for number in range(1, 6):
    group(f"Local{number}", DOMAIN_LOCAL, ["bob"])
# Bob is in these by way of others only.
for number in range(1, 6):
    group(f"Outer{number}", GLOBAL, [f"Global{number}"])
for number in range(1, 6):
    group(f"OuterLocal{number}", DOMAIN_LOCAL, [f"Universal{number}", f"Outer{number}"])

# msDS-SupportedEncryptionTypes (MS-KILE section 2.2.7).
RC4, AES = "4", "24"
# UserAccountControl: a normal account, which may speak for users who did not come to it with Kerberos (MS-SFU).
TRUSTED_TO_AUTHENTICATE = "16777728"

service("web", ["HTTP/web.ad.test", "HTTP/intranet.ad.test"], AES,
        userAccountControl=TRUSTED_TO_AUTHENTICATE, **{"msDS-AllowedToDelegateTo": ["HTTP/back.ad.test"]})
service("back", ["HTTP/back.ad.test"], AES)
# One for each test that changes it.
for name, etypes in [("changed", AES), ("stale", AES), ("first", AES), ("second", AES), ("legacy", RC4), ("weakened", AES)]:
    service(name, [f"HTTP/{name}.ad.test"], etypes)

export("HTTP/web.ad.test", "web")
for name in ["web", "intranet"]:
    export(f"HTTP/{name}.ad.test", "web-and-intranet")
export("web", "web-account")
for name in ["back", "changed", "stale", "first", "weakened"]:
    export(f"HTTP/{name}.ad.test", name)
export("krbtgt/AD.TEST", "krbtgt")
