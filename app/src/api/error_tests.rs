use super::*;
use http::header::ACCEPT;
use http::{Request, StatusCode};
use leptos::prelude::{Owner, provide_context};
use leptos_axum::ResponseOptions;
use pulsestage::error::Noun;
use pulsestage::text::TextProblem;

/// Makes an error inside a request of this path and `Accept`, and tells the status it put on the response.
fn status_of(path: &str, accept: &str, error: ServerFnErrorErr) -> (ApiError, Option<StatusCode>) {
    let response = ResponseOptions::default();
    let owner = Owner::new();
    let error = owner.with(|| {
        let (request, ()) = Request::builder().uri(path).header(ACCEPT, accept).body(()).unwrap().into_parts();
        provide_context(request);
        provide_context(response.clone());
        ApiError::from_server_fn_error(error)
    });
    let status = response.0.read().unwrap().status;
    (error, status)
}

#[test]
fn an_error_is_the_refusals_json_with_a_sentence() {
    let json = serde_json::to_value(ApiError::from(Refusal::Frozen)).unwrap();
    assert_eq!(json["refusal"], "frozen");
    assert_eq!(json["message"], Refusal::Frozen.to_string());
}

#[test]
fn an_error_reads_back_from_its_json() {
    for error in [
        Refusal::Frozen,
        Refusal::NotFound { what: Noun::Team },
        Refusal::field("question", TextProblem::TooShort { min: 3 }),
    ] {
        let error = ApiError::from(error);
        assert_eq!(ApiError::de(error.ser()), error);
    }
    let strange = ApiError::de(Vec::from("<html>502</html>").into());
    assert_eq!(strange.refusal().map(Refusal::status), Some(400), "on the server; in the browser it is unreadable");
}

#[test]
fn unreadable_arguments_are_400_and_repeat_nothing_of_the_request() {
    let sent = "invalid value: string \"<script>alert(1)</script>\", expected a boolean";
    let (error, status) = status_of("/api/fn/set_vote", "*/*", ServerFnErrorErr::Args(sent.to_owned()));
    assert_eq!(status, Some(StatusCode::BAD_REQUEST));
    assert!(!error.to_string().contains("script"));

    let (error, _) = status_of("/api/fn/ask", "*/*", ServerFnErrorErr::Args("missing field `team`".to_owned()));
    assert!(error.to_string().contains("`team`"));
    let (error, _) = status_of("/api/fn/ask", "*/*", ServerFnErrorErr::Args("missing field `<b>`".to_owned()));
    assert!(!error.to_string().contains("<b>"));
}

#[test]
fn a_plain_form_keeps_its_redirect() {
    let broken = || ServerFnErrorErr::Args(String::new());
    assert_eq!(status_of("/api/fn/ask", "text/html,*/*", broken()).1, None);
    assert_eq!(status_of("/", "text/html,*/*", broken()).1, Some(StatusCode::BAD_REQUEST), "a page has its own status");
}

#[test]
fn only_what_may_change_by_waiting_is_worth_retrying() {
    assert_eq!(ApiError::Wire(WireFault::Lost).worth_retrying(), Some(0));
    assert_eq!(ApiError::from(Refusal::TooManyRequests { retry_after_s: 3 }).worth_retrying(), Some(3_000));
    assert_eq!(ApiError::from(Refusal::Frozen).worth_retrying(), None);
}
