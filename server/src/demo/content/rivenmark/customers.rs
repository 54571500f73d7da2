//! Customers, the plant, and the river.

use super::super::{DemoAnswer, DemoQuestion};
use super::{CARE, CUSTOMERS, EVERYBODY, PLANT, ROADMAP, SAFETY, SUSTAINABILITY, WORKPLACE};

pub(super) const QUESTIONS: &[DemoQuestion] = &[
    DemoQuestion {
        asked: 47,
        team: CARE,
        body: "Three of our ten largest customers told me the same thing this month: the sensors are great, the \
               invoices are wrong. Who owns billing?",
        votes: 33,
        tags: &[CUSTOMERS],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 43,
        team: PLANT,
        body: "The forklift lane and the walkway still cross at gate 4. On Tuesday it was close again. What has to \
               happen first?",
        votes: 64,
        tags: &[SAFETY],
        answer: Some(DemoAnswer {
            after: 5,
            text: "Nothing has to happen first. Gate 4 is closed to people on foot from tomorrow's early shift; \
                   please use gate 2, which costs you four minutes, and those four minutes are working time.\n\n\
                   The footbridge that was postponed in the spring is ordered. And please keep reporting near misses: \
                   Tuesday reached me through this question and not through our own system, so that gets looked at \
                   too.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 40,
        team: EVERYBODY,
        body: "We sell to people who look after rivers. When do we stop flying water samples between Tilburg and \
               Leeds twice a week?",
        votes: 15,
        tags: &[SUSTAINABILITY],
        answer: Some(DemoAnswer {
            after: 13,
            text: "In March. The bench for the trace metals is the only reason they fly, and Tilburg gets its own. \
                   Until then we have gone from two flights a week to one. It also saves money, which is a little \
                   embarrassing, because it means we could have done it earlier.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 36,
        team: CARE,
        body: "How many customers did we lose last quarter, and why? A number please, not a journey.",
        votes: 41,
        tags: &[CUSTOMERS],
        answer: Some(DemoAnswer {
            after: 14,
            text: "Eleven out of 412. Five merged into other water boards that stay with us, three went for price, \
                   two because of the outage, and one we don't know, which I like least.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 34,
        team: CARE,
        body: "The brochure promises a reply within 4 hours, we manage 2 days. Which of the two are we going to \
               change?",
        votes: 11,
        tags: &[CUSTOMERS],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 28,
        team: PLANT,
        body: "Night shift gets the canteen leftovers, cold, and the vending machine only takes coins.\n\n\
               Could somebody from the top floor come at 2 am, once, and have dinner with us?",
        votes: 26,
        tags: &[WORKPLACE],
        answer: Some(DemoAnswer {
            after: 6,
            text: "Wednesday, 2 am, I'll be there, and I'll eat what you eat. The card reader for the machine comes \
                   this week either way. (Ingrid)",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 23,
        team: PLANT,
        body: "The offer for solar panels on the Tilburg roof has been lying around since last year. What is stopping \
               us?",
        votes: 7,
        tags: &[SUSTAINABILITY],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 21,
        team: CARE,
        body: "One customer got a 40 % discount. I am not allowed to give 5. What do I tell the other 400 when they \
               hear about it? They will.",
        votes: 12,
        tags: &[CUSTOMERS],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 18,
        team: EVERYBODY,
        body: "Is it true that we are talking to an investor? The rumour is in every kitchen by now.",
        votes: 49,
        tags: &[ROADMAP],
        frozen: Some(8),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 16,
        team: PLANT,
        body: "Safety boots in small sizes, please. I wear 36, the smallest in stock is 39. With two pairs of socks I \
               am safe and slow.",
        votes: 4,
        tags: &[SAFETY],
        answer: Some(DemoAnswer {
            after: 7,
            text: "Ordered from 35 upwards, here on Friday. Until then please take the day in the office or at the \
                   test bench: boots that don't fit are not safety boots.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 14,
        team: CARE,
        body: "Why can't Customer Care see the sensor logs? We ask Engineering, they paste screenshots, everybody \
               loses a day.",
        votes: 9,
        tags: &[CUSTOMERS, ROADMAP],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 11,
        team: CARE,
        body: "One demo unit per region that actually switches on. That's my whole wish list.",
        votes: 3,
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 8,
        team: PLANT,
        body: "About the packaging foam: a customer sent us a photo of it floating in the very river they measure \
               with our sensor. Can we please ship in cardboard?",
        votes: 13,
        tags: &[SUSTAINABILITY, CUSTOMERS],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 5,
        team: EVERYBODY,
        body: "Is this being recorded? Second shift can't be here.",
        votes: 6,
        answer: Some(DemoAnswer {
            after: 2,
            text: "Yes. The recording will be on the intranet tonight, with captions, and every question on this page \
                   stays readable with its answer.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 2,
        team: EVERYBODY,
        body: "what does EBITDA stand for, asking for a friend who nodded",
        votes: 1,
        ..DemoQuestion::NEW
    },
    DemoQuestion { asked: 1, team: EVERYBODY, body: "Is the summer party still on?", ..DemoQuestion::NEW },
];
