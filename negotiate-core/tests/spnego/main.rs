//! SPNEGO as its callers see it, with a scripted mechanism behind it.

mod captures;
mod configuration;
mod downgrade;
mod first_token;
mod initiator;
mod loopback;
mod mech_list_mic;
mod negotiation;
mod properties;
mod refusals;
mod tokens;
