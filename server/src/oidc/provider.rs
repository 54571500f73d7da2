//! What we ask of the provider, and what we believe of its answers.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
    CoreGrantType, CoreIdTokenClaims, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm as Alg, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse,
    CoreUserInfoClaims,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    TokenResponse,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};
use url::Url;

use super::args::OidcSettings;
use super::http::Http;
use crate::auth::Attempt;
use crate::unicode::{domain, nfc};
use pulsestage::email::Email;
use pulsestage::link::{Identity, ProviderIdentity};
use pulsestage::ports::Clock;
use pulsestage::time::Timestamp;

/// How long what the provider says of itself is believed, in milliseconds: an hour.
const FRESH_MS: i64 = 60 * 60 * 1_000;
/// A key that we do not know is looked for again at most this often, in milliseconds: tokens with made-up keys are no
/// way to make us ask the provider all the time.
const REFRESH_MS: i64 = 30 * 1_000;
/// Signatures that are believed: with a key that only the provider has. Never `none`, never one by a shared secret.
const ALGORITHMS: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

/// What a provider says of itself beyond the crate's fields.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Further {
    /// It names itself when it sends somebody back (RFC 9207).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Further {}

type Metadata = ProviderMetadata<
    Further,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The crate's client with the addresses that discovery gives.
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Why somebody was not signed in by the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It could not be asked, or it does not work as it should.
    #[error("the provider could not be asked")]
    Away,
    /// What came back is not to be believed.
    #[error("what came back is not to be believed")]
    Unbelievable,
}

/// The provider.
pub struct Provider {
    settings: OidcSettings,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: Http,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<(Timestamp, Arc<Metadata>)>>,
}

impl Provider {
    /// The provider of these settings, for a site at this origin.
    ///
    /// # Errors
    /// When the issuer or the origin is no address.
    pub fn new(settings: OidcSettings, origin: &str, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let issuer = IssuerUrl::new(settings.issuer.clone())?;
        let redirect = RedirectUrl::new(format!("{origin}/oidc/callback"))?;
        Ok(Self { settings, issuer, redirect, http: Http::new()?, clock, known: Mutex::new(None) })
    }

    /// What was configured.
    #[must_use]
    pub const fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Where a browser goes to sign in.
    ///
    /// # Errors
    /// When the provider does not say where that is.
    pub async fn address(&self, attempt: &Attempt) -> Result<Url, ProviderError> {
        let client = self.client(&*self.metadata(FRESH_MS).await?);
        let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
        let verifier = PkceCodeVerifier::new(attempt.verifier.clone());
        let (url, ..) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scopes(["email", "profile"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url)
    }

    /// Who came back with this code. `issuer` is what the provider called itself in the address, if it did.
    ///
    /// # Errors
    /// When the provider does not take the code, or what it says is not to be believed.
    pub async fn introduction(
        &self,
        attempt: &Attempt,
        code: String,
        issuer: Option<&str>,
    ) -> Result<ProviderIdentity, ProviderError> {
        let metadata = self.metadata(FRESH_MS).await?;
        self.must_be_from(issuer, &metadata)?;
        let client = self.client(&metadata);
        let tokens = self.tokens(&client, attempt, code).await?;
        let nonce = Nonce::new(attempt.nonce.clone());
        let claims = match self.claims(&client, &tokens, &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                // The provider may have taken a new key since we asked.
                let client = self.client(&*self.metadata(REFRESH_MS).await?);
                self.claims(&client, &tokens, &nonce)
            }
            claims => claims,
        };
        let claims = claims.map_err(|error| unbelievable(&error.to_string()))?;
        let further = self.further(&client, &tokens, &claims).await;
        Ok(introduction(&claims, further.as_ref()))
    }

    /// A provider that names itself must name itself rightly, and one that always does so must not be silent: the
    /// answer would be another provider's (RFC 9207).
    fn must_be_from(&self, issuer: Option<&str>, metadata: &Metadata) -> Result<(), ProviderError> {
        match issuer {
            Some(issuer) if issuer == self.issuer.as_str() => Ok(()),
            None if !metadata.additional_metadata().authorization_response_iss_parameter_supported => Ok(()),
            _ => Err(unbelievable("the answer is from another issuer")),
        }
    }

