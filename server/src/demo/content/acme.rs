//! ACME: gadgets by mail order. Nobody could take its questions for anybody else's.

use super::{DemoAnswer, DemoQuestion, DemoTenant};

const LAB: &str = "Gadget Lab";
const DISPATCH: &str = "Dispatch";
const OFFICE: &str = "Head Office";

const HAZARDS: &str = "Hazards";
const CATALOGUE: &str = "Catalogue";
const DELIVERIES: &str = "Deliveries";
const RETURNS: &str = "Returns";
const CANTEEN: &str = "Canteen";

/// The second tenant.
pub(super) const ACME: DemoTenant = DemoTenant {
    slug: "acme",
    name: "ACME",
    teams: &[OFFICE, LAB, DISPATCH],
    tags: &[
        (HAZARDS, "#B4540A"),
        (CATALOGUE, "#4B57D6"),
        (DELIVERIES, "#0B7F63"),
        (RETURNS, "#A33BC2"),
        (CANTEEN, "#7A7012"),
    ],
    audience: 43,
    tables: &[QUESTIONS],
};

const QUESTIONS: &[DemoQuestion] = &[
    DemoQuestion {
        asked: 46,
        team: LAB,
        body: "Rocket skates: can we agree that \"some assembly required\" must not include the rocket?",
        votes: 31,
        tags: &[HAZARDS, CATALOGUE],
        pinned: Some(5),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 43,
        team: OFFICE,
        body: "Our most loyal customer has sent back his eleventh anvil, again \"used once\". Do we have to take it?",
        votes: 24,
        tags: &[RETURNS],
        answer: Some(DemoAnswer {
            after: 8,
            text: "This one, yes: the thirty days were not over. From the new catalogue on, an anvil that has been \
                   dropped counts as opened.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 39,
        team: DISPATCH,
        body: "Why does the giant magnet ship in a steel crate?",
        votes: 19,
        tags: &[DELIVERIES, HAZARDS],
        answer: Some(DemoAnswer {
            after: 6,
            text: "It no longer does. We went over to plywood on Monday, after the crate arrived and the lorry did \
                   not.",
        }),
        frozen: Some(12),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 35,
        team: LAB,
        body: "Who tries out the bouncing powder, and is that person all right?",
        votes: 15,
        tags: &[HAZARDS],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 31,
        team: OFFICE,
        body: "Customs asks whether the instant tunnel is a tool or a building. We have until Friday and two opinions.",
        votes: 12,
        tags: &[CATALOGUE],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 28,
        team: DISPATCH,
        body: "Delivery notes in the desert district say \"next to the big cactus\".\nThere are several.",
        votes: 10,
        tags: &[DELIVERIES],
        answer: Some(DemoAnswer {
            after: 9,
            text: "The drivers have numbered them. Please write cactus 1 to 340 from now on; the map hangs at the \
                   gate.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 24,
        team: DISPATCH,
        body: "The concentrated boulders in bay 2 got wet. What we have now is bay one and a half.",
        votes: 9,
        tags: &[HAZARDS, DELIVERIES],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 21,
        team: OFFICE,
        body: "The warranty asks for a photo of the product after use. Has anybody ever managed to send one?",
        votes: 7,
        tags: &[RETURNS],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 17,
        team: OFFICE,
        body: "Can the catalogue stop saying \"foolproof\"? Nineteen letters this month, all about that one word.",
        votes: 6,
        tags: &[CATALOGUE],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 14,
        team: LAB,
        body: "Whoever keeps whirlwind samples in the kitchen fridge: LABEL THEM.",
        votes: 5,
        tags: &[CANTEEN, HAZARDS],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 11,
        team: OFFICE,
        body: "A vegetarian dish on Fridays? Bird seed does not count.",
        votes: 4,
        tags: &[CANTEEN],
        answer: Some(DemoAnswer {
            after: 4,
            text: "From this Friday: chili without carne. The bird seed goes back to where it was meant to go, under \
                   the trap in hall 3.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 8,
        team: LAB,
        body: "Is the jet unicycle still in for spring? The lab has a bet running.",
        votes: 3,
        tags: &[CATALOGUE],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 6,
        team: DISPATCH,
        body: "Invisible paint, lot 40. We can't find it.",
        votes: 2,
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 4,
        team: DISPATCH,
        body: "Do the fuses come in a length that lets me finish my sentence?",
        votes: 1,
        answer: Some(DemoAnswer { after: 1, text: "Yes: order number 7, the long ones." }),
        ..DemoQuestion::NEW
    },
    DemoQuestion { asked: 2, team: LAB, body: "Who borrowed my spring shoes? I can hear you.", ..DemoQuestion::NEW },
];
