//! Rivenmark Water: nine hundred people who make sensors for rivers and reservoirs, at their quarterly town hall.

mod customers;
mod engineering;
mod people;

use super::DemoTenant;

const EVERYBODY: &str = "Whole company";
const ENGINEERING: &str = "Engineering";
const CARE: &str = "Sales & Customer Care";
const PLANT: &str = "Plant & Logistics";
const PEOPLE: &str = "People & Culture";

const ROADMAP: &str = "Roadmap";
const PAY: &str = "Pay & benefits";
const WORKPLACE: &str = "Workplace";
const ON_CALL: &str = "On-call";
const AI: &str = "AI tools";
const CUSTOMERS: &str = "Customers";
const SUSTAINABILITY: &str = "Sustainability";
const SAFETY: &str = "Safety";

/// The default tenant.
pub(super) const RIVENMARK: DemoTenant = DemoTenant {
    slug: "default",
    name: "Rivenmark Water",
    teams: &[EVERYBODY, ENGINEERING, CARE, PLANT, PEOPLE],
    tags: &[
        (ROADMAP, "#2F6FDE"),
        (PAY, "#8A6D00"),
        (WORKPLACE, "#7C5CE6"),
        (ON_CALL, "#64748B"),
        (AI, "#0A7F92"),
        (CUSTOMERS, "#C2378A"),
        (SUSTAINABILITY, "#2C8239"),
        (SAFETY, "#D0352C"),
    ],
    audience: 149,
    tables: &[people::QUESTIONS, engineering::QUESTIONS, customers::QUESTIONS],
};
