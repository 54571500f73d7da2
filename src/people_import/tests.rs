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
    read.rows.into_iter().map(|report| report.fate).collect()
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
fn what_spreadsheets_add_to_rows_is_nothing() {
    let text = "name,E-mail,Phone,,\n\
        Ann,ann@example.com,+49 30 1234567,,\n\
        Bob,bob@example.com\n\
        Cy,cy@example.com,,,,,,\n\
        Dan,dan@example.com,=1+1,more\n\
        Eve";
    use RowFate::*;
    assert_eq!(fates(Role::Admin, text), [Add, Add, Add, Ragged, Ragged]);
}

#[test]
fn a_report_names_the_row_and_the_column() {
    let text = "Full name,E-Mail Address,Role,Team,Team role\n\
        ,ann@example.com,,,\nBob,bob,,,\nCy,cy@example.com,king,,\nDan,dan@example.com,owner,,\n\
        Eve,eve@example.com,,nowhere,\nFay,fay@example.com,,people,owner\nGil,gil@example.com,,=x,\n\
        Hal,hal@example.com\nIda,ida@example.com,,,";
    let emails = HashSet::new();
    let known = Known { reader: Role::Admin, teams: &teams(), emails: &emails, unicode: &PlainUnicode };
    let rows = read(&rows(text), known).unwrap().rows;
    let columns: Vec<Option<&str>> = rows.iter().map(|row| row.column.as_deref()).collect();
    let expected = ["Full name", "E-Mail Address", "Role", "Role", "Team", "Team role", "Team"].map(Some);
    assert_eq!(columns, [&expected[..], &[None, None]].concat());
    let sentence = "Row 3, column “E-Mail Address” (Bob bob): The email address is not in the right form.";
    assert_eq!(rows[1].sentence(), sentence);
    assert!(
        rows[0].sentence().starts_with("Row 2, column “Full name” (– ann@example.com): "),
        "{}",
        rows[0].sentence()
    );
    for problem in [BadTable::Empty, BadTable::TooLong, BadTable::Encoding, BadTable::NoColumn(0), BadTable::Twice(1)] {
        assert!(!problem.predicate().ends_with('.') && !problem.predicate().is_empty());
    }
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
    let Table { newcomers, rows: reports, .. } =
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
        ("Ann,ann@example.com", BadTable::NoColumn(0)),
        ("name,role", BadTable::NoColumn(1)),
        ("mail;role", BadTable::NoColumn(0)),
        ("name,email,name", BadTable::Twice(0)),
        ("name,E-mail,Mail", BadTable::Twice(1)),
        ("name,email,role,ROLE", BadTable::Twice(2)),
        ("n\0a\0m\0e\0,email", BadTable::Encoding),
        ("name,email\nJ\u{FFFD}rg,joerg@example.com", BadTable::Encoding),
    ] {
        assert_eq!(read(&rows(text), known), Err(problem), "{text}");
    }
    for (head, ignored) in [
        ("\u{FEFF}name,email", &[][..]),
        ("E-Mail,Name", &[][..]),
        (" NAME , EMAIL ,Team Role", &[][..]),
        ("Email Address,Full name,team-role", &[][..]),
        ("e mail,Display Name,Team_Role,,,", &[][..]),
        ("MAIL,name", &[][..]),
        ("e\u{2010}mail address,name", &[][..]),
        ("name,,email,Phone,password", &["Phone", "password"][..]),
    ] {
        assert_eq!(
            read(&rows(head), known).map(|table| table.ignored),
            Ok(ignored.iter().map(ToString::to_string).collect()),
            "{head}"
        );
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
        if let Ok(Table { newcomers, rows: reports, .. }) = read(&table, Known { reader, teams: &teams, emails: &emails, unicode: &PlainUnicode }) {
            prop_assert_eq!(reports.len(), table.len() - 1);
            prop_assert_eq!(newcomers.len(), reports.iter().filter(|report| report.fate == RowFate::Add).count());
            prop_assert!(newcomers.iter().all(|newcomer| may_grant(reader, newcomer.role)));
            let keys: HashSet<_> = newcomers.iter().map(|newcomer| newcomer.email.key()).collect();
            prop_assert_eq!(keys.len(), newcomers.len());
        }
    }
}
