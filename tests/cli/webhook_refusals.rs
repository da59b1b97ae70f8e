//! What the command `webhook` refuses, and what a server never connects to.

use crate::receiver::Receiver;
use crate::support::id;
use crate::webhooks::{
    ALLOWED, add, agency, command, done, happen, inventory, refused, run, serve, serve_with, wait_for_deliveries,
};

#[test]
fn a_foreign_webhook_answers_like_a_missing_one() {
    let inventory = inventory();
    let receiver = Receiver::willing();
    let (webhook, _) = add(&inventory, 1, &receiver.url, &[]);
    let server = serve(&inventory);
    happen(&inventory, 1, 20);
    let delivery = receiver.wait_for(1)[0].id().to_owned();
    wait_for_deliveries(&inventory, &webhook, &["agent.added delivered 1 200"]);
    let (other, missing) = (agency(2), id(99).to_string());
    for verb in ["test", "rotate", "enable", "disable", "remove", "deliveries"] {
        let foreign = refused(&inventory, &[verb, &webhook, "--agency", &other]);
        assert!(foreign.contains("there is no such webhook"), "{verb}: {foreign}");
        assert_eq!(foreign, refused(&inventory, &[verb, &missing, "--agency", &other]), "{verb}");
    }
    let foreign = refused(&inventory, &["resend", &delivery, "--agency", &other]);
    assert!(foreign.contains("there is no such delivery") && foreign.contains("webhook deliveries"), "{foreign}");
    assert_eq!(foreign, refused(&inventory, &["resend", &missing, "--agency", &other]));
    assert_eq!(done(&inventory, &["list", "--agency", &other]), "");
    assert!(done(&inventory, &["list", "--agency", &agency(1)]).contains("\tenabled\t"));
    drop(server);
}

#[test]
fn what_cannot_be_a_webhook_is_refused() {
    let inventory = inventory();
    let of = agency(1);
    let add = |url: &str, settings: &[(&str, &str)]| {
        let output = command(&inventory, settings).args(["webhook", "add", "--agency", &of, "--url", url]).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1), "{url}");
        String::from_utf8(output.stderr).unwrap()
    };
    let http = &[("ALLOW_HTTP", "true")];
    assert!(add("http://crm.example/hooks", &[]).contains("webhooks.allow_http"));
    assert!(add("https://127.1/hooks", &[]).contains("webhooks.allow_addresses"));
    assert!(add("http://localhost:8080/", http).contains("127.0.0.1 is not an address on the internet"));
    assert!(add("https://user:secret@crm.example/", &[]).contains("none is needed"));
    for none in ["crm.example", "ftp://crm.example/", "https://", "https://crm example/"] {
        assert!(add(none, http).contains("is not a URL like"), "{none}");
    }
    let events = ["add", "--agency", &of, "--url", "https://127.0.0.1/", "--events", "number.sold"];
    assert_eq!(run(&inventory, &events).status.code(), Some(2));
    let mut keyless = command(&inventory, &ALLOWED);
    keyless.env_remove("LINEKEEPER_CREDENTIALS_KEY");
    let output = keyless.args(["webhook", "add", "--agency", &of, "--url", "https://127.0.0.1/"]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("LINEKEEPER_CREDENTIALS_KEY_FILE"));
    assert_eq!(done(&inventory, &["list", "--agency", &of]), "");
}

#[test]
fn a_server_connects_to_nothing_that_its_settings_do_not_allow() {
    let inventory = inventory();
    let receiver = Receiver::willing();
    let (webhook, _) = add(&inventory, 1, &receiver.url, &[]);
    let named = receiver.url.replace("127.0.0.1", "hooks.localhost");
    let (by_name, _) = add(&inventory, 1, &named, &[]);
    let _server = serve_with(&inventory, &[("ALLOW_HTTP", "true"), ("ALLOW_ADDRESSES", "127.0.0.2")]);
    happen(&inventory, 1, 20);
    for webhook in [webhook, by_name] {
        let delivery = wait_for_deliveries(&inventory, &webhook, &["agent.added waiting 1 "]);
        let listed = done(&inventory, &["deliveries", &webhook, "--agency", &agency(1)]);
        assert!(listed.contains("127.0.0.1 is not an address on the internet"), "{delivery:?} {listed}");
    }
    assert_eq!(receiver.letters().len(), 0);
}
