//! Which addresses webhooks are told at: none but those of the internet, whatever their spelling, whatever a resolver says.

use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use linekeeper::config::Webhooks;
use linekeeper::delivery::address::{Lookup, Rules, Unfit};
use linekeeper::delivery::{Attempt, Courier, Message};
use linekeeper::model::{DeliveryId, Secret, Timestamp};

use crate::support::id;

/// Hosts that lead to nobody on the internet, as they can be written in a URL: refused without asking a resolver.
const SPELLINGS: &[&str] = &[
    // This machine, as WHATWG's URL parser, inet_aton and browsers read it.
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "2130706433.",
    "017700000001",
    "0177.0.0.1",
    "0177.1",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "0x7f000001",
    "0x7f.0.1",
    "127.0x1",
    "00000177.0.0.01",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "①②⑦.⓪.⓪.①",
    "𝟙𝟚𝟟.0.0.1",
    "0x⑦f.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "LocalHost.",
    "ｌocalhost",
    "%6cocalhost",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "hooks.localhost",
    "a.b.localhost.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:FFFF:7F00:0001]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    // Unspecified, and this network.
    "0.0.0.0",
    "0",
    "0.",
    "0x0",
    "00.00",
    "0.1.2.3",
    "[::]",
    "[::ffff:0.0.0.0]",
    // Private networks.
    "10.0.0.1",
    "10.1",
    "012.0.0.1",
    "0xa.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "0xAC100001",
    "192.168.1.1",
    "192.168.257",
    "3232235777",
    "0300.0250.1.1",
    "[::ffff:192.168.1.1]",
    "[::ffff:c0a8:101]",
    "[64:ff9b::10.0.0.1]",
    "[2002:a00:1::1]",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[FD00:EC2::254]",
    "[fec0::1]",
    "[feff::1]",
    // Link-local, and where clouds tell a machine its secrets.
    "169.254.169.254",
    "169.254.0.1",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "[fe80::1]",
    "[febf::1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "metadata.google.internal",
    "METADATA.google.internal.",
    "metadata.goog",
    "metadata",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    // Carriers' NAT, benchmarks, documentation, relays, multicast, broadcast and what is kept for later.
    "100.64.0.1",
    "100.127.255.254",
    "198.18.0.1",
    "198.19.255.255",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "[2001:db8::1]",
    "[3fff::1]",
    "[2001:2::1]",
    "[100::1]",
    "[5f00::1]",
    "[4000::1]",
    "224.0.0.1",
    "239.255.255.255",
    "[ff02::1]",
    "[ff0e::1]",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
];

/// Hosts and more that are no URL of a webhook.
const NOT_TAKEN: &[&str] = &[
    "http://[fe80::1%25eth0]:PORT/",
    "http://[fe80::1%eth0]:PORT/",
    "http://[::1%25lo]:PORT/",
    "http://hooks.example@127.0.0.1:PORT/",
    "http://hooks.example:80@127.0.0.1:PORT/",
    "http://hooks.example:PORT@[::1]:PORT/",
    "http://:secret@hooks.example:PORT/",
    "http://127.0.0.1:PORT\\@hooks.example/",
    "http://hooks.example\\@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@hooks.example/",
    "http://127.0.0.1:PORT?@hooks.example/",
    "http:127.0.0.1:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    "\thttp://127.0.0.1:PORT/",
    "h\nttp://127.0.0.1:PORT/",
    "http://127.0.\t0.1:PORT/",
    "http://127.0.\u{ad}0.1:PORT/",
    "http://127.0.0.256:PORT/",
    "http://0x7f.0.0.0.1:PORT/",
    "http://127..0.1:PORT/",
    "http://%00127.0.0.1:PORT/",
    "http://127.0.0.1%00.hooks.example:PORT/",
    "http://127.0.0.1%20:PORT/",
    "http://local\u{200b}host:PORT/",
    "http://[::ffff:127.0.0.1.]:PORT/",
    "http://[127.0.0.1]:PORT/",
    "//127.0.0.1:PORT/",
    "file://127.0.0.1/",
    "gopher://127.0.0.1:PORT/",
    "unix:/run/hooks",
    "data:,",
];

