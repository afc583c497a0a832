//! The C bindings of GSS-API (RFC 2744) as libgssapi_krb5 has them, and the two calls of its `gssapi_ext.h` that take a
//! credential store. Nothing of this leaves [`crate::library`].
//!
//! Only what both sides of the ABI fix is used: no exported data, so that object identifiers are our own constants.

use std::ffi::{c_char, c_int, c_void};

/// `gss_buffer_desc`
#[repr(C)]
pub(super) struct Buffer {
    pub(super) length: usize,
    pub(super) value: *mut c_void,
}

/// `gss_OID_desc`
#[repr(C)]
pub(super) struct Oid {
    pub(super) length: u32,
    pub(super) elements: *mut c_void,
}

/// `gss_OID_set_desc`
#[repr(C)]
pub(super) struct OidSet {
    pub(super) count: usize,
    pub(super) elements: *mut Oid,
}

/// `gss_channel_bindings_struct`
#[repr(C)]
pub(super) struct ChannelBindings {
    pub(super) initiator_addrtype: u32,
    pub(super) initiator_address: Buffer,
    pub(super) acceptor_addrtype: u32,
    pub(super) acceptor_address: Buffer,
    pub(super) application_data: Buffer,
}

/// `gss_key_value_element_desc`
#[repr(C)]
pub(super) struct KeyValue {
    pub(super) key: *const c_char,
    pub(super) value: *const c_char,
}

/// `gss_key_value_set_desc`
#[repr(C)]
pub(super) struct KeyValueSet {
    pub(super) count: u32,
    pub(super) elements: *mut KeyValue,
}

/// What `gss_name_t`, `gss_cred_id_t` and `gss_ctx_id_t` point to.
#[repr(C)]
pub(super) struct Opaque {
    _private: [u8; 0],
}

pub(super) type NameHandle = *mut Opaque;
pub(super) type CredentialHandle = *mut Opaque;
pub(super) type ContextHandle = *mut Opaque;

pub(super) const GSS_C_INITIATE: c_int = 1;
pub(super) const GSS_C_ACCEPT: c_int = 2;
pub(super) const GSS_C_INDEFINITE: u32 = u32::MAX;
pub(super) const GSS_C_QOP_DEFAULT: u32 = 0;
pub(super) const GSS_C_GSS_CODE: c_int = 1;
pub(super) const GSS_C_MECH_CODE: c_int = 2;
pub(super) const GSS_C_PRF_KEY_FULL: c_int = 0;
pub(super) const GSS_C_PRF_KEY_PARTIAL: c_int = 1;
pub(super) const GSS_S_CONTINUE_NEEDED: u32 = 1;

#[link(name = "gssapi_krb5")]
unsafe extern "C" {
    pub(super) fn gss_acquire_cred_from(
        minor_status: *mut u32,
        desired_name: NameHandle,
        time_req: u32,
        desired_mechs: *mut OidSet,
        cred_usage: c_int,
        cred_store: *const KeyValueSet,
        output_cred_handle: *mut CredentialHandle,
        actual_mechs: *mut *mut OidSet,
        time_rec: *mut u32,
    ) -> u32;

    pub(super) fn gss_store_cred_into(
        minor_status: *mut u32,
        input_cred_handle: CredentialHandle,
        input_usage: c_int,
        desired_mech: *mut Oid,
        overwrite_cred: u32,
        default_cred: u32,
        cred_store: *const KeyValueSet,
        elements_stored: *mut *mut OidSet,
        cred_usage_stored: *mut c_int,
    ) -> u32;

    pub(super) fn gss_release_cred(minor_status: *mut u32, cred_handle: *mut CredentialHandle) -> u32;

    pub(super) fn gss_accept_sec_context(
        minor_status: *mut u32,
        context_handle: *mut ContextHandle,
        acceptor_cred_handle: CredentialHandle,
        input_token_buffer: *mut Buffer,
        input_chan_bindings: *mut ChannelBindings,
        src_name: *mut NameHandle,
        mech_type: *mut *mut Oid,
        output_token: *mut Buffer,
        ret_flags: *mut u32,
        time_rec: *mut u32,
        delegated_cred_handle: *mut CredentialHandle,
    ) -> u32;

    pub(super) fn gss_delete_sec_context(
        minor_status: *mut u32,
        context_handle: *mut ContextHandle,
        output_token: *mut Buffer,
    ) -> u32;

    pub(super) fn gss_inquire_context(
        minor_status: *mut u32,
        context_handle: ContextHandle,
        src_name: *mut NameHandle,
        targ_name: *mut NameHandle,
        lifetime_rec: *mut u32,
        mech_type: *mut *mut Oid,
        ctx_flags: *mut u32,
        locally_initiated: *mut c_int,
        open: *mut c_int,
    ) -> u32;

    pub(super) fn gss_display_name(
        minor_status: *mut u32,
        input_name: NameHandle,
        output_name_buffer: *mut Buffer,
        output_name_type: *mut *mut Oid,
    ) -> u32;

    pub(super) fn gss_release_name(minor_status: *mut u32, name: *mut NameHandle) -> u32;

    pub(super) fn gss_release_buffer(minor_status: *mut u32, buffer: *mut Buffer) -> u32;

    pub(super) fn gss_display_status(
        minor_status: *mut u32,
        status_value: u32,
        status_type: c_int,
        mech_type: *mut Oid,
        message_context: *mut u32,
        status_string: *mut Buffer,
    ) -> u32;

    pub(super) fn gss_get_mic(
        minor_status: *mut u32,
        context_handle: ContextHandle,
        qop_req: u32,
        message_buffer: *mut Buffer,
        message_token: *mut Buffer,
    ) -> u32;

    pub(super) fn gss_verify_mic(
        minor_status: *mut u32,
        context_handle: ContextHandle,
        message_buffer: *mut Buffer,
        message_token: *mut Buffer,
        qop_state: *mut u32,
    ) -> u32;

    pub(super) fn gss_wrap(
        minor_status: *mut u32,
        context_handle: ContextHandle,
        conf_req_flag: c_int,
        qop_req: u32,
        input_message_buffer: *mut Buffer,
        conf_state: *mut c_int,
        output_message_buffer: *mut Buffer,
    ) -> u32;

    /// RFC 4401, declared in `gssapi_ext.h`.
    pub(super) fn gss_pseudo_random(
        minor_status: *mut u32,
        context: ContextHandle,
        prf_key: c_int,
        prf_in: *mut Buffer,
        desired_output_len: isize,
        prf_out: *mut Buffer,
    ) -> u32;

    pub(super) fn gss_unwrap(
        minor_status: *mut u32,
        context_handle: ContextHandle,
        input_message_buffer: *mut Buffer,
        output_message_buffer: *mut Buffer,
        conf_state: *mut c_int,
        qop_state: *mut u32,
    ) -> u32;
}
