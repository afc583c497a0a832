//! The layer behind the server loop, with hyper's clients on the loopback and a scripted mechanism.

mod connection;
mod exchange;
mod layer;
mod limits;
mod log;
mod patience;
mod peer;
mod script;
mod serve;
