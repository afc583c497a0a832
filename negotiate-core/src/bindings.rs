//! Channel bindings (RFC 2743 section 1.1.6, RFC 5056, RFC 5929 section 6), as an argument of the exchange.

use alloc::vec::Vec;

/// What ties the security context to the channel below it.
///
/// The octets of `gss_channel_bindings_struct` (RFC 2744 section 3.11). With TLS the addresses are unspecified and the
/// application data is the channel binding type's prefix, a colon, and its data (RFC 5056 section 2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelBindings {
    /// Address type and address of the initiator.
    pub initiator: Address,
    /// Address type and address of the acceptor.
    pub acceptor: Address,
    /// Application data.
    pub application_data: Vec<u8>,
    /// For an acceptor: other application data that an initiator may have bound to the same channel. A channel has bindings of
    /// several types, and an initiator that knows them uses one of them and does not say which.
    pub alternatives: Vec<Vec<u8>>,
}

/// An address within channel bindings (RFC 2744 section 3.11). The default is unspecified: type 0, no octets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `GSS_C_AF_*`.
    pub address_type: u32,
    /// The octets.
    pub octets: Vec<u8>,
}

impl ChannelBindings {
    /// Bindings of application data alone, such as `tls-server-end-point:` and a certificate's hash.
    #[must_use]
    pub fn from_application_data(application_data: impl Into<Vec<u8>>) -> Self {
        Self {
            application_data: application_data.into(),
            ..Self::default()
        }
    }

    /// These, or those with this application data.
    #[must_use]
    pub fn or(mut self, application_data: impl Into<Vec<u8>>) -> Self {
        self.alternatives.push(application_data.into());
        self
    }

    /// The octets over which RFC 4121 section 4.1.1.2 hashes: each number little-endian in four bytes, each string
    /// after its length.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        self.octets_of(&self.application_data)
    }

    /// [`to_octets`](Self::to_octets), and the same with each of the alternatives.
    pub fn each_to_octets(&self) -> impl Iterator<Item = Vec<u8>> {
        core::iter::once(&self.application_data)
            .chain(&self.alternatives)
            .map(|application_data| self.octets_of(application_data))
    }

    fn octets_of(&self, application_data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for address in [&self.initiator, &self.acceptor] {
            out.extend_from_slice(&address.address_type.to_le_bytes());
            push_counted(&mut out, &address.octets);
        }
        push_counted(&mut out, application_data);
        out
    }
}

// Bindings are a few hundred bytes of the server's own making, so the length always fits.
fn push_counted(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(&u32::try_from(octets.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(octets);
}

/// What the acceptor asks of the initiator's channel bindings. It matters only where the acceptor has bindings itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BindingsPolicy {
    /// The initiator's bindings are not looked at.
    Off,
    /// An initiator without bindings is accepted and the context is not marked as bound; a mismatch is refused.
    Prefer,
    /// As `Prefer`, but an initiator that says it supports bindings (`KERB_AP_OPTIONS_CBT`, MS-KILE section 3.2.5.8;
    /// `MsvAvChannelBindings`, MS-NLMP) and sends none is refused: somebody took them out.
    #[default]
    RequireIfAdvertised,
    /// An initiator without bindings is refused.
    Require,
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4121 section 4.1.1.2 and RFC 2744 section 3.11: order and widths.
    #[test]
    fn octets_are_counted_little_endian_fields() {
        let bindings = ChannelBindings {
            initiator: Address {
                address_type: 2,
                octets: std::vec![127, 0, 0, 1],
            },
            application_data: b"ab".to_vec(),
            ..ChannelBindings::default()
        };
        let octets = b"\x02\0\0\0\x04\0\0\0\x7f\0\0\x01\0\0\0\0\0\0\0\0\x02\0\0\0ab";
        assert_eq!(bindings.to_octets(), octets);
        // An alternative is of the same addresses.
        let bindings = bindings.or("c");
        assert_eq!(bindings.to_octets(), octets);
        let other = b"\x02\0\0\0\x04\0\0\0\x7f\0\0\x01\0\0\0\0\0\0\0\0\x01\0\0\0c";
        assert!(bindings.each_to_octets().eq([octets.to_vec(), other.to_vec()]));
    }
}
