//! Bringing a Supabase project's tables along: all or nothing, nothing overwritten, every refusal named.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::similar_names,
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Output;

use support::{SECRET, Server, linekeeper, sign};
use tempfile::TempDir;

const AGENCY: &str = "a0000000-0000-4000-8000-000000000001";
const OTHER: &str = "a0000000-0000-4000-8000-000000000002";
const OWNER: &str = "b0000000-0000-4000-8000-000000000001";
const AGENT: &str = "c0000000-0000-4000-8000-000000000001";
const THEIRS: &str = "c0000000-0000-4000-8000-000000000002";

/// A project's four tables, in the ways that the table editor and COPY write them.
struct Project {
    directory: TempDir,
}

impl Project {
    fn new() -> Self {
        let project = Self { directory: tempfile::tempdir().unwrap() };
        project.write("agencies.csv", &format!("id,name\n{AGENCY},Northwind\n{OTHER},\"Lumen, \"\"Ltd\"\"\"\n"));
        project.write(
            "users.csv",
            &format!("role,id,agency_id,email\nagency_owner,{OWNER},{AGENCY},olivia@northwind.example\nagency_member,b0000000-0000-4000-8000-000000000002,,\n"),
        );
        project.write(
            "agent_mappings.csv",
            &format!(
                "id,agency_id,ultravox_agent_id,ultravox_agent_name,voice,language_hint,recording_enabled,client_id,campaign_id,default_direction,system_prompt,temperature,first_speaker_text,max_duration_seconds,tools\n\
                 {AGENT},{AGENCY},uv-1,Sales Agent,en-US-Standard,,t,c1,k1,inbound,\"Be kind.\nBe brief.\",0.7,Hello,600,\"[{{\"\"name\"\":\"\"dial\"\"}}]\"\n\
                 {THEIRS},{OTHER},uv-1,,,de,false,,,,,,,,\n"
            ),
        );
        project.write(
            "agency_phone_numbers.csv",
            &format!("{HEADER}{}{}{}", row(1, ""), row(2, "released"), row(3, "pending")),
        );
        project
    }

    fn exports(&self) -> &Path {
        self.directory.path()
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.exports().join(file), text).unwrap();
    }

    fn import(&self, more: &[&str]) -> Output {
        let mut command = linekeeper();
        command.args(["import", "supabase"]).arg(self.exports()).args(more).arg("--data-dir").arg(self.data());
        command.output().unwrap()
    }

    /// Imports, and returns whether it succeeded with what it reported.
    fn outcome(&self, more: &[&str]) -> (bool, String) {
        let output = self.import(more);
        assert_eq!(output.status.success(), output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }

    fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.data().join("linekeeper.db")).unwrap()
    }

    fn rows(&self) -> i64 {
        self.sqlite().query_row("SELECT count(*) FROM agency_phone_numbers", [], |row| row.get(0)).unwrap()
    }
}

const HEADER: &str = "id,agency_id,phone_number,phone_number_id,friendly_name,number_type,country_code,voice_enabled,\
    sms_enabled,mms_enabled,agent_mapping_id,direction,monthly_cost,setup_cost,currency,status,is_active,purchased_at,\
    released_at,created_at,updated_at\n";

/// A number's row; released and pending ones keep their agent, and times come in any order.
fn row(number: u64, status: &str) -> String {
    let status = if status.is_empty() { "active" } else { status };
    format!(
        "d0000000-0000-4000-8000-{number:012},{AGENCY},+1970555{number:04},telnyx-id,Main Line {number},local,US,true,f,false,\
         {AGENT},outbound,1.0000,0.5000,USD,{status},t,2025-01-15 12:00:00+00,,2025-01-0{number} 12:00:00.123456+00,\
         2024-12-31T23:00:00-01:00\n"
    )
}

