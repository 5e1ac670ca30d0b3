//! Threads that hash and verify passwords, for all shards.
//!
//! One hash takes tens of milliseconds and 19 MiB on purpose; so few run at a time, few wait,
//! and who comes to a full lane is told so ([`Busy`]). What is hashed, and who may ask, is
//! [`crate::auth`]'s matter.

use std::io;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};

use crate::shard_handle::Busy;
use crate::sockets::from_afar;

/// Threads of the whole process: a flood of sign-ins must not take the shards' cores.
const THREADS: usize = 2;
/// Jobs that wait. At some 30 ms a hash and two threads, the last waits about four seconds,
/// within the ten that a peer has for its sign-in.
const JOBS_MAX: usize = 256;
/// Bytes of salt, as RFC 9106 recommends.
const SALT_BYTES: usize = 16;

enum Job {
    Verify { hash: String, password: String, reply: flume::Sender<bool> },
    Hash { password: String, reply: flume::Sender<String> },
}

/// The way to the lane. Its threads end when the last copy is dropped.
#[derive(Clone)]
pub(crate) struct PasswordLane(flume::Sender<Job>);

impl PasswordLane {
    pub(crate) fn start() -> io::Result<Self> {
        let (to_lane, jobs) = flume::bounded(JOBS_MAX);
        for thread in 0..THREADS {
            let jobs: flume::Receiver<Job> = jobs.clone();
            std::thread::Builder::new()
                .name(format!("password-{thread}"))
                .spawn(move || jobs.iter().for_each(perform))?;
        }
        Ok(Self(to_lane))
    }

    pub(crate) async fn verify(&self, hash: String, password: String) -> Result<bool, Busy> {
        let (reply, answer) = flume::bounded(1);
        self.0.try_send(Job::Verify { hash, password, reply }).map_err(|_| Busy)?;
        from_afar(answer.recv_async()).await.map_err(|_| Busy)
    }

    pub(crate) async fn hash(&self, password: String) -> Result<String, Busy> {
        let (reply, answer) = flume::bounded(1);
        self.0.try_send(Job::Hash { password, reply }).map_err(|_| Busy)?;
        from_afar(answer.recv_async()).await.map_err(|_| Busy)
    }
}

fn perform(job: Job) {
    match job {
        // A caller that has left in the meantime is not worth the work.
        Job::Verify { reply, .. } if reply.is_disconnected() => {}
        Job::Verify { hash, password, reply } => {
            let verified = PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            });
            let _ = reply.try_send(verified);
        }
        Job::Hash { password, reply } => match hash(&password) {
            Ok(hash) => {
                let _ = reply.try_send(hash);
            }
            // Dropping the reply tells the caller to come back later.
            Err(error) => tracing::error!(%error, "a password could not be hashed"),
        },
    }
}

#[derive(Debug, thiserror::Error)]
enum HashError {
    #[error("no randomness for a salt: {0}")]
    Random(getrandom::Error),
    // This error type is no `std::error::Error` in a build without its `std` feature.
    #[error("{0}")]
    Argon2(argon2::password_hash::Error),
}

fn hash(password: &str) -> Result<String, HashError> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(HashError::Random)?;
    let salt = SaltString::encode_b64(&salt).map_err(HashError::Argon2)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(HashError::Argon2)
}

#[cfg(test)]
mod tests;
