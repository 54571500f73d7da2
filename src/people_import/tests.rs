use super::*;
use crate::id::TeamId;
use crate::ports::PlainUnicode;
use proptest::prelude::*;
use uuid::Uuid;

const TEAM: TeamId = TeamId(Uuid::from_u128(1));
const OTHER: TeamId = TeamId(Uuid::from_u128(2));

fn teams() -> Vec<TeamChoice> {
    let team = |id, slug: &str, name: &str| TeamChoice { id, slug: slug.to_owned(), name: name.to_owned() };
    vec![team(TEAM, "engineering", "Engineering"), team(OTHER, "people", "People & Culture")]
}

fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
    let cells = |line: &str| line.split(',').map(ToOwned::to_owned).collect();
    text.lines().map(cells).zip(1..).map(|(cells, line)| (line, cells)).collect()
}

fn fates(reader: Role, text: &str) -> Vec<RowFate> {
    let emails = HashSet::from(["here@example.com".to_owned()]);
    let read = read(&rows(text), Known { reader, teams: &teams(), emails: &emails, unicode: &PlainUnicode }).unwrap();
    read.1.into_iter().map(|report| report.fate).collect()
}

#[test]
fn each_row_has_its_fate() {
    let text = "name,email,role,team,team_role\n\
        Ann,ann@example.com,,,\n\
        Bob,bob@example.com,moderator,engineering,\n\
        Cy,cy@example.com,Viewer,people & culture,Moderator\n\
        Here,HERE@example.com,admin,,\n\
        ,no-name@example.com,,,\n\
        Dan,dan,,,\n\
        Eve,eve@example.com,king,,\n\
        Fay,fay@example.com,owner,,\n\
        Gil,gil@example.com,guest,,\n\
        Hal,hal@example.com,,nowhere,\n\
        Ida,ida@example.com,,people,owner\n\
        Jo,jo@example.com,,,member\n\
        =HYPERLINK(1),kim@example.com,,,\n\
        Lee,@lee@example.com,,,\n\
        Moe,moe@example.com";
    use RowFate::*;
    let expected = [
        Add,
        Add,
        Add,
        Here,
        BadName,
        BadEmail,
        BadRole,
        TooMuch,
        BadRole,
        NoTeam,
        BadTeamRole,
        NoTeam,
        Formula,
        Formula,
        Ragged,
    ];
    assert_eq!(fates(Role::Admin, text), expected);
    assert_eq!(fates(Role::Owner, text)[7], Add);
    assert!(fates(Role::Moderator, text).iter().all(|fate| *fate != Add), "nor may a moderator add anybody");
}

#[test]
fn further_rows_of_a_person_add_roles_and_change_nothing() {
    let text = "email,name,team,team_role\n\
        ann@example.com,Ann,engineering,moderator\n\
        ANN@example.com,Ann,people,viewer\n\
        ann@example.com,Ann,people,viewer\n\
        ann@example.com,Ann,people,member\n\
        ann@example.com,Anna,people,viewer\n\
        ann@example.com,Ann,,";
    let emails = HashSet::new();
    let (newcomers, reports) =
        read(&rows(text), Known { reader: Role::Admin, teams: &teams(), emails: &emails, unicode: &PlainUnicode })
            .unwrap();
    let fates: Vec<_> = reports.iter().map(|report| report.fate).collect();
    use RowFate::*;
    assert_eq!(fates, [Add, AddRole, AddRole, Differs, Differs, Differs]);
    assert_eq!(newcomers.len(), 1);
    let roles = [Membership { team: TEAM, role: Role::Moderator }, Membership { team: OTHER, role: Role::Viewer }];
    assert_eq!((newcomers[0].role, newcomers[0].memberships.as_slice()), (Role::Member, roles.as_slice()));
}

#[test]
fn a_table_needs_its_first_row() {
    let emails = HashSet::new();
    let known = Known { reader: Role::Owner, teams: &[], emails: &emails, unicode: &PlainUnicode };
    for (text, problem) in [
        ("", BadTable::Empty),
        ("Ann,ann@example.com", BadTable::Columns),
        ("name,role", BadTable::Columns),
        ("name,email,name", BadTable::Columns),
        ("name,email,password", BadTable::Columns),
        ("name,email\nJ\u{FFFD}rg,joerg@example.com", BadTable::Encoding),
    ] {
        assert_eq!(read(&rows(text), known), Err(problem), "{text}");
    }
    for head in ["\u{FEFF}name,email", "E-Mail,Name", " NAME , EMAIL ,Team Role"] {
        let taken = read(&rows(head), known);
        assert_eq!(taken.is_ok(), !head.starts_with("E-"), "{head}");
    }
    let long: Vec<_> =
        (0..ROWS_MAX as u64 + 2).map(|line| (line, vec!["name".to_owned(), "email".to_owned()])).collect();
    assert_eq!(read(&long, known), Err(BadTable::TooLong));
}

proptest! {
    #[test]
    fn no_table_panics_and_nobody_gets_more_than_the_reader_holds(
        cells in prop::collection::vec(prop::collection::vec("[a-z@.,= ]{0,8}|admin|owner|viewer|engineering|a@b|[\\PC]{0,4}", 0..6), 0..20),
        reader in prop::sample::select(Role::ALL.to_vec()),
    ) {
        let mut table = vec![(1, COLUMNS.map(ToOwned::to_owned).to_vec())];
        table.extend((2..).zip(cells));
        let emails = HashSet::new();
        let teams = teams();
        if let Ok((newcomers, reports)) = read(&table, Known { reader, teams: &teams, emails: &emails, unicode: &PlainUnicode }) {
            prop_assert_eq!(reports.len(), table.len() - 1);
            prop_assert_eq!(newcomers.len(), reports.iter().filter(|report| report.fate == RowFate::Add).count());
            prop_assert!(newcomers.iter().all(|newcomer| may_grant(reader, newcomer.role)));
            let keys: HashSet<_> = newcomers.iter().map(|newcomer| newcomer.email.key()).collect();
            prop_assert_eq!(keys.len(), newcomers.len());
        }
    }
}
