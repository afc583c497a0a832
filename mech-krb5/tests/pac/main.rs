//! PACs of real KDCs, and forged ones: what is read from them, what is refused, what no checksum covers.

#[path = "../forge/pac.rs"]
mod forge;

mod buffers;
mod checksums;
mod claims;
mod described;
mod flips;
mod vectors;

use mech_krb5::crypto::{ChecksumKey, EncryptionType, EncryptionTypes, Key, KeyUsage};
use mech_krb5::message::{AdType, Ticket};
use mech_krb5::message::{AuthorizationData, AuthorizationDataEntry, EncTicketPart};
use mech_krb5::pac::{BufferType, Evidence, KdcEvidence, Pac, PacFault, VerifiedPac};
use mech_krb5::{NameType, Principal};
use negotiate_core::Timestamp;
use negotiate_core::der::Reader;
use testvectors::Case;

/// A PAC and all that it is held against.
struct Vector {
    name: String,
    pac: Vec<u8>,
    service_key: ChecksumKey,
    kdc: Option<(Key, Vec<u8>)>,
    client: Principal,
    authtime: Timestamp,
}

impl Vector {
    fn of_case(case: &Case) -> Self {
        Self {
            name: case.to_string(),
            pac: case.bytes("pac"),
            service_key: key(case, "key").checksum_key(KeyUsage::PAC_CHECKSUM),
            // None of them has a ticket checksum.
            kdc: case.has("kdc-key").then(|| (key(case, "kdc-key"), Vec::new())),
            client: Principal::parse(case.text("client")).unwrap(),
            authtime: Timestamp::from_unix(case.number("authtime")),
        }
    }

    /// The PAC of a whole ticket, or of the ticket in a token.
    fn of_ticket(case: &Case) -> Self {
        let bytes = if case.has("ticket") {
            case.bytes("ticket")
        } else {
            let token = case.bytes("token");
            // The field `ticket` of the AP-REQ.
            let begins = |at: &usize| matches!(token[*at..], [0xa3, 0x82, _, _, 0x61, ..]);
            let at = (0..token.len()).find(begins).unwrap();
            token[at + 4..].to_vec()
        };
        let ticket = Ticket::decode(&mut Reader::new(&bytes)).unwrap();
        let mut part = ticket.enc_part.cipher.to_vec();
        let service_key = key(case, "key");
        service_key
            .for_usage(KeyUsage::TICKET)
            .decrypt_vec(&mut part)
            .unwrap();
        let part = EncTicketPart::decode(&part).unwrap();
        let list = part.authorization_data.unwrap();
        let mut entries = list.iter();
        let (relevant, None) = (entries.next().unwrap(), entries.next()) else {
            panic!("{case}: more than one element")
        };
        let inner = AuthorizationData::decode(&mut Reader::new(relevant.ad_data)).unwrap();
        let pac = inner
            .iter()
            .find(|entry| entry.ad_type == AdType::WIN2K_PAC)
            .unwrap();
        let one = |ad_type, ad_data| {
            AuthorizationDataEntry::encode_list(&[AuthorizationDataEntry { ad_type, ad_data }])
        };
        let zeroed = one(AdType::IF_RELEVANT, &one(AdType::WIN2K_PAC, &[0]));
        let covered = EncTicketPart {
            authorization_data: Some(AuthorizationData::decode(&mut Reader::new(&zeroed)).unwrap()),
            ..part
        };
        Self {
            name: case.to_string(),
            pac: pac.ad_data.to_vec(),
            service_key: service_key.checksum_key(KeyUsage::PAC_CHECKSUM),
            kdc: case
                .has("kdc-key")
                .then(|| (key(case, "kdc-key"), covered.encode())),
            client: part.cname.in_realm(part.crealm).to_owned(),
            authtime: part.authtime,
        }
    }

    fn verify(&self) -> Result<VerifiedPac, PacFault> {
        self.judge(&self.pac)
    }

    /// The verdict on other bytes in its place.
    fn judge(&self, pac: &[u8]) -> Result<VerifiedPac, PacFault> {
        let keys = self.kdc.as_ref().map(|(key, _)| [key.clone()]);
        let kdc = self.kdc.as_ref().zip(keys.as_ref());
        Pac::parse(pac)?.verify(&Evidence {
            service_key: &self.service_key,
            kdc: kdc.map(|((_, ticket), keys)| KdcEvidence { keys, ticket }),
            client: self.client.borrow(),
            authtime: self.authtime,
        })
    }
}

