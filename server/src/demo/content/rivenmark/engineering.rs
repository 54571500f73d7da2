//! Sensors, software, nights on call.

use super::super::{DemoAnswer, DemoQuestion};
use super::{AI, CARE, CUSTOMERS, ENGINEERING, EVERYBODY, ON_CALL, ROADMAP, SUSTAINABILITY, WORKPLACE};

pub(super) const QUESTIONS: &[DemoQuestion] = &[
    DemoQuestion {
        asked: 48,
        team: ENGINEERING,
        body: "On-call for the dashboard has been five people since March. I was paged on 14 nights last month. When \
               does this get better?",
        votes: 58,
        tags: &[ON_CALL],
        answer: Some(DemoAnswer {
            after: 10,
            text: "14 nights is not acceptable, and it should not have taken a town hall for me to say so.\n\n\
                   Three things with dates. On Monday two people move over from the platform team. From the 1st \
                   nobody is on call for more than one week in six. And next week we switch off every alarm that has \
                   not led to an action in 90 days; by our count that is two pages out of three.\n\n\
                   Nights already worked are paid at the new rate, back to March.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 47,
        team: ENGINEERING,
        body: "Every quarter we promise \"20 % for technical debt\" and every quarter a big customer eats it by week \
               three. The calibration service has no owner, its tests fail when the moon is full, and the one person \
               who understood it is now a very happy baker in Utrecht. I don't want another percentage. I want two \
               named people, one quarter, no new features, and somebody at the top of the room who says no to sales \
               when they come knocking. Is that possible, or should we simply stop promising it?",
        votes: 22,
        tags: &[ROADMAP, ON_CALL],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 46,
        team: EVERYBODY,
        body: "Why did we announce Otter 3 at the fair when the firmware isn't ready? Engineering learned the date \
               from the newsletter.",
        votes: 83,
        tags: &[ROADMAP, CUSTOMERS],
        pinned: Some(9),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 45,
        team: EVERYBODY,
        body: "Which AI assistants may we use with customer data? The policy says \"approved tools\" and links to an \
               empty page.",
        votes: 67,
        tags: &[AI, CUSTOMERS],
        answer: Some(DemoAnswer {
            after: 8,
            text: "Today: the assistant in our own workspace, and nothing else, because only there do we have a \
                   contract that keeps the data from being trained on. Anything without customer data is your own \
                   judgement.\n\n\
                   The empty page was ours. It now has the list, the reason for each entry, and a form to propose a \
                   tool; you get a yes or a reasoned no within ten working days.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 42,
        team: CARE,
        body: "Is an AI going to replace the support team? A plain answer please, we can take it.",
        votes: 43,
        tags: &[AI],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 39,
        team: ENGINEERING,
        body: "Can we get a real staging environment? Trying things out on the Leeds customer at night is not a \
               strategy.",
        votes: 12,
        tags: &[CUSTOMERS],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 34,
        team: ENGINEERING,
        body: "Three things I would drop tomorrow:\n\
               - the old mobile app\n\
               - the weekly status slides\n\
               - the 07:30 stand-up\n\
               What would you drop?",
        votes: 18,
        tags: &[ROADMAP],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 32,
        team: ENGINEERING,
        body: "Tabs or spaces? Asking because the merge of the two firmware repositories has been stuck on it since \
               May. (This is not a joke.)",
        votes: 9,
        answer: Some(DemoAnswer { after: 4, text: "Whatever the formatter does. It does spaces. Merge it today." }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 30,
        team: ENGINEERING,
        body: "Rust for the gateway: decided, or still \"under evaluation\" like the last 18 months?",
        votes: 8,
        tags: &[ROADMAP],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 26,
        team: ENGINEERING,
        body: "What really happened in the outage on the 9th? I have read three explanations, one of them in a \
               customer's forum.",
        votes: 36,
        tags: &[ON_CALL, CUSTOMERS],
        answer: Some(DemoAnswer {
            after: 9,
            text: "A certificate ran out at 04:00 and the gateways stopped talking to us. The alarm for it existed, \
                   but it went to the mailbox of somebody who left last year.\n\n\
                   No readings were lost: the gateways kept them and sent them when we were back at 07:40. Customers \
                   saw an empty dashboard for 3 hours and 40 minutes, and that is bad enough.\n\n\
                   Certificates now renew themselves, alarms may only go to rotas and never to persons, and the full \
                   report is public since this morning. If you find a fourth explanation somewhere, it is wrong.",
        }),
        frozen: Some(14),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 24,
        team: ENGINEERING,
        body: "Do we have a plan for the end-of-life chip in Otter 1? By my count the stock lasts until November.",
        votes: 6,
        tags: &[ROADMAP, SUSTAINABILITY],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 20,
        team: ENGINEERING,
        body: "Can Design please be in the room before the deadline is set, not after?",
        votes: 10,
        tags: &[ROADMAP],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 15,
        team: ENGINEERING,
        body: "If an AI writes the code and I press merge, who gets up for it at 3 am?",
        votes: 24,
        tags: &[AI, ON_CALL],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 9,
        team: EVERYBODY,
        body: "wifi in building C. that's it, that's the question",
        votes: 14,
        tags: &[WORKPLACE],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 3,
        team: ENGINEERING,
        body: "Any date for dark mode in the dashboard? my eyes",
        votes: 2,
        ..DemoQuestion::NEW
    },
];
