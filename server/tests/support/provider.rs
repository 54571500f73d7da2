//! An OpenID Connect provider on a socket of its own: discovery, keys, authorization, tokens and user info, with tokens
//! signed by ES256. It does what the specification says, unless a test makes it lie.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use pulsestage::ports::Clock;
use pulsestage_server::auth::Secret;
use pulsestage_server::oidc::OidcArgs;
use pulsestage_server::system::{SystemClock, SystemRng};

pub(crate) const CLIENT: &str = "pulsestage";
pub(crate) const CLIENT_SECRET: &str = "hush: hush";

/// What the provider is to say, and how it is to lie.
#[derive(Clone, Debug)]
pub(crate) struct Says {
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) verified: Option<bool>,
    pub(crate) name: Option<String>,
    /// Claims that are put over the right ones.
    pub(crate) lies: Value,
    /// Sign with a key that is not published.
    pub(crate) foreign_key: bool,
    /// Take the signature off and say that there is none.
    pub(crate) unsigned: bool,
    /// Sign with the client's secret.
    pub(crate) symmetric: bool,
    /// Tell the address on being asked alone.
    pub(crate) thin: bool,
}

impl Default for Says {
    fn default() -> Self {
        Self {
            subject: "subject-1".to_owned(),
            email: Some("ann@example.com".to_owned()),
            verified: Some(true),
            name: Some("Ann Lee".to_owned()),
            lies: json!({}),
            foreign_key: false,
            unsigned: false,
            symmetric: false,
            thin: false,
        }
    }
}

/// A code that was given out: what it was asked with.
#[derive(Clone)]
struct Grant {
    challenge: String,
    nonce: String,
    redirect: String,
}

struct ProviderState {
    says: Says,
    grants: HashMap<String, Grant>,
    key: EcdsaKeyPair,
    other: EcdsaKeyPair,
    /// How often the keys were asked for.
    asked: usize,
    key_id: usize,
    names_itself: bool,
}

/// The provider.
#[derive(Clone)]
pub(crate) struct FakeProvider {
    pub(crate) issuer: String,
    kept: Arc<Mutex<ProviderState>>,
}

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl FakeProvider {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let kept = ProviderState {
            says: Says::default(),
            grants: HashMap::new(),
            key: key(),
            other: key(),
            asked: 0,
            key_id: 1,
            names_itself: false,
        };
        let this = Self { issuer, kept: Arc::new(Mutex::new(kept)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    /// How it is set up.
    pub(crate) fn args(&self, domains: &[&str]) -> OidcArgs {
        OidcArgs {
            oidc_issuer: Some(self.issuer.clone()),
            oidc_client_id: Some(CLIENT.to_owned()),
            oidc_client_secret: Some(CLIENT_SECRET.to_owned()),
            oidc_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            oidc_name: "Example".to_owned(),
            oidc_tenants: vec!["default".to_owned()],
            ..OidcArgs::default()
        }
    }

    /// What it says from now on.
    pub(crate) fn says(&self, says: Says) {
        self.kept.lock().unwrap().says = says;
    }

    /// It takes another key.
    pub(crate) fn rotate(&self) {
        let mut kept = self.kept.lock().unwrap();
        kept.key = key();
        kept.key_id += 1;
    }

    /// It names itself when it sends somebody back.
    pub(crate) fn names_itself(&self) {
        self.kept.lock().unwrap().names_itself = true;
    }

    pub(crate) fn asked(&self) -> usize {
        self.kept.lock().unwrap().asked
    }

    /// Somebody says yes at the authorization endpoint: the query they are sent back with.
    pub(crate) fn authorize(&self, address: &str) -> String {
        let url = url::Url::parse(address).unwrap();
        assert!(address.starts_with(&format!("{}/authorize?", self.issuer)), "{address}");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"), "{asked:?}");
        let code = Secret::new(&SystemRng).reveal().to_owned();
        let grant = Grant {
            challenge: asked["code_challenge"].clone(),
            nonce: asked["nonce"].clone(),
            redirect: asked["redirect_uri"].clone(),
        };
        self.kept.lock().unwrap().grants.insert(code.clone(), grant);
        format!("code={code}&state={}", asked["state"])
    }
}

async fn discovery(State(provider): State<FakeProvider>) -> Json<Value> {
    let issuer = &provider.issuer;
    let names_itself = provider.kept.lock().unwrap().names_itself;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        "authorization_response_iss_parameter_supported": names_itself,
    }))
}

async fn keys(State(provider): State<FakeProvider>) -> Json<Value> {
    let mut kept = provider.kept.lock().unwrap();
    kept.asked += 1;
    let point = kept.key.public_key().as_ref();
    Json(json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kept.key_id.to_string(),
        "x": encode(&point[1..33]), "y": encode(&point[33..65]),
    }] }))
}

fn refused(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

async fn token(
    State(provider): State<FakeProvider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    // RFC 6749, section 2.3.1: both are form-encoded before they are put together.
    let client = STANDARD.encode(format!("{CLIENT}:hush%3A+hush"));
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&format!("Basic {client}")) {
        return refused("invalid_client");
    }
    let mut kept = provider.kept.lock().unwrap();
    let Some(grant) = form.get("code").and_then(|code| kept.grants.remove(code)) else {
        return refused("invalid_grant");
    };
    let challenge = encode(Sha256::digest(form.get("code_verifier").map(String::as_str).unwrap_or_default()));
    if challenge != grant.challenge || form.get("redirect_uri") != Some(&grant.redirect) {
        return refused("invalid_grant");
    }
    let now = SystemClock.now().0 / 1_000;
    let says = &kept.says;
    let mut claims = json!({
        "iss": provider.issuer, "sub": says.subject, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": grant.nonce,
    });
    if !says.thin {
        put(&mut claims, &person(says));
    }
    put(&mut claims, &says.lies.clone());
    let token = sign(&kept, &claims);
    Json(json!({ "access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token }))
        .into_response()
}

async fn user_info(
    State(provider): State<FakeProvider>,
    headers: HeaderMap,
    _: Query<HashMap<String, String>>,
) -> Response {
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some("Bearer opaque") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let kept = provider.kept.lock().unwrap();
    let mut claims = person(&kept.says);
    put(&mut claims, &json!({ "sub": kept.says.subject }));
    Json(claims).into_response()
}

fn person(says: &Says) -> Value {
    let mut claims = json!({});
    for (name, value) in [
        ("email", says.email.clone().map(Value::from)),
        ("email_verified", says.verified.map(Value::from)),
        ("name", says.name.clone().map(Value::from)),
    ] {
        if let Some(value) = value {
            claims[name] = value;
        }
    }
    claims
}

fn put(claims: &mut Value, more: &Value) {
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
}

fn sign(kept: &ProviderState, claims: &Value) -> String {
    let Says { unsigned, symmetric, foreign_key, .. } = kept.says;
    let alg = if unsigned {
        "none"
    } else if symmetric {
        "HS256"
    } else {
        "ES256"
    };
    let mut header = json!({ "alg": alg, "typ": "JWT" });
    if !symmetric && !unsigned {
        header["kid"] = kept.key_id.to_string().into();
    }
    let text = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    if unsigned {
        return format!("{text}.");
    }
    if symmetric {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
        return format!("{text}.{}", encode(ring::hmac::sign(&key, text.as_bytes())));
    }
    let key = if foreign_key { &kept.other } else { &kept.key };
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", encode(signature))
}
