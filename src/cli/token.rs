//! `linekeeper token`

use std::time::Duration;

use super::{Failure, open, output};
use crate::clock::Clock;
use crate::config::Config;
use crate::dialect::supabase;
use crate::model::UserId;

/// Print a token for a user, signed with the configured JWT secret. No server is needed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: curl -H \"Authorization: Bearer $(linekeeper token --user 0192... --ttl 12h)\" ...")]
pub struct Args {
    /// Whose
    #[arg(long, value_name = "ID")]
    user: UserId,
    /// How long it is good for, like 30m, 12h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    ttl: Duration,
}

impl Args {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let Some(secret) = &config.jwt_secret else {
            return Err(Failure::Settings(
                "there is no JWT secret to sign with: set LINEKEEPER_JWT_SECRET or LINEKEEPER_JWT_SECRET_FILE".into(),
            ));
        };
        let ttl = i64::try_from(self.ttl.as_secs()).unwrap_or(i64::MAX);
        let token = supabase::sign(secret, config, self.user, Clock::System.now(), ttl)
            .map_err(|error| Failure::Failed(format!("the token could not be signed: {error}")))?;
        // A token may be wanted on another machine than the data is on, so an unknown user is worth a remark only.
        let user = open(config).and_then(|store| Ok(store.read(|snapshot| snapshot.user_and_scope(self.user))?));
        match user {
            Ok(Some((_, Some(_)))) => {}
            Ok(Some((_, None))) => output::remark("this user has no agency: the token will be answered with 403"),
            Ok(None) => output::remark(format_args!(
                "there is no such user in {}: the token will be answered with 403",
                config.data_dir.display()
            )),
            Err(reason) => output::remark(format_args!("whether there is such a user is not known: {reason}")),
        }
        output::line(token);
        Ok(())
    }
}