fn allowing(networks: &[&str]) -> Webhooks {
    let allow_addresses = networks.iter().map(|network| network.parse().unwrap()).collect();
    Webhooks { allow_addresses, allow_http: true, retry_delay: Duration::ZERO }
}

fn courier(networks: &[&str], lookup: impl Fn(usize) -> Vec<IpAddr> + Send + Sync + 'static) -> Courier {
    let asked = AtomicUsize::new(0);
    let lookup: Lookup = Arc::new(move |_| Ok(lookup(asked.fetch_add(1, Ordering::Relaxed))));
    Courier::with_lookup(&allowing(networks), lookup, Duration::from_millis(250)).unwrap()
}

fn carry(courier: &Courier, url: &str) -> Attempt {
    let secrets = [Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())];
    courier.carry(url, &Message { id: DeliveryId(id(1)), at: Timestamp(0), body: "{}", secrets: &secrets })
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A port that counts who connects.
struct Trap(TcpListener, u16);

impl Trap {
    fn new() -> Self {
        // Both of this machine's families, where it has both.
        let listener = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0")).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        Self(listener, port)
    }

    fn connections(&self) -> usize {
        std::iter::from_fn(|| self.0.accept().ok()).count()
    }
}

#[test]
fn no_spelling_of_an_address_that_is_not_on_the_internet_is_taken() {
    let trap = Trap::new();
    let rules = Rules::new(&allowing(&[]));
    // Whatever it is asked for, this resolver knows the way to this machine.
    let courier = courier(&[], |_| addresses(&["127.0.0.1", "::1"]));
    for host in SPELLINGS {
        let url = format!("http://{host}:{}/", trap.1);
        let checked = rules.check(&url);
        assert!(matches!(checked, Err(Unfit::Address(_))), "{host}: {checked:?}");
        assert_eq!(carry(&courier, &url).status, None, "{host}");
        assert!(rules.check(&url.replacen("http:", "https:", 1)).is_err(), "{host}");
    }
    for written in NOT_TAKEN {
        let url = written.replace("PORT", &trap.1.to_string());
        // What is left of some of them is a name that leads here.
        assert!(rules.check(&url).is_err() || !url.contains("://127") && url.contains("example"), "{url}");
        assert_eq!(carry(&courier, &url).status, None, "{url}");
    }
    assert_eq!(trap.connections(), 0);
    assert!(SPELLINGS.len() + NOT_TAKEN.len() > 100);
}

