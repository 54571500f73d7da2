//! Answers that overtake each other: what was asked for earlier and comes later is old.

use leptos::prelude::*;

/// Tells which answers to the requests of one kind are news. `Copy`.
#[derive(Clone, Copy, Debug)]
pub struct LatestResponse(StoredValue<Order>);

/// The numbers of the latest request, and of the latest that an answer was taken of.
#[derive(Clone, Copy, Debug, Default)]
struct Order {
    asked: u32,
    taken: u32,
}

impl Default for LatestResponse {
    fn default() -> Self {
        Self(StoredValue::new(Order::default()))
    }
}

impl LatestResponse {
    /// The number of a request that is sent now.
    #[must_use]
    pub fn ask(self) -> u32 {
        self.0.try_update_value(Order::ask).unwrap_or_default()
    }

    /// Whether the answer to this request is newer than all that were taken. It is taken then. None is once the page is
    /// gone.
    #[must_use]
    pub fn take(self, request: u32) -> bool {
        self.0.try_update_value(|order| order.take(request)).unwrap_or_default()
    }
}

impl Order {
    const fn ask(&mut self) -> u32 {
        self.asked += 1;
        self.asked
    }

    const fn take(&mut self, request: u32) -> bool {
        let is_news = request > self.taken;
        if is_news {
            self.taken = request;
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_overtaken_is_not_taken() {
        let mut order = Order::default();
        let [first, second, third] = [order.ask(), order.ask(), order.ask()];
        assert!(order.take(second));
        assert!(!order.take(first), "it was asked for earlier");
        assert!(!order.take(second), "it is here already");
        assert!(order.take(third));
    }
}
