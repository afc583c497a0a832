"""MIT's verdicts on a token with single bits flipped: accept_flips.py KEYTAB TOKEN [BINDINGS-HEX].

Standard input holds lines `BYTE BIT`; those that MIT refuses are printed, with its reason.
"""

import os
import sys

os.environ["KRB5_KTNAME"] = "FILE:" + sys.argv[1]
os.environ["KRB5RCACHENAME"] = "none:"

import gssapi
from gssapi.raw import ChannelBindings

with open(sys.argv[2], "rb") as file:
    token = file.read()
bindings = ChannelBindings(application_data=bytes.fromhex(sys.argv[3])) if len(sys.argv) > 3 else None
credentials = gssapi.Credentials(usage="accept")
for line in sys.stdin:
    byte, bit = map(int, line.split())
    flipped = bytearray(token)
    flipped[byte] ^= 1 << bit
    context = gssapi.SecurityContext(creds=credentials, usage="accept", channel_bindings=bindings)
    try:
        context.step(bytes(flipped))
        if not context.complete:  # where python-gssapi raises the error of a step that had an error token
            print(byte, bit, "continue needed")
    except gssapi.exceptions.GSSError as error:
        print(byte, bit, str(error).replace("\n", " "))