fn key(case: &Case, field: &str) -> Key {
    let types = EncryptionTypes::new().danger_with_rc4();
    Key::new(types.find(case.number("etype")).unwrap(), &case.bytes(field)).unwrap()
}

/// PACs of Windows whose checksums fit. Those with the KDC's key come a second time, without it.
fn genuine() -> Vec<Vector> {
    let without = |vector: Vector| Vector {
        name: format!("{}, without the KDC's key", vector.name),
        kdc: None,
        ..vector
    };
    let with_kdc_key = public().into_iter().filter(|vector| vector.kdc.is_some());
    public().into_iter().chain(with_kdc_key.map(without)).collect()
}

/// Those of MIT krb5's tests, of gokrb5's and of Kerberos.NET's.
fn public() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for case in ["pac/windows-mit.txt", "pac/windows-gokrb5.txt"]
        .into_iter()
        .flat_map(testvectors::load)
    {
        let mut vector = Vector::of_case(&case);
        if case.expect() == "client-mismatch" {
            // Of the domain's trust: the client's name in the PAC has its realm in it, and no ticket's client has.
            let [name, realm] = [
                vector.client.name().components().next().unwrap(),
                vector.client.realm(),
            ];
            let name = [name, b"@", realm].concat();
            vector.client = Principal::new(NameType::ENTERPRISE, [&name[..]], b"ANY").unwrap();
        }
        vectors.push(vector);
    }
    vectors.push(Vector::of_ticket(
        &testvectors::load("pac/windows-2022-ticket.txt")[0],
    ));
    vectors.extend(
        testvectors::load("pac/windows-tokens.txt")
            .iter()
            .map(Vector::of_ticket),
    );
    vectors
}

const CLIENT: &str = "alice@EXAMPLE.COM";
const AUTHTIME: Timestamp = Timestamp::from_unix(1_795_327_048);

/// A PAC of [`CLIENT`] that holds this buffer, signed and verified.
fn with_buffer(buffer_type: BufferType, content: &[u8]) -> VerifiedPac {
    forged(&forge::Pac::new("alice", AUTHTIME).with(buffer_type, content))
        .verify()
        .unwrap()
}

/// The packet representation of a SID of these subauthorities, behind their count, as NDR has it.
fn ndr_sid(authority: u8, sub_authorities: &[u32]) -> Vec<u8> {
    let count = u8::try_from(sub_authorities.len()).unwrap();
    let mut sid = [&[count, 0, 0, 0, 1, count][..], &[0, 0, 0, 0, 0, authority]].concat();
    sid.extend(sub_authorities.iter().flat_map(|sub| sub.to_le_bytes()));
    sid
}

/// The buffer with other bytes in the place of these, and the length of the object that it then has.
fn with_other(mut buffer: Vec<u8>, these: &[u8], other: &[u8]) -> Vec<u8> {
    let at = buffer
        .windows(these.len())
        .position(|bytes| bytes == these)
        .unwrap();
    buffer.splice(at..at + these.len(), other.iter().copied());
    buffer.resize(buffer.len().next_multiple_of(8), 0);
    let object_len = u32::try_from(buffer.len() - 16).unwrap();
    buffer[8..12].copy_from_slice(&object_len.to_le_bytes());
    buffer
}

/// Logon information of Windows, its first extra SID replaced by S-1-5-21-0-0-0 and this.
fn logon_info_with_extra_sid(rid: u32) -> Vec<u8> {
    let info = testvectors::load("pac/logon-info.txt")[0].bytes("logon-info");
    let sid = ndr_sid(5, &[21, 773_533_881, 1_816_936_887, 355_810_188, 513]);
    with_other(info, &sid, &ndr_sid(5, &[21, 0, 0, 0, rid]))
}

fn forged(pac: &forge::Pac) -> Vector {
    let [service_key, kdc_key] =
        [7, 8].map(|byte| Key::new(EncryptionType::Aes256CtsHmacSha1_96, &[byte; 32]).unwrap());
    Vector {
        name: "forged".into(),
        pac: pac.clone().sign(&service_key, &kdc_key),
        service_key: service_key.checksum_key(KeyUsage::PAC_CHECKSUM),
        kdc: Some((kdc_key, pac.ticket.clone().unwrap_or_default())),
        client: Principal::parse(CLIENT).unwrap(),
        authtime: AUTHTIME,
    }
}
