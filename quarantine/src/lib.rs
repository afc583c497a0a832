//! sspi's initiator at the embedded KDC: other people's Kerberos and SPNEGO, against which ours is held in `tests/`.
//!
//! Only its initiator: what sspi's acceptor refuses or accepts proves nothing here.

use negotiate_testkit::Kdc;
use sspi::generator::NetworkRequest;
use sspi::network_client::NetworkClient;
use sspi::{
    AuthIdentity, BufferType, ClientRequestFlags, CredentialUse, Credentials, CredentialsBuffers,
    DataRepresentation, Kerberos, KerberosConfig, Negotiate, NegotiateConfig, SecurityBuffer,
    SecurityBufferRef, SecurityStatus, Sspi, SspiImpl, Username,
};
use std::fmt;

/// A user's end of a login, played by sspi's package `P`.
pub struct Initiator<P: SspiImpl> {
    package: P,
    credentials: P::CredentialsHandle,
    target: String,
    flags: ClientRequestFlags,
    bindings: Option<Vec<u8>>,
    kdc: InProcess,
}

/// What sspi's initiator sends next.
#[derive(Debug)]
pub struct Output {
    /// The token; empty if there is none to send.
    pub token: Vec<u8>,
    /// Whether the initiator is done.
    pub status: SecurityStatus,
}

/// A package that a user with a password can be logged in with.
pub trait Package:
    Sspi + SspiImpl<CredentialsHandle = Option<CredentialsBuffers>, AuthenticationData = Credentials>
{
    /// One that asks the KDC of [`Initiator::new`].
    ///
    /// # Errors
    /// sspi's.
    fn create() -> sspi::Result<Self>;
}

/// Names the embedded KDC to sspi, which takes a URL; nothing is sent there.
fn config() -> KerberosConfig {
    KerberosConfig::new_with_kdc_url("tcp://kdc.invalid:88", WORKSTATION.to_owned())
}

const WORKSTATION: &str = "workstation";

impl Package for Kerberos {
    fn create() -> sspi::Result<Self> {
        Self::new_client_from_config(config())
    }
}

impl Package for Negotiate {
    fn create() -> sspi::Result<Self> {
        let only_kerberos = Some("kerberos,!ntlm,!pku2u".to_owned());
        Self::new_client(NegotiateConfig::new(
            Box::new(config()),
            only_kerberos,
            WORKSTATION.to_owned(),
        ))
    }
}

impl<P: Package> Initiator<P> {
    /// `user` of the KDC's realm, on the way to `service` (`HTTP/www.example.test`).
    ///
    /// # Errors
    /// sspi's.
    pub fn new(
        kdc: &Kdc,
        user: &str,
        password: &str,
        service: &str,
        flags: ClientRequestFlags,
    ) -> sspi::Result<Self> {
        let mut package = P::create()?;
        // As `REALM\user`: for `user@REALM` sspi would ask for an enterprise name (RFC 6806 section 5).
        let username = Username::new_down_level_logon_name(user, kdc.realm())
            .map_err(|error| sspi::Error::new(sspi::ErrorKind::InvalidParameter, format!("{error:?}")))?;
        let identity = Credentials::from(AuthIdentity {
            username,
            password: password.to_owned().into(),
        });
        let acquired = package
            .acquire_credentials_handle()
            .with_credential_use(CredentialUse::Outbound)
            .with_auth_data(&identity)
            .execute(&mut package)?;
        Ok(Self {
            package,
            credentials: acquired.credentials_handle,
            target: service.to_owned(),
            flags,
            bindings: None,
            kdc: InProcess(kdc.clone()),
        })
    }

    /// Binds the login to a channel with this application data (MS-SSPI's SEC_CHANNEL_BINDINGS).
    #[must_use]
    pub fn channel_bindings(mut self, application_data: &[u8]) -> Self {
        let len = u32::try_from(application_data.len()).expect("bindings are short");
        // Types, lengths and offsets of both addresses, which are absent; then those of the data.
        let numbers = [0, 0, 0, 0, 0, 0, len, 32_u32];
        let mut structure: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
        structure.extend_from_slice(application_data);
        self.bindings = Some(structure);
        self
    }

    /// Takes the acceptor's token, an empty one at the beginning.
    ///
    /// # Errors
    /// sspi's.
    pub fn step(&mut self, input: &[u8]) -> sspi::Result<Output> {
        let mut input = vec![SecurityBuffer::new(input.to_vec(), BufferType::Token)];
        if let Some(bindings) = &self.bindings {
            input.push(SecurityBuffer::new(bindings.clone(), BufferType::ChannelBindings));
        }
        let mut output = vec![SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let mut builder = self
            .package
            .initialize_security_context()
            .with_credentials_handle(&mut self.credentials)
            .with_context_requirements(self.flags)
            .with_target_data_representation(DataRepresentation::Native)
            .with_target_name(&self.target)
            .with_input(&mut input)
            .with_output(&mut output);
        let result = self
            .package
            .initialize_security_context_impl(&mut builder)?
            .resolve_with_client(&self.kdc)?;
        Ok(Output {
            token: output.remove(0).buffer,
            status: result.status,
        })
    }

    /// A sealed message: `EncryptMessage`, its token before its data.
    ///
    /// # Errors
    /// sspi's.
    pub fn wrap(&mut self, message: &[u8]) -> sspi::Result<Vec<u8>> {
        let trailer = self.package.query_context_sizes()?.security_trailer;
        let mut token = vec![0; usize::try_from(trailer).expect("a few bytes")];
        let mut data = message.to_vec();
        let mut buffers = [
            SecurityBufferRef::token_buf(&mut token),
            SecurityBufferRef::data_buf(&mut data),
        ];
        self.package
            .encrypt_message(sspi::EncryptionFlags::empty(), &mut buffers)?;
        Ok([buffers[0].data(), buffers[1].data()].concat())
    }

    /// The message in a Wrap token: `DecryptMessage`.
    ///
    /// # Errors
    /// sspi's.
    pub fn unwrap(&mut self, token: &[u8]) -> sspi::Result<Vec<u8>> {
        let mut stream = token.to_vec();
        let mut buffers = [
            SecurityBufferRef::stream_buf(&mut stream),
            SecurityBufferRef::data_buf(&mut []),
        ];
        self.package.decrypt_message(&mut buffers)?;
        Ok(buffers[1].data().to_vec())
    }
}

/// The KDC as sspi's network.
struct InProcess(Kdc);

impl NetworkClient for InProcess {
    /// Both messages have their length before them, as over TCP (RFC 4120 section 7.2.2).
    fn send(&self, request: &NetworkRequest) -> sspi::Result<Vec<u8>> {
        let request = request.data.get(4..).unwrap_or_default();
        let reply = self.0.handle(request);
        let length = u32::try_from(reply.len())?;
        Ok([&length.to_be_bytes()[..], &reply].concat())
    }
}

impl<P: SspiImpl> fmt::Debug for Initiator<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Initiator({}, {:?})", self.target, self.flags)
    }
}
