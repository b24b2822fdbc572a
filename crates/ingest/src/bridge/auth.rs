//! Authentication for the bridge's requests: RFC 7616 digest (MD5, SHA-256, with and without qop) and basic.

use super::message::Message;
use crate::source::Credential;
use http_auth::{PasswordClient, PasswordParams};
use secrecy::ExposeSecret;

/// Answers a camera's challenges.
pub(crate) struct Auth {
    credential: Option<Credential>,
    client: Option<PasswordClient>,
}

impl Auth {
    pub(crate) fn new(credential: Option<Credential>) -> Self {
        Self { credential, client: None }
    }

    /// Takes a 401's challenge; false when it cannot be answered.
    pub(crate) fn challenge(&mut self, response: &Message) -> bool {
        if self.credential.is_none() {
            return false;
        }
        let mut builder = PasswordClient::builder();
        for value in response.headers_named("WWW-Authenticate") {
            builder = builder.challenges(value);
        }
        match builder.build() {
            Ok(client) => {
                self.client = Some(client);
                true
            }
            Err(_) => false,
        }
    }

    /// Whether a challenge was answered before.
    pub(crate) fn is_known(&self) -> bool {
        self.client.is_some()
    }

    /// Adds the `Authorization` header, where the camera asked for it.
    pub(crate) fn sign(&mut self, request: Message) -> Message {
        let (Some(client), Some(credential)) = (&mut self.client, &self.credential) else { return request };
        let (method, uri) = request.method_uri();
        let answer = client.respond(&PasswordParams {
            username: &credential.username,
            password: credential.password.expose_secret(),
            uri,
            method,
            body: Some(&[]),
        });
        match answer {
            Ok(value) => request.with("Authorization", &value),
            Err(_) => request,
        }
    }
}
