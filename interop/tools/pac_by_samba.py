"""A PAC as Samba's krb5pac reads it: its bytes in, JSON out. For /usr/bin/python3 beside the DC, which has its modules."""

import json
import sys

from samba.dcerpc import claims, krb5pac
from samba.ndr import ndr_unpack

pac = ndr_unpack(krb5pac.PAC_DATA, sys.stdin.buffer.read())
buffers = {buffer.type: buffer.info for buffer in pac.buffers}


def memberships(domain, array):
    return [[f"{domain}-{member.rid}", member.attributes] for member in array.rids or []]


said = {"buffers": [buffer.type for buffer in pac.buffers]}
logon = buffers.get(krb5pac.PAC_TYPE_LOGON_INFO)
if logon:
    info3, resources = logon.info.info3, logon.info.resource_groups
    base = info3.base
    said |= {
        "sid": f"{base.domain_sid}-{base.rid}",
        "primary_group": f"{base.domain_sid}-{base.primary_gid}",
        "groups": memberships(base.domain_sid, base.groups),
        "extra_sids": [[str(entry.sid), entry.attributes] for entry in info3.sids or []],
        "resource_groups": memberships(resources.domain_sid, resources.groups),
        "sam_name": base.account_name.string,
        "display_name": base.full_name.string,
        "logon_server": base.logon_server.string,
        "domain": base.logon_domain.string,
        "user_flags": base.user_flags,
        "user_account_control": base.acct_flags,
    }
upn = buffers.get(krb5pac.PAC_TYPE_UPN_DNS_INFO)
if upn:
    said |= {"upn": upn.upn_name, "dns_domain": upn.dns_domain_name, "upn_is_constructed": bool(upn.flags & 1)}
    if upn.flags & 2:
        said |= {"upn_sam_name": upn.ex.samaccountname, "upn_sid": str(upn.ex.objectsid)}
client = buffers.get(krb5pac.PAC_TYPE_LOGON_NAME)
if client:
    said["client_name"] = client.account_name
delegation = buffers.get(krb5pac.PAC_TYPE_CONSTRAINED_DELEGATION)
if delegation:
    services = delegation.info.transited_services or []
    said |= {"proxy_target": delegation.info.proxy_target.string, "delegated_by": [name.string for name in services]}
client_claims = buffers.get(krb5pac.PAC_TYPE_CLIENT_CLAIMS_INFO)
if client_claims:
    metadata = ndr_unpack(claims.CLAIMS_SET_METADATA_NDR, client_claims.remaining).claims.metadata
    entries = [entry for array in metadata.claims_set.claims.claims.claims_arrays for entry in array.claim_entries]
    said["client_claims"] = {entry.id: [str(value) for value in entry.values.values] for entry in entries}
    said["claims_are_compressed"] = metadata.compression_format == claims.CLAIMS_COMPRESSION_FORMAT_XPRESS_HUFF
print(json.dumps(said))
