//! The running server: it listens, and it stops without losing a request.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::task::Poll;
use std::thread;

use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::{HttpServer, rt};

use super::app;
use crate::app::{AppState, LONG_WORK_PER_WORKER};

/// How long requests that are under way may take once the server was told to stop, in seconds.
const DRAIN_SECONDS: u64 = 30;

/// A socket that is listening, and the server that will answer it.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

/// Why a server could not run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; name another address with --listen (port 0 takes a free one)")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// It stopped with an error.
    #[error("the server failed: {0}")]
    Run(#[from] io::Error),
}

impl Server {
    /// Starts to listen; connections wait until [`Server::run`].
    ///
    /// # Errors
    /// [`ServerError::Listen`]
    pub fn listen(address: SocketAddr) -> Result<Self, ServerError> {
        let listen = || {
            let listener = TcpListener::bind(address)?;
            let address = listener.local_addr()?;
            Ok(Self { listener, address })
        };
        listen().map_err(|source| ServerError::Listen { address, source })
    }

    /// Where it listens, with the port that port 0 became.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its threads that answer requests: one per core.
    #[must_use]
    pub fn workers() -> usize {
        thread::available_parallelism().map_or(1, usize::from)
    }

    /// The reads that may be under way at once: each thread's own, and the long ones it has handed on.
    #[must_use]
    pub fn concurrent_reads() -> u32 {
        u32::try_from(Self::workers() * (1 + LONG_WORK_PER_WORKER)).unwrap_or(u32::MAX)
    }

    /// Answers until SIGTERM or SIGINT; then accepts no more, finishes what is under way within 30 seconds, and returns.
    /// `ready` is called once it can be told to stop: whoever waits for it may do so at once.
    ///
    /// # Errors
    /// [`ServerError::Run`]
    pub fn run(self, state: &AppState, ready: impl FnOnce()) -> Result<(), ServerError> {
        rt::System::new().block_on(async move {
            let factory = state.clone();
            let server = HttpServer::new(move || app(&factory))
                .workers(Self::workers())
                .worker_max_blocking_threads(LONG_WORK_PER_WORKER)
                .shutdown_timeout(DRAIN_SECONDS)
                .disable_signals()
                .listen(self.listener)?
                .run();
            let handle = server.handle();
            let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            rt::spawn(async move {
                poll_fn(|context| {
                    let told = terminate.poll_recv(context).is_ready() || interrupt.poll_recv(context).is_ready();
                    if told { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                log::info!("stopping: finishing the requests that are under way");
                handle.stop(true).await;
            });
            ready();
            server.await?;
            Ok(())
        })
    }
}

/// The address by which a client on this machine reaches a listening one: loopback, where that means every interface.
#[must_use]
pub fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
