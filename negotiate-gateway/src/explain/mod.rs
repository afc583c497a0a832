//! `negotiate explain`: one token, accepted and described, or refused and explained.

mod arguments;
mod attributes;
mod kind;
mod report;

use crate::ccache_file;
use crate::cli;
use crate::encryption_types::TakenTypes;
use crate::failure::Failure;
use crate::input::{self, Input, NoToken};
use crate::keytab_file;
use crate::krb5_conf::Krb5Conf;
pub(crate) use arguments::{Bindings, Time};
use kind::Kind;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use mech_krb5::{Krb5, OwnTicket, Principal};
use negotiate_core::{Acceptor, Ambient, Random, Reject, Secret, Step, SystemRandom, Timestamp};
use report::Report;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Explains one token.
///
/// # Errors
/// If a keytab or the input cannot be used. That the token is refused is no error but the answer.
pub(crate) fn run(arguments: &cli::Explain) -> Result<ExitCode, Failure> {
    let keytab = match arguments.keytab.as_slice() {
        [] => Keytab::from_entries(Vec::new()),
        paths => keytab_file::load_all(paths)?,
    };
    let keytab = Arc::new(keytab);
    let bytes = input::read(arguments.file.as_deref())?;
    let krb5_conf = Krb5Conf::load(&arguments.krb5_conf)?;
    let (report, status) = match Input::parse(&bytes) {
        Ok(input) => {
            let answer = judge(arguments, Arc::clone(&keytab), &krb5_conf, &input.bytes)?;
            let report = Report::new(&Kind::of(&input.bytes), input.form, &answer)
                .with_local_name(&krb5_conf, &answer)
                .with_names_of_key(&keytab, &answer);
            let status = match answer {
                Ok(Step::Complete { .. }) => 0,
                Ok(Step::Continue { .. } | Step::Pending(_)) => 3,
                Err(_) => 1,
            };
            (report, status)
        }
        Err(NoToken::NotBase64) => (Report::not_base64(), 1),
        Err(error) => {
            let (problem, advice) = error.explain();
            return Err(Failure::unusable(problem, advice));
        }
    };
    crate::print(&if arguments.json {
        report.json()
    } else {
        report.text()
    });
    Ok(ExitCode::from(status))
}

/// What the acceptor makes of the token.
fn judge(
    arguments: &cli::Explain,
    keytab: Arc<Keytab>,
    krb5_conf: &Krb5Conf,
    token: &[u8],
) -> Result<Result<Step, Reject>, Failure> {
    let bindings = arguments
        .channel_bindings
        .as_ref()
        .map(|bindings| Arc::clone(&bindings.0));
    let mut ambient = Ambient {
        now: arguments.now.map_or_else(Timestamp::now, |now| now.0),
        random: &mut SystemRandom,
    };
    wait(
        acceptor(arguments, keytab, krb5_conf)?
            .exchange(bindings)
            .step(token, &mut ambient),
    )
}

/// Any name of the keytab, as often as one likes.
fn acceptor(
    arguments: &cli::Explain,
    keytab: Arc<Keytab>,
    krb5_conf: &Krb5Conf,
) -> Result<Acceptor, Failure> {
    let mut transited = krb5_conf.transited();
    for realm in &arguments.trust_kdc {
        transited.trust_kdc(realm);
    }
    let types = TakenTypes::new(arguments.types, krb5_conf)?;
    for (warning, advice) in types.warnings() {
        crate::warn(warning, advice);
    }
    let krb5 = Krb5::builder_with(Arc::new(with_a_usable_key(keytab, types.types())?));
    let krb5 = match &arguments.ccache {
        Some(ccache) => krb5.user_to_user(Arc::new(own_ticket(
            ccache,
            &arguments.also_named,
            types.types(),
        )?)),
        None => krb5,
    };
    let krb5 = types
        .configure(krb5)
        .replay_cache(Arc::new(NothingSeen))
        .transited(transited);
    let krb5 = match krb5_conf.clock_skew() {
        Some(clock_skew) => krb5.clock_skew(clock_skew),
        None => krb5,
    };
    let krb5 = krb5.build();
    let krb5 = krb5.map_err(|error| Failure::unusable(error.to_string(), "report it"))?;
    let acceptor = Acceptor::builder().mechanism(krb5).build();
    acceptor.map_err(|error| Failure::unusable(error.to_string(), "report it"))
}

/// The ticket-granting ticket of a credential cache, for user-to-user authentication.
fn own_ticket(ccache: &Path, also_named: &[String], types: EncryptionTypes) -> Result<OwnTicket, Failure> {
    let own = OwnTicket::from_ccache(&ccache_file::load(ccache)?, types).map_err(|error| {
        Failure::unusable(
            format!("credential cache {}: {error}", ccache.display()),
            "name the cache of whom the service runs for, with a ticket that kinit got",
        )
    })?;
    also_named.iter().try_fold(own, |own, name| {
        let named = Principal::parse(name)
            .ok()
            .map(|principal| own.also_named(principal));
        match named {
            Some(Ok(own)) => Ok(own),
            _ => Err(Failure::unusable(
                format!("--also-named {name:?} is no principal"),
                "write it with its realm: TERMSRV/host.example.com@EXAMPLE.COM",
            )),
        }
    })
}

/// The mechanism takes no keytab that opens nothing, but the explanation for that is what is wanted here: a key that
/// nobody knows stands in.
fn with_a_usable_key(keytab: Arc<Keytab>, types: EncryptionTypes) -> Result<Arc<Keytab>, Failure> {
    let is_usable = |entry: &KeytabEntry| types.find(entry.etype()).is_some();
    if keytab.entries().iter().any(is_usable) {
        return Ok(keytab);
    }
    let cannot = |error: &dyn Error| Failure::unusable(error.to_string(), "report it");
    let Some(etype) = types.iter().next() else {
        return Ok(keytab);
    };
    let mut key = Secret::new(vec![0; etype.key_len()]);
    SystemRandom
        .fill(key.expose_mut())
        .map_err(|error| cannot(&error))?;
    let nobody = Principal::parse("nobody@WELLKNOWN:NONE").map_err(|error| cannot(&error))?;
    let entry = KeytabEntry::new(nobody, Timestamp::from_unix(0), 0, etype.number(), key.expose());
    let entry = entry.map_err(|error| cannot(&error))?;
    let entries = keytab.entries().iter().cloned().chain([entry]);
    Ok(Arc::new(Keytab::from_entries(entries.collect())))
}

/// A replay cache that remembers nothing: what is explained logs nobody in.
#[derive(Debug)]
struct NothingSeen;

impl ReplayCache for NothingSeen {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Fresh
    }
}

/// The step after the questions to the outside, of which there are none while nothing is remembered.
fn wait(mut step: Result<Step, Reject>) -> Result<Result<Step, Reject>, Failure> {
    while let Ok(Step::Pending(pending)) = step {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Failure::unusable(format!("cannot wait: {error}"), "report it"))?;
        step = runtime.block_on(pending);
    }
    Ok(step)
}
