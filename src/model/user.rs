//! The user: a person who signs in, and what the role allows.

use std::fmt;
use std::str::FromStr;

use super::{AgencyId, Permission, Permissions, UserId};

/// A person who signs in with a token whose subject is this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id, the `sub` of its tokens.
    pub id: UserId,
    /// The agency it belongs to, read anew at each request.
    pub agency: Option<AgencyId>,
    /// Where it gets its mail.
    pub email: Option<String>,
    /// What it may do.
    pub role: Role,
}

/// What a user may do (`users.role`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Owns the agency: may also release numbers.
    AgencyOwner,
    /// Runs the agency: may purchase and assign.
    AgencyAdmin,
    /// Reads.
    AgencyMember,
    /// A client's administrator: reads, as a member does.
    ClientAdmin,
    /// A client's viewer: reads, as a member does.
    ClientViewer,
    /// The product's own administrator: counts as an owner.
    Admin,
}

impl Role {
    /// Every role, in the order in which the database numbers them.
    pub const ALL: [Self; 6] =
        [Self::AgencyOwner, Self::AgencyAdmin, Self::AgencyMember, Self::ClientAdmin, Self::ClientViewer, Self::Admin];

    /// The role's name, as the `users` table of the seed spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AgencyOwner => "agency_owner",
            Self::AgencyAdmin => "agency_admin",
            Self::AgencyMember => "agency_member",
            Self::ClientAdmin => "client_admin",
            Self::ClientViewer => "client_viewer",
            Self::Admin => "admin",
        }
    }

    /// What the role allows.
    #[must_use]
    pub fn permissions(self) -> Permissions {
        match self {
            Self::AgencyOwner | Self::Admin => Permissions::ALL,
            Self::AgencyAdmin => {
                Permission::ALL.into_iter().filter(|permission| *permission != Permission::NumbersDelete).collect()
            }
            Self::AgencyMember | Self::ClientAdmin | Self::ClientViewer => {
                [Permission::NumbersRead, Permission::MessagesRead, Permission::AgentsRead].into_iter().collect()
            }
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| format!("a role is one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn owners_may_do_all_admins_not_release_and_others_read() {
        let allowed = Role::ALL.map(|role| role.permissions().to_string());
        assert!(allowed[0].contains("phone_numbers:delete") && allowed[0] == allowed[5]);
        assert_eq!(allowed[0].replace("phone_numbers:delete,", ""), allowed[1]);
        for reader in &allowed[2..5] {
            assert_eq!(reader, "phone_numbers:read,messages:read,agents:read");
        }
    }
}