#[test]
fn addresses_on_the_internet_are_taken_as_they_are_meant() {
    let rules = Rules::new(&allowing(&[]));
    for (written, host) in [
        ("8.8.8.8", "8.8.8.8"),
        ("134744072", "8.8.8.8"),
        ("9.255.255.255", "9.255.255.255"),
        ("11.0.0.0", "11.0.0.0"),
        ("100.63.255.255", "100.63.255.255"),
        ("100.128.0.0", "100.128.0.0"),
        ("126.255.255.255", "126.255.255.255"),
        ("128.0.0.0", "128.0.0.0"),
        ("169.253.255.255", "169.253.255.255"),
        ("172.15.255.255", "172.15.255.255"),
        ("172.32.0.0", "172.32.0.0"),
        ("192.167.255.255", "192.167.255.255"),
        ("198.20.0.0", "198.20.0.0"),
        ("223.255.255.255", "223.255.255.255"),
        ("[2606:4700::1111]", "[2606:4700::1111]"),
        ("[2001:4860:4860::8888]", "[2001:4860:4860::8888]"),
        ("[2a00:1450::1]", "[2a00:1450::1]"),
        ("hooks.example.", "hooks.example."),
        ("notlocalhost", "notlocalhost"),
        ("localhost.example", "localhost.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
    ] {
        let url = rules.check(&format!("https://{written}/hooks?a=b")).unwrap();
        assert_eq!(url.host_str(), Some(host), "{written}");
    }
    assert!(matches!(Rules::new(&Webhooks::default()).check("http://8.8.8.8/"), Err(Unfit::Plain)));
    assert!(matches!(rules.check(&format!("https://a.example/{}", "x".repeat(2_000))), Err(Unfit::Url)));
}

#[test]
fn what_the_settings_allow_is_connected_to_and_nothing_beside_it() {
    let networks = ["127.0.0.0/8", "fd00::/8", "::1"];
    let rules = Rules::new(&allowing(&networks));
    for taken in ["127.1", "[::ffff:127.0.0.1]", "[fdff::1]", "localhost", "[::1]", "8.8.8.8"] {
        assert!(rules.check(&format!("http://{taken}/")).is_ok(), "{taken}");
    }
    for refused in ["10.0.0.1", "169.254.169.254", "[::127.0.0.1]", "[fe80::1]", "[64:ff9b::7f00:1]", "metadata"] {
        assert!(rules.check(&format!("http://{refused}/")).is_err(), "{refused}");
    }
    let trap = Trap::new();
    let courier = courier(&networks, |_| addresses(&["10.0.0.1", "127.0.0.1"]));
    carry(&courier, &format!("http://hooks.example:{}/", trap.1));
    assert_eq!(trap.connections(), 1, "the address that is allowed");
}

#[test]
fn a_resolver_that_changes_its_mind_leads_nowhere() {
    let trap = Trap::new();
    let url = format!("http://hooks.example:{}/", trap.1);
    // 192.0.2.0/24 is for documentation: nobody has it, and here it stands for an address on the internet.
    let public = &["192.0.2.0/24"];
    for answers in [
        // First an address on the internet, then this machine: to whoever asks a second time.
        vec![&["192.0.2.1"][..], &["127.0.0.1"]],
        vec![&["192.0.2.1"], &["::1"]],
        vec![&["192.0.2.1"], &["::ffff:127.0.0.1"]],
        // Both at once, so that the second is tried where the first does not answer.
        vec![&["192.0.2.1", "127.0.0.1"]],
        vec![&["192.0.2.1", "::1", "127.0.0.1"]],
        vec![&["127.0.0.1", "192.0.2.1"]],
        vec![&["::1"]],
        vec![&["0.0.0.0"]],
        vec![&["::"]],
        vec![&["::ffff:127.0.0.1"]],
        vec![&["127.0.0.1"]],
        vec![&[]],
    ] {
        let said = format!("{answers:?}");
        let answers: Vec<Vec<IpAddr>> = answers.into_iter().map(addresses).collect();
        let last = answers.len() - 1;
        let courier = courier(public, move |asked| answers[asked.min(last)].clone());
        // As when it is added, and when it is told of two events.
        let added = courier.look_up(&courier.check(&url).unwrap());
        assert_eq!(added.is_ok(), said.contains("192"), "{said}");
        for _ in 0..2 {
            assert_eq!(carry(&courier, &url).status, None, "{said}");
        }
        assert_eq!(trap.connections(), 0, "{said}");
    }
}

#[test]
fn no_proxy_is_asked_and_no_redirect_followed() {
    let trap = Trap::new();
    let elsewhere = format!("302 Found\r\nlocation: http://127.0.0.1:{}/", trap.1);
    let receiver = crate::receiver::Receiver::answering(move |_| elsewhere.clone());
    let courier = courier(&["127.0.0.0/8"], |_| Vec::new());
    assert_eq!(carry(&courier, &receiver.url).status, Some(302));
    assert_eq!((receiver.letters().len(), trap.connections()), (1, 0));
}