    async fn tokens(
        &self,
        client: &Client,
        attempt: &Attempt,
        code: String,
    ) -> Result<CoreTokenResponse, ProviderError> {
        let request =
            client.exchange_code(AuthorizationCode::new(code)).map_err(|_| away("it has no token endpoint"))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()));
        match request.request_async(&self.http).await {
            Ok(tokens) => Ok(tokens),
            // The provider's words are not repeated: they may quote the request.
            Err(RequestTokenError::ServerResponse(_)) => Err(unbelievable("the provider did not take the code")),
            Err(RequestTokenError::Request(error)) => Err(away(&error.to_string())),
            Err(_) => Err(away("its token endpoint answered in words that we do not know")),
        }
    }

    fn claims(
        &self,
        client: &Client,
        tokens: &CoreTokenResponse,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        let now = u64::try_from(self.clock.now().0).unwrap_or_default();
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || (UNIX_EPOCH + Duration::from_millis(now)).into());
        let token = tokens.id_token().ok_or_else(|| ClaimsVerificationError::Other("there is no token".to_owned()))?;
        token.claims(&verifier, nonce).cloned()
    }

    /// Some providers tell the address only when they are asked for it. They are believed when they speak of the same
    /// person; when they do not answer, there is no address.
    async fn further(
        &self,
        client: &Client,
        tokens: &CoreTokenResponse,
        claims: &CoreIdTokenClaims,
    ) -> Option<CoreUserInfoClaims> {
        if claims.email().is_some() {
            return None;
        }
        let subject = claims.subject().clone();
        let request = client.user_info(tokens.access_token().clone(), Some(subject)).ok()?;
        request.request_async(&self.http).await.ok()
    }

    /// What the provider says of itself and its keys, heard at most so many milliseconds ago.
    async fn metadata(&self, fresh_ms: i64) -> Result<Arc<Metadata>, ProviderError> {
        let now = self.clock.now();
        if let Some((heard, known)) = &*self.known.lock().unwrap_or_else(PoisonError::into_inner)
            && (0..fresh_ms).contains(&now.0.saturating_sub(heard.0))
        {
            return Ok(known.clone());
        }
        let heard = Metadata::discover_async(self.issuer.clone(), &self.http).await;
        let heard = Arc::new(heard.map_err(|error| away(&error.to_string()))?);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, heard.clone()));
        Ok(heard)
    }

    fn client(&self, metadata: &Metadata) -> Client {
        let OidcSettings { client_id, client_secret, .. } = &self.settings;
        let secret = client_secret.clone().map(ClientSecret::new);
        let client = CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(client_id.clone()), secret);
        client.set_redirect_uri(self.redirect.clone()).set_auth_type(way_to_prove(metadata))
    }
}

/// How the provider wants to be told our secret: in the header unless it takes it in the form alone.
fn way_to_prove(metadata: &Metadata) -> AuthType {
    let taken = metadata.token_endpoint_auth_methods_supported();
    let takes = |method: CoreClientAuthMethod| taken.is_some_and(|taken| taken.contains(&method));
    let form_only = takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
    if form_only { AuthType::RequestBody } else { AuthType::BasicAuth }
}

/// An address with its domain in the spelling that domains are compared in.
fn address(said: &str) -> Option<Email> {
    let said = nfc(said);
    let (local, host) = said.rsplit_once('@')?;
    Email::parse(&format!("{local}@{}", domain(host))).ok()
}

/// What is believed: the signed token, and what the provider told further of the same person.
fn introduction(claims: &CoreIdTokenClaims, further: Option<&CoreUserInfoClaims>) -> ProviderIdentity {
    let email = claims.email().or_else(|| further?.email());
    let is_verified = match claims.email() {
        Some(_) => claims.email_verified(),
        None => further.and_then(CoreUserInfoClaims::email_verified),
    };
    let name = claims.name().or_else(|| further?.name()).and_then(|name| name.get(None));
    ProviderIdentity {
        identity: Identity { issuer: claims.issuer().to_string(), subject: claims.subject().to_string() },
        verified_email: email.filter(|_| is_verified == Some(true)).and_then(|email| address(email)),
        name: name.map(|name| nfc(name).into_owned()),
    }
}

fn away(why: &str) -> ProviderError {
    tracing::warn!(why, "the OpenID provider does not work as it should");
    ProviderError::Away
}

fn unbelievable(why: &str) -> ProviderError {
    tracing::warn!(why, "somebody came back from the OpenID provider and was not believed");
    ProviderError::Unbelievable
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}
