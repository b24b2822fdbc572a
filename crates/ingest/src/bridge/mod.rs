//! A loopback relay between the RTSP library and a camera that the library alone does not get along with: cameras that
//! answer `SET_PARAMETER` keep-alives with 400 and an old CSeq (retina #133, #136), leave the CSeq out, describe their
//! sessions in odd words, or are to be had over UDP only.
//!
//! The library talks to a port of this process; the bridge talks to the camera. It answers the library's keep-alives
//! itself and keeps the session alive by its own means (OPTIONS, or GET_PARAMETER where the camera offers it). It
//! authenticates: the library does not know the credential then, and the bridge sends it to the source's own address
//! only, whatever URLs the camera writes. Interleaved packets pass through; packets over UDP become interleaved ones.
//! The port takes one connection, and only from who knows the secret word in the path.

mod auth;
mod description;
mod message;
mod places;
mod relay;
mod row;
mod udp;

use crate::failure::{Failure, Step};
use crate::source::{Limits, Source};
use easien_model::{LossReason, Scope, Transport};
use relay::Relay;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use url::Url;

/// How long the library may take to come to the port.
const COME: Duration = Duration::from_secs(5);

/// Where the bridge leaves word of a failure that it knows better than the library.
pub(crate) type Word = Arc<Mutex<Option<Failure>>>;

/// An open bridge. It ends with the library's connection, or with its scope.
pub(crate) struct Bridge {
    /// What the library connects to.
    pub(crate) url: Url,
    word: Word,
}

impl Bridge {
    /// Connects to the camera and opens the port.
    pub(crate) async fn open(
        source: &Source,
        limits: &Limits,
        transport: Transport,
        scope: &Scope,
    ) -> Result<Self, Failure> {
        let camera = connect(source, limits).await?;
        let here = |error: std::io::Error| Failure::new(LossReason::Protocol, Step::Connect, error.kind());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(here)?;
        let port = listener.local_addr().map_err(here)?.port();
        let secret: u128 = rand::random();
        let url = format!("rtsp://127.0.0.1:{port}/{secret:032x}");
        let parsed =
            Url::parse(&url).map_err(|error| Failure::new(LossReason::Protocol, Step::Connect, error))?;
        let word = Word::default();
        let relay = Relay::new(camera, source, limits, transport, url, Arc::clone(&word)).map_err(here)?;
        let watched = scope.clone();
        scope.spawn_graceful(async move {
            let library = tokio::select! {
                came = timeout(COME, listener.accept()) => came,
                () = watched.cancelled() => return,
            };
            drop(listener);
            if let Ok(Ok((library, _))) = library {
                relay.run(library, &watched).await;
            }
        });
        Ok(Self { url: parsed, word })
    }

    /// The failure that the bridge saw, else the library's.
    pub(crate) fn better(&self, failure: Failure) -> Failure {
        self.word.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(failure)
    }
}

async fn connect(source: &Source, limits: &Limits) -> Result<TcpStream, Failure> {
    let Some(host) = source.url.host_str() else {
        return Err(Failure::new(LossReason::Dns, Step::Resolve, "the URL has no host"));
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = source.url.port().unwrap_or(554);
    match timeout(limits.connect, TcpStream::connect((host, port))).await {
        Ok(Ok(stream)) => {
            // Requests are small and must not wait for each other.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        Ok(Err(error)) => Err(Failure::connect(error.raw_os_error(), Step::Connect)),
        Err(_) => {
            Err(Failure::new(LossReason::Unreachable, Step::Connect, "no answer to the connection request"))
        }
    }
}
