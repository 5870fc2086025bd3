//! One request, and what its answer means.

use serde_json::Value as Json;
use tokio::time::{Instant, timeout_at};

use super::{COMMAND, QUERY, Trouble, Turn};
use crate::adapter::mapping::{Fail, Request};
use crate::adapter::rest::Secrets;
use crate::adapter::rest::exact;
use crate::adapter::rest::give::{holds, shown};
use crate::adapter::rest::request::Writing;
use crate::adapter::rest::token;
use crate::egress::Answer;

impl Turn<'_> {
    /// Sends. `page` are further parameters; `fine` are statuses that are as good as success.
    pub(super) async fn attempt(
        &mut self,
        request: &Request,
        page: &[(String, Json)],
        fine: &[u16],
    ) -> Result<Json, Trouble> {
        (self.status, self.json) = (None, None);
        let answer = self.send(request, page).await?;
        let json = exact::parse(&answer.body);
        self.status = Some(answer.status);
        self.json.clone_from(&json);
        self.headers.clone_from(&answer.headers);
        if fine.contains(&answer.status) {
            return Ok(json.unwrap_or_default());
        }
        self.judge(request, &answer, json)
    }

    /// Sends; once more with another token where the first has become worthless.
    async fn send(&mut self, request: &Request, page: &[(String, Json)]) -> Result<Answer, Trouble> {
        let backend = self.backend;
        let busy = || Trouble::Passing {
            done: false,
            timed_out: false,
            after: None,
            reason: "too many calls of this shop wait for its system".to_string(),
        };
        let _permit = timeout_at(self.ends, backend.room.acquire()).await.map_err(|_| busy())?.map_err(|_| busy())?;
        let secrets = backend.secrets.of(request.auth.as_deref());
        let egress = self.rest.egress.only(&backend.hosts);
        let mut refused = None;
        loop {
            let token = token::of(secrets, &egress, self.ends, refused.as_ref()).await?;
            let writing = Writing {
                base: &backend.mapping.base.0,
                context: &backend.mapping.context,
                secrets: token.as_ref().unwrap_or(secrets),
                values: &self.values,
                at: self.at.as_ref(),
            };
            let idempotency = self.operation.idempotency.as_ref().filter(|_| !self.is_query());
            let mut written = writing.write(request, idempotency, page).map_err(Trouble::Wrong)?;
            let most = if self.is_query() { QUERY } else { COMMAND };
            written.within = most.min(self.ends.saturating_duration_since(Instant::now()));
            let answer = egress.send(written).await?;
            if answer.status != 401 || !token::is_worth_another(secrets, refused.is_some()) {
                return Ok(answer);
            }
            refused = token;
        }
    }

    fn judge(&self, request: &Request, answer: &Answer, json: Option<Json>) -> Result<Json, Trouble> {
        let body = String::from_utf8_lossy(&answer.body);
        let fits = |fail: &&Fail| {
            let status = fail.status.is_empty() || fail.status.contains(&answer.status);
            status && fail.when.as_ref().is_none_or(|when| holds(when, json.as_ref(), &body))
        };
        let named = self.operation.fails.iter().find(fits);
        let success = &self.operation.success;
        let fine = if success.status.is_empty() {
            (200..300).contains(&answer.status)
        } else {
            success.status.contains(&answer.status)
        };
        let passing = |done| Trouble::Passing {
            done,
            timed_out: false,
            after: answer.retry_after,
            reason: format!("the shop's system answered {}", answer.status),
        };
        match named.map(|fail| fail.code.as_str()) {
            Some("temporary") => return Err(passing(answer.status >= 500)),
            Some("rate_limited") => return Err(Trouble::Limited { after: answer.retry_after }),
            Some("auth") => return Err(Trouble::Wrong(self.key_refused(request, answer.status))),
            Some(code) => return Err(Trouble::Refused(code.into())),
            None => {}
        }
        if fine {
            if let Some(json) = json.as_ref().filter(|_| request.graphql.is_some()) {
                no_errors(json)?;
            }
            let when = success.when.as_ref().filter(|_| self.decides);
            let needed = self.call.promise.gives.is_some() || when.is_some_and(|when| when.path.is_some());
            if json.is_none() && needed {
                return Err(Trouble::Unread("the answer is not JSON".into()));
            }
            if when.is_some_and(|when| !holds(when, json.as_ref(), &body)) {
                let met = json.as_ref().map_or_else(|| "no JSON".to_string(), shown);
                return Err(Trouble::Wrong(format!("answered {}, but without success: {met}", answer.status)));
            }
            return Ok(json.unwrap_or_default());
        }
        Err(match answer.status {
            401 => Trouble::Wrong(self.key_refused(request, 401)),
            403 => Trouble::Refused("forbidden".into()),
            404 | 410 => Trouble::Refused("not_found".into()),
            429 => Trouble::Limited { after: answer.retry_after },
            408 | 425 | 500 | 502 | 503 | 504 => passing(true),
            400..500 => Trouble::Refused("refused".into()),
            // Somebody between may have given up while the shop's system works on.
            300.. if !self.is_query() => passing(true),
            status => Trouble::Wrong(format!("the shop's system answered {status}")),
        })
    }

    fn key_refused(&self, request: &Request, status: u16) -> String {
        let key = match self.backend.secrets.of(request.auth.as_deref()) {
            Secrets::Account(_) if status == 401 => "the token that it gave us",
            _ => "our key",
        };
        format!("the shop's system does not accept {key}: it answered {status}")
    }
}

/// GraphQL answers 200 with `errors`. Without any `data` nothing was done.
fn no_errors(json: &Json) -> Result<(), Trouble> {
    let Some(first) = json.get("errors").and_then(Json::as_array).and_then(|errors| errors.first()) else {
        return Ok(());
    };
    if first.pointer("/extensions/code").is_some_and(|code| code == "THROTTLED") {
        return Err(Trouble::Limited { after: None });
    }
    let reason = format!("answered with errors: {}", shown(first));
    let nothing = json.get("data").is_none_or(Json::is_null);
    Err(if nothing { Trouble::Wrong(reason) } else { Trouble::Unread(reason) })
}