#[test]
fn an_agencys_data_and_its_users_tokens_come_over_with_one_command() {
    let project = Project::new();
    let (done, report) = project.outcome(&[]);
    assert!(done && report.ends_with("agencies: 2 new, 0 already here\nusers: 2 new, 0 already here\nagents: 2 new, 0 already here\nnumbers: 3 new, 0 already here\nimported\n"), "{report}");

    let server = Server::start(&project.data());
    let claims = format!(r#"{{"aud":"authenticated","exp":9999999999,"role":"authenticated","sub":"{OWNER}"}}"#);
    let token = sign(r#"{"alg":"HS256"}"#, &claims, SECRET);
    let page = server.list(&token, "?include_released=true").json();
    assert_eq!(
        page["summary"],
        serde_json::json!({"total": 3, "active": 1, "pending": 1, "suspended": 0, "released": 1, "assigned": 1, "unassigned": 0})
    );
    let rows = page["phone_numbers"].as_array().unwrap();
    let order: Vec<_> = rows.iter().map(|row| row["created_at"].as_str().unwrap()).collect();
    assert_eq!(order, ["2025-01-03T12:00:00.123456Z", "2025-01-02T12:00:00.123456Z", "2025-01-01T12:00:00.123456Z"]);
    let first = &rows[2];
    for (key, value) in [
        ("id", serde_json::json!("d0000000-0000-4000-8000-000000000001")),
        ("phone_number", serde_json::json!("+19705550001")),
        ("direction", serde_json::json!("outbound")),
        ("monthly_cost", serde_json::json!("1.00")),
        ("updated_at", serde_json::json!("2025-01-01T00:00:00Z")),
        ("sms_enabled", serde_json::json!(false)),
        ("agent_mapping_id", serde_json::json!(AGENT)),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    assert_eq!(first["agent_mappings"]["recording_enabled"], true);
    let kept: (String, f64, i64, String, i64) = project
        .sqlite()
        .query_row(
            "SELECT system_prompt, temperature, max_duration_seconds, tools, setup_cost FROM agent_mappings AS a
             JOIN agency_phone_numbers AS n ON n.agent_mapping_id = a.id LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
        )
        .unwrap();
    assert_eq!(kept, ("Be kind.\nBe brief.".into(), 0.7, 600, r#"[{"name":"dial"}]"#.into(), 5_000));
}

#[test]
fn a_second_run_says_that_nothing_is_new_and_overwrites_nothing() {
    let project = Project::new();
    assert!(project.outcome(&[]).0);
    let (done, report) = project.outcome(&[]);
    assert!(done && report.ends_with("numbers: 0 new, 3 already here\nnothing is new\n"), "{report}");
    assert!(!report.contains("other contents"), "{report}");

    project
        .sqlite()
        .execute("UPDATE agency_phone_numbers SET friendly_name = 'Ours' WHERE phone_number = '+19705550002'", [])
        .unwrap();
    let newer = format!("{HEADER}{}{}{}", row(1, ""), row(2, "released"), row(4, ""));
    project.write("agency_phone_numbers.csv", &newer);
    let (done, report) = project.outcome(&[]);
    assert!(done && report.contains("numbers: 1 new, 2 already here\nimported"), "{report}");
    assert!(report.contains("agency_phone_numbers.csv:3: id: is here with other contents"), "{report}");
    let name: String = project
        .sqlite()
        .query_row("SELECT friendly_name FROM agency_phone_numbers WHERE phone_number = '+19705550002'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(name, "Ours");
}

#[test]
fn one_refused_row_refuses_everything_and_each_is_named() {
    let project = Project::new();
    assert!(project.outcome(&[]).0);
    let good = row(5, "");
    let bad = [
        row(1, "").replace(AGENCY, OTHER),
        row(6, "").replace("+19705550006", "19705550006"),
        row(7, "").replace(AGENT, THEIRS),
        row(8, "").replace(AGENT, "c0000000-0000-4000-8000-00000000ffff"),
        row(9, "").replace(AGENCY, "a0000000-0000-4000-8000-00000000ffff"),
        row(1, "").replace("d0000000-0000-4000-8000-000000000001", "d0000000-0000-4000-8000-00000000ffff"),
        good.replace(",t,", ",yes,"),
        good.replace("1.0000", "1.00001"),
        good.replace("2025-01-05 12:00:00.123456+00", ""),
    ];
    project.write("agency_phone_numbers.csv", &format!("{HEADER}{good}{}", bad.concat()));
    let output = project.import(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("nothing was imported: 8 rows were refused"));
    let report = String::from_utf8(output.stdout).unwrap();
    for expected in [
        ":3: agency_id: is here with other contents",
        ":4: phone_number: a phone number is written as +",
        ":5: agent_mapping_id: the agency has no such agent",
        ":6: agent_mapping_id: the agency has no such agent",
        ":7: agency_id: there is no such agency",
        ":8: phone_number: the agency has this number already",
        ":9: is_active: is neither true nor false",
        ":10: monthly_cost: is no amount",
        ":11: created_at: is missing",
    ] {
        assert!(report.contains(&format!("agency_phone_numbers.csv{expected}")), "{expected}\n{report}");
    }
    assert_eq!(project.rows(), 3, "nothing was imported");
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_be_done() {
    let project = Project::new();
    let (done, report) = project.outcome(&["--dry-run"]);
    assert!(done && report.ends_with("numbers: 3 new, 0 already here\ndry run: nothing was written\n"), "{report}");
    assert!(!project.data().exists());
    assert!(project.outcome(&[]).0);
    project.write("agency_phone_numbers.csv", &format!("{HEADER}{}", row(4, "")));
    assert!(project.outcome(&["--dry-run"]).1.contains("numbers: 1 new"));
    assert_eq!(project.rows(), 3);
}

#[test]
fn files_that_are_missing_or_odd_are_said_to_be() {
    let project = Project::new();
    project.write("agencies.csv", &format!("\u{feff}name,plan,id\r\nNorthwind,pro,{AGENCY}\r\nLumen,,{OTHER}\r\n"));
    let (done, report) = project.outcome(&[]);
    assert!(done && report.contains("agencies.csv: column `plan` is not kept"), "{report}");
    std::fs::remove_file(project.exports().join("users.csv")).unwrap();
    let refused = String::from_utf8(project.import(&[]).stderr).unwrap();
    assert!(refused.contains("users.csv cannot be read") && refused.lines().count() == 1, "{refused}");
    project.write("users.csv", "id,id\n");
    assert!(String::from_utf8(project.import(&[]).stderr).unwrap().contains("two columns `id`"));
}

#[test]
fn rows_older_than_what_is_here_take_their_place_in_the_order() {
    let project = Project::new();
    let file =
        |numbers: &[u64]| format!("{HEADER}{}", numbers.iter().map(|number| row(*number, "")).collect::<String>());
    project.write("agency_phone_numbers.csv", &file(&[5, 7]));
    assert!(project.outcome(&[]).0);
    // Older, in between, newest, and one tied with it that only its id tells apart.
    let tied = row(8, "").replace("2025-01-08", "2025-01-09");
    project.write("agency_phone_numbers.csv", &format!("{}{tied}", file(&[2, 9, 6])));
    assert!(project.outcome(&[]).0);

    let server = Server::start(&project.data());
    let claims = format!(r#"{{"aud":"authenticated","exp":9999999999,"role":"authenticated","sub":"{OWNER}"}}"#);
    let token = sign(r#"{"alg":"HS256"}"#, &claims, SECRET);
    let names = |query: &str| {
        let page = server.list(&token, query).json();
        let rows = page["phone_numbers"].as_array().unwrap().iter();
        rows.map(|row| row["phone_number"].as_str().unwrap()[8..].to_owned()).collect::<Vec<_>>()
    };
    let order = ["0009", "0008", "0007", "0006", "0005", "0002"];
    for query in ["", "?status=active", "?assigned=true", "?include_released=true", "?search=Main"] {
        assert_eq!(names(query), order, "{query}");
        let paged: Vec<String> =
            (0..6).flat_map(|at| names(&format!("?limit=1&offset={at}&{}", query.trim_start_matches('?')))).collect();
        assert_eq!(paged, order, "{query}, one by one");
    }
    assert_eq!(names(&format!("?agent_id={AGENT}")), order);
}
