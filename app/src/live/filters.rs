//! Reads what a reader chose to see out of the page's address.

use leptos_router::params::ParamsMap;
use pulsestage::window::Filters;

/// The filters of an address; what is not known is ignored.
#[must_use]
pub fn filters_of(params: &ParamsMap) -> Filters {
    let mut filters = Filters::default();
    for (name, value) in params.clone() {
        filters.read(&name, &value);
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::TagId;
    use pulsestage::window::{Sort, Tab};
    use uuid::Uuid;

    #[test]
    fn an_address_reads_back_what_it_says() {
        let tags = [7, 9].map(|id| TagId(Uuid::from_u128(id))).to_vec();
        let filters = Filters { tab: Tab::All, sort: Sort::Oldest, team: Some("sales".to_owned()), tags };
        let mut params = ParamsMap::new();
        for (name, value) in
            filters.to_query().trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='))
        {
            params.insert(name.to_owned(), value.to_owned());
        }
        params.insert("utm_source", "mail".to_owned());
        assert_eq!(filters_of(&params), filters);
    }
}
