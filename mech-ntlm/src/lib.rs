//! NTLMSSP (MS-NLMP) acceptor. Nothing is written yet; its turn comes with a later release.
#![no_std]
