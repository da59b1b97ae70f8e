//! Keys: whom one lets in, to which agency, and that every other is refused alike.

use linekeeper::clock::{Clock, Ids};
use linekeeper::inventory::access::{self, Caller};
use linekeeper::inventory::agencies;
use linekeeper::inventory::keys::{self, NewKey};
use linekeeper::model::{
    Actor, AgencyId, Error, KeyId, Noun, Permission, Permissions, PresentedKey, Result, Role, Secret, Timestamp, UserId,
};
use linekeeper::store::Snapshot;

use crate::support::{Inventory, NOON, add_agency, add_child_agency, add_user, id};

const CLOCK: Clock = Clock::Fixed(NOON);
const AGENCY: AgencyId = AgencyId(id(1));
const CHILD: AgencyId = AgencyId(id(2));
const GRANDCHILD: AgencyId = AgencyId(id(3));
const STRANGER: AgencyId = AgencyId(id(4));
const NOBODY: AgencyId = AgencyId(id(5));

/// A family of three agencies, and one that is none of theirs.
fn family() -> Inventory {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        let parent = add_agency(change, 1, "Parent")?;
        let child = add_child_agency(change, 2, "Child", Some(&parent))?;
        add_child_agency(change, 3, "Grandchild", Some(&child))?;
        add_agency(change, 4, "Stranger")
    });
    inventory
}

fn reading() -> NewKey {
    let permissions = [Permission::NumbersRead].into_iter().collect();
    NewKey { name: None, permissions, partner: false, expires_at: None }
}

fn partner() -> NewKey {
    NewKey { partner: true, ..reading() }
}

fn add(inventory: &Inventory, agency: AgencyId, new: NewKey) -> PresentedKey {
    inventory.write(|change| keys::create(change, &CLOCK, &Ids::Fresh, agency, new))
}

fn ask(inventory: &Inventory, key: &PresentedKey, now: Timestamp, child: Option<AgencyId>) -> Result<Caller> {
    inventory.store.read(|snapshot| acting(snapshot, key, now, child))
}

fn is_refused(asked: &Result<Caller>) -> bool {
    matches!(asked, Err(Error::BadKey))
}

#[test]
fn a_key_acts_for_its_agency_and_does_what_it_allows() {
    let inventory = family();
    let key = add(&inventory, CHILD, reading());
    let caller = ask(&inventory, &key, NOON, None).unwrap();
    assert_eq!((caller.actor, caller.scope.agency()), (Actor::Key(key.id), CHILD));
    for permission in Permission::ALL {
        let may = caller.must(permission);
        if permission == Permission::NumbersRead {
            may.unwrap();
        } else {
            assert!(matches!(may, Err(Error::Forbidden)), "{permission:?}");
        }
    }
    // As somebody sends it, and as Basic credentials.
    let sent: PresentedKey = key.expose().parse().unwrap();
    assert!(ask(&inventory, &sent, NOON, None).is_ok());
    let basic = PresentedKey::from_basic(&key.id.to_string(), key.secret.expose()).unwrap();
    assert!(ask(&inventory, &basic, NOON, None).is_ok());
}

#[test]
fn a_user_may_what_its_role_may() {
    let inventory = family();
    let user = inventory.write(|change| {
        let scope = access::operator(change, AGENCY)?;
        add_user(change, Some(&scope), 11, Role::AgencyAdmin)
    });
    let caller = inventory.store.read(|snapshot| access::caller(snapshot, user)).unwrap();
    assert_eq!((caller.actor, caller.scope.agency()), (Actor::User(UserId(id(11))), AGENCY));
    assert_eq!(caller.permissions, Role::AgencyAdmin.permissions());
    caller.must(Permission::NumbersCreate).unwrap();
    assert!(matches!(caller.must(Permission::NumbersDelete), Err(Error::Forbidden)));
}

#[test]
fn a_key_that_is_no_good_is_refused_whatever_is_wrong_with_it() {
    let inventory = family();
    let key = add(&inventory, AGENCY, reading());
    let other = add(&inventory, STRANGER, reading());
    let brief = add(&inventory, AGENCY, NewKey { expires_at: Some(Timestamp(NOON.0 + 10)), ..reading() });
    let revoked = add(&inventory, AGENCY, reading());
    inventory.write(|change| keys::revoke(change, &CLOCK, AGENCY, revoked.id));

    let mut changed = key.secret.expose().to_owned();
    let last = if changed.ends_with('A') { "B" } else { "A" };
    changed.replace_range(42.., last);
    let with = |id: KeyId, secret: &Secret| PresentedKey { id, secret: secret.clone() };
    let presented = [
        ("unknown", with(KeyId(id(99)), &key.secret)),
        ("wrong secret", with(key.id, &Secret::new(changed))),
        ("no secret", with(key.id, &Secret::new(String::new()))),
        ("another agency's secret", with(key.id, &other.secret)),
        ("another key's id", with(other.id, &key.secret)),
        ("revoked", revoked.clone()),
    ];
    for (what, presented) in &presented {
        for child in [None, Some(CHILD)] {
            assert!(is_refused(&ask(&inventory, presented, NOON, child)), "{what}");
        }
    }
    assert!(ask(&inventory, &brief, Timestamp(NOON.0 + 9), None).is_ok());
    assert!(is_refused(&ask(&inventory, &brief, Timestamp(NOON.0 + 10), None)));
    // What cannot be a key is refused no other way than what is none.
    let truncated = key.expose()[..70].parse::<PresentedKey>();
    assert!(matches!(truncated, Err(Error::BadKey)));
}

