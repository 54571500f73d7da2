//! Account pages: the pages on which people sign in, set a password and claim an installation; and those on which they look
//! after what they asked, or report what others did.
//!
//! The server draws them and they have no script, so that they work before anything is loaded, nothing of them is in what
//! participants download, and no code of ours is on a page with a password in it. Each is a function of what it shows.

mod check;
mod claim;
mod confirm;
mod document;
mod field;
mod leaving;
mod mine;
mod problem;
mod second_factor;
mod sign_in;
mod texts;
mod thread;

pub use check::CheckPage;
pub use claim::{CONFIRM, ClaimPage, OwnPassword, PersonLinkPage, RoleLinkPage, Setting};
pub use confirm::{AddressChangePage, ConfirmIdentityPage};
pub use document::{AccountDocument, document, document_with_script};
pub use leaving::{Leaving, LeavingPage};
pub use mine::{Mine, Report, reason};
pub use problem::ProblemPage;
pub use second_factor::{AskForCode, ChangeFactor, FactorChange, OwnFactor, SetUpFactor, ShowRecoveryCodes};
pub use sign_in::{AskForLink, SignIn};
pub use texts::EraseWritten;
pub use thread::ThreadPage;

/// What was wrong with a form: a sentence for all of it, and one for each field by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// What concerns no single field.
    pub whole: Option<String>,
    /// A field's name in the form, and what is wrong with it.
    pub fields: Vec<(String, String)>,
}

impl Problems {
    fn of(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, sentence)| sentence.clone())
    }
}

impl From<&pulsestage::error::Refusal> for Problems {
    fn from(refusal: &pulsestage::error::Refusal) -> Self {
        match refusal {
            pulsestage::error::Refusal::Invalid { fields } => Self {
                whole: None,
                fields: fields.iter().map(|field| (field.field.clone(), format!("This {}.", field.problem))).collect(),
            },
            refusal => Self { whole: Some(refusal.to_string()), fields: Vec::new() },
        }
    }
}
