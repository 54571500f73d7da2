//! Pay, offices and how people treat each other.

use super::super::{DemoAnswer, DemoQuestion};
use super::{EVERYBODY, PAY, PEOPLE, SAFETY, WORKPLACE};

pub(super) const QUESTIONS: &[DemoQuestion] = &[
    DemoQuestion {
        asked: 50,
        team: EVERYBODY,
        body: "Prices went up 3.1 %, the pay round was 2 %. In a record year most of us took a pay cut. Will you say \
               that out loud, and what is the plan to fix it?",
        votes: 88,
        tags: &[PAY],
        pinned: Some(6),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 49,
        team: PEOPLE,
        body: "Are we going back to three fixed office days? Half of my team was hired as remote, in writing.",
        votes: 62,
        tags: &[WORKPLACE],
        answer: Some(DemoAnswer {
            after: 9,
            text: "No. A contract that says remote stays remote, and nobody will be asked to change it.\n\n\
                   What we do want is two days a month on which each team meets in one place. The team picks the days \
                   and the company pays the travel. The draft is in the handbook and open for comments until the end \
                   of the month. If two days are too many for your situation, write it there or come to me \
                   directly.\n\n\
                   Tunde, People",
        }),
        frozen: Some(15),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 44,
        team: PEOPLE,
        body: "When do we get to see the salary bands? \"They exist, trust us\" stopped working a while ago.",
        votes: 47,
        tags: &[PAY],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 41,
        team: PEOPLE,
        body: "We are expecting in spring. The handbook gives the \"primary carer\" 12 weeks and the other one 2. We \
               both work here. Do we really have to decide who the real parent is?",
        votes: 19,
        tags: &[PAY, WORKPLACE],
        answer: Some(DemoAnswer {
            after: 11,
            text: "Congratulations, and no, you don't. From January it is 12 weeks for each parent, and the words \
                   \"primary carer\" are gone. For births before January we will apply it early: send us a note and \
                   we settle the dates with you. The page in the handbook is being rewritten this week; sorry that \
                   you had to read the old one.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 38,
        team: EVERYBODY,
        body: "Why is the good coffee only on the fourth floor? Asking for the entire ground floor ☕😅",
        votes: 54,
        tags: &[WORKPLACE],
        answer: Some(DemoAnswer {
            after: 7,
            text: "Because the machine downstairs broke in August and its spare part has been \"on its way\" since. \
                   We stopped waiting: a second machine of the good kind arrives on Thursday.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 35,
        team: PEOPLE,
        body: "Les formations obligatoires n’existent qu’en anglais. Serait-il possible d’avoir une version française \
               pour les collègues de Lyon, au moins pour la sécurité au laboratoire ?",
        votes: 12,
        tags: &[SAFETY, WORKPLACE],
        answer: Some(DemoAnswer {
            after: 5,
            text: "Oui. Les trois modules de sécurité seront disponibles en français avant la fin du trimestre, les \
                   autres suivront au printemps. En attendant, Claire propose une séance en français tous les mardis \
                   à 10 h ; elle compte comme le module.\n\n\
                   In short for everybody: the safety courses will be in French by the end of the quarter.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 33,
        team: PEOPLE,
        body: "هل يمكن احتساب وقت السفر بين المكاتب ضمن ساعات العمل؟ أقضي ست ساعات كل أسبوع على الطريق ولا تُحسب لي.",
        votes: 11,
        tags: &[PAY],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 31,
        team: EVERYBODY,
        body: "Can we stop calling layoffs \"portfolio alignment\"? People notice.",
        votes: 71,
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 29,
        team: EVERYBODY,
        body: "honest question: are more layoffs planned before the summer, yes or no",
        votes: 76,
        answer: Some(DemoAnswer {
            after: 12,
            text: "No. There are none planned, before or after the summer.\n\n\
                   If that ever changes you will hear it from me, in a room like this one, before anybody outside \
                   does. Last autumn we let two weeks of rumours do the talking. That was my mistake, and I don't \
                   intend to make it again.\n\n\
                   Ingrid, CEO",
        }),
        pinned: Some(13),
        frozen: Some(18),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 27,
        team: PEOPLE,
        body: "Exit interviews: does anybody read them? Four good people have left my team since January and I never \
               heard what we learned from it.",
        votes: 16,
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 25,
        team: PEOPLE,
        body: "Is there a learning budget this year? My manager says ask People, People says ask my manager.",
        votes: 7,
        tags: &[PAY],
        answer: Some(DemoAnswer {
            after: 12,
            text: "1,200 euros per person and year. Below 300 you need nobody's approval, above that your manager's. \
                   Managers got the same sentence from me a minute ago, so the ping-pong ends here.",
        }),
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 22,
        team: EVERYBODY,
        body: "Could meetings end five minutes early by default? My next one is in another building and I am not a \
               bird.",
        votes: 28,
        tags: &[WORKPLACE],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 19,
        team: PEOPLE,
        body: "How can staff safely report bullying by somebody senior? I am not asking for the form. I am asking who \
               reads it.",
        votes: 39,
        tags: &[SAFETY],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 12,
        team: PEOPLE,
        body: "Will the four-day week trial in Rotterdam come to the other offices?",
        votes: 31,
        tags: &[WORKPLACE, PAY],
        ..DemoQuestion::NEW
    },
    DemoQuestion {
        asked: 6,
        team: PEOPLE,
        body: "The quiet room on the plan of the new building is full of boxes. Can we have it back? Some of us pray \
               there, some of us just breathe.",
        votes: 5,
        ..DemoQuestion::NEW
    },
];