#[test]
fn a_partner_key_acts_for_one_direct_child_or_for_its_own_agency() {
    let inventory = family();
    let key = add(&inventory, AGENCY, partner());
    assert_eq!(ask(&inventory, &key, NOON, None).unwrap().scope.agency(), AGENCY);
    let caller = ask(&inventory, &key, NOON, Some(CHILD)).unwrap();
    assert_eq!((caller.actor, caller.scope.agency()), (Actor::Key(key.id), CHILD));

    let plain = add(&inventory, AGENCY, reading());
    let of_child = add(&inventory, CHILD, partner());
    for (what, key, child) in [
        ("its own agency", &key, AGENCY),
        ("a grandchild", &key, GRANDCHILD),
        ("a foreign agency", &key, STRANGER),
        ("none at all", &key, NOBODY),
        ("a key that is no partner's", &plain, CHILD),
        ("a parent", &of_child, AGENCY),
    ] {
        let asked = ask(&inventory, key, NOON, Some(child));
        assert!(matches!(asked, Err(Error::NotFound(Noun::Agency))), "{what}: {asked:?}");
    }

    // A child that leaves the family is out of reach at once.
    inventory.write(|change| {
        agencies::update(change, CHILD, agencies::Changes { parent: Some(None), ..Default::default() })
    });
    assert!(ask(&inventory, &key, NOON, Some(CHILD)).is_err());
}

#[test]
fn an_agency_lists_and_revokes_its_own_keys_only() {
    let inventory = family();
    let named = NewKey { name: Some("  CRM ".into()), permissions: Permissions::ALL, ..partner() };
    let (first, second) = (add(&inventory, AGENCY, named), add(&inventory, AGENCY, reading()));
    let foreign = add(&inventory, STRANGER, reading());
    let list = || inventory.store.read(|snapshot| keys::list(snapshot, AGENCY)).unwrap();
    let listed = list();
    assert_eq!(listed.iter().map(|key| key.id).collect::<Vec<_>>(), [first.id, second.id]);
    assert_eq!((listed[0].name.as_deref(), listed[0].partner), (Some("CRM"), true));
    assert_eq!((listed[0].permissions, listed[0].created_at), (Permissions::ALL, NOON));

    let revoke = |at, id| inventory.store.write(|change| keys::revoke(change, &Clock::Fixed(at), AGENCY, id));
    for missing in [foreign.id, KeyId(id(99))] {
        assert!(matches!(revoke(NOON, missing), Err(Error::NotFound(Noun::Key))));
    }
    assert!(ask(&inventory, &foreign, NOON, None).is_ok(), "a foreign key was revoked");
    revoke(NOON, first.id).unwrap();
    revoke(Timestamp(NOON.0 + 1), first.id).unwrap();
    let listed = list();
    assert_eq!((listed[0].revoked_at, listed[1].revoked_at), (Some(NOON), None), "the first time counts");
    assert!(ask(&inventory, &second, NOON, None).is_ok());
}

#[test]
fn a_key_that_could_never_be_used_is_not_made() {
    let inventory = family();
    for (new, part) in [
        (NewKey { expires_at: Some(NOON), ..reading() }, "in the future"),
        (NewKey { name: Some(" ".into()), ..reading() }, "empty"),
    ] {
        let refused = inventory.store.write(|change| keys::create(change, &CLOCK, &Ids::Fresh, AGENCY, new));
        assert!(refused.unwrap_err().to_string().contains(part));
    }
    let taken = || Ids::Counted(0.into());
    inventory.write(|change| keys::create(change, &CLOCK, &taken(), AGENCY, reading()));
    let again = inventory.store.write(|change| keys::create(change, &CLOCK, &taken(), STRANGER, reading()));
    assert!(matches!(again, Err(Error::Exists(_))), "an id is one agency's");
}

#[test]
fn no_file_holds_a_keys_secret() {
    let inventory = family();
    let key = add(&inventory, AGENCY, reading());
    let secret = key.secret.expose().as_bytes();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, secret).unwrap();
    assert_eq!(bytes.len(), 32);
    let (mut files, mut seen_id) = (0, false);
    for file in std::fs::read_dir(inventory.path()).unwrap() {
        let (path, holds) =
            (file.unwrap().path(), |file: &[u8], part: &[u8]| file.windows(part.len()).any(|w| w == part));
        let file = std::fs::read(&path).unwrap();
        assert!(!holds(&file, secret) && !holds(&file, &bytes), "{}", path.display());
        seen_id |= holds(&file, key.id.0.as_bytes());
        files += 1;
    }
    assert!(files >= 2 && seen_id, "the journal was looked through");
}

/// Who acts with a key: for its own agency, or for a child of it.
fn acting(snapshot: &Snapshot, key: &PresentedKey, now: Timestamp, child: Option<AgencyId>) -> Result<Caller> {
    let proven = access::prove(snapshot, key, now)?;
    child.map_or_else(|| Ok(proven.for_itself()), |child| proven.for_child(snapshot, child))
}
