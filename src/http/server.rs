//! The running server: it listens, and it stops without losing a request.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use actix_web::rt::{self, SystemRunner};

use super::{app, metrics};
use crate::app::{AppState, LONG_WORK, PROBES};
use crate::dialect;

/// How long requests that are under way may take once the server was told to stop, in seconds.
const DRAIN_SECONDS: u64 = 30;
/// The connections that are there for orders. They are held between two calls of a carrier only, for a moment.
const ORDERS: usize = 4;
/// How often measurements are made small.
const UPKEEP: Duration = Duration::from_secs(5);

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

    /// The reads that may be under way at once: each thread's own, the long ones, those of orders, and probes.
    #[must_use]
    pub fn concurrent_reads() -> u32 {
        u32::try_from(Self::workers() + LONG_WORK + ORDERS + PROBES).unwrap_or(u32::MAX)
    }

    /// Answers until it is told to stop; then accepts no more, finishes what is under way within 30 seconds, and returns.
    /// Told again, it ends at once. `ready` is called just before the first answer.
    ///
    /// # Errors
    /// [`ServerError::Run`]
    pub fn run(self, state: &AppState, signals: Signals, ready: impl FnOnce()) -> Result<(), ServerError> {
        let Signals { system, mut streams } = signals;
        system.block_on(async move {
            let factory = state.clone();
            let dialects = dialect::chosen(&state.config().dialects);
            let server = HttpServer::new(move || app(&factory, &dialects))
                .workers(Self::workers())
                .shutdown_timeout(DRAIN_SECONDS)
                .disable_signals()
                .listen(self.listener)?
                .run();
            let handle = server.handle();
            rt::spawn(async move {
                told(&mut streams).await;
                log::info!("stopping: finishing the requests that are under way");
                rt::spawn(async move {
                    told(&mut streams).await;
                    std::process::exit(1);
                });
                handle.stop(true).await;
            });
            rt::spawn(async {
                loop {
                    rt::time::sleep(UPKEEP).await;
                    metrics::upkeep();
                }
            });
            ready();
            server.await?;
            Ok(())
        })
    }
}

/// The signals that tell a server to stop. Taken before there is anything to clean up: from then on they wait for
/// [`Server::run`] and do not kill the process.
pub struct Signals {
    system: SystemRunner,
    streams: [Signal; 3],
}

impl Signals {
    /// Takes SIGTERM, SIGINT and SIGHUP (a terminal that was closed).
    ///
    /// # Errors
    /// What the system says.
    pub fn take() -> io::Result<Self> {
        let system = rt::System::new();
        let streams = system.block_on(async {
            let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()].map(signal);
            let [terminate, interrupt, hangup] = kinds;
            Ok::<_, io::Error>([terminate?, interrupt?, hangup?])
        })?;
        Ok(Self { system, streams })
    }
}

async fn told(streams: &mut [Signal]) {
    poll_fn(|context| {
        let told = streams.iter_mut().any(|stream| stream.poll_recv(context).is_ready());
        if told { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
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
