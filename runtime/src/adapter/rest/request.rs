//! From a call's arguments to a request: paths are encoded segment by segment, so that no argument can leave its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duka_engine::contract::encode;
use duka_engine::hir::{Operation as Promise, Shop};
use duka_engine::types::Type;
use duka_engine::value::Value;
use secrecy::ExposeSecret;
use serde_json::{Map, Value as Json, json};
use url::Url;

use super::Secrets;
use super::ask::Call;
use super::convert::text;
use crate::adapter::mapping::{Context, Graphql, Idempotency, LANGUAGE, Mapping, Piece, Request, Template};
use crate::egress;

/// The name of the idempotency key among the places.
pub const KEY: &str = "key";
/// The same for all calls of one conversation, and for no other.
pub const CONVERSATION: &str = "conversation";

/// What can be filled in of the shop and how the customer is spoken to.
pub const SHOP: [&str; 3] = ["currency", "country", LANGUAGE];

/// The values of all places of a call. An amount is `{amount, minor, currency}`.
pub fn values(mapping: &Mapping, call: &Call<'_>) -> Json {
    let Call { shop, promise, arguments, .. } = *call;
    let profile = &shop.profile;
    let mut values = Map::new();
    values.insert(KEY.into(), json!(call.key));
    values.insert(CONVERSATION.into(), json!(call.conversation));
    values.insert("currency".into(), json!(profile.currency.code()));
    values.insert("country".into(), json!(profile.country));
    values.insert(LANGUAGE.into(), json!(mapping.language_of(shop, call.language())));
    for (name, at) in names(shop, promise) {
        let (Some(argument), Some(parameter)) = (arguments.get(at), promise.takes.get(at)) else { continue };
        values.insert(name, plain(shop, &parameter.ty, argument));
    }
    Json::Object(values)
}

/// What the arguments are called: by their type where that is one of a kind, and by their number.
pub fn names(shop: &Shop, promise: &Promise) -> Vec<(String, usize)> {
    let types: Vec<String> = promise.takes.iter().map(|parameter| name_of(shop, &parameter.ty)).collect();
    let mut names = Vec::new();
    for (at, name) in types.iter().enumerate() {
        names.push(((at + 1).to_string(), at));
        if types.iter().filter(|other| *other == name).count() == 1 {
            names.push((name.clone(), at));
        }
    }
    names
}

fn name_of(shop: &Shop, ty: &Type) -> String {
    match ty {
        Type::Record(id) => shop.records.get(usize::from(id.0)).map_or_else(String::new, |it| it.name.to_string()),
        Type::List(item) => format!("{}s", name_of(shop, item)),
        _ => {
            let basic = duka_engine::types::basic_type_names();
            let mut found = basic.filter(|name| duka_engine::types::basic_type(name).as_ref() == Some(ty));
            found.next().unwrap_or("value").to_string()
        }
    }
}

fn plain(shop: &Shop, ty: &Type, value: &Value) -> Json {
    match (value, ty) {
        (Value::Money(money), _) => {
            let written = duka_engine::contract::write_money(*money);
            let amount = written.split_once(' ').map_or("", |(_, amount)| amount);
            json!({ "amount": amount, "minor": money.minor, "currency": money.currency.code() })
        }
        (Value::Record(values), Type::Record(id)) => {
            let fields = shop.records.get(usize::from(id.0)).map_or(&[][..], |record| record.fields.as_slice());
            let named = fields.iter().zip(values.iter());
            Json::Object(named.map(|(field, value)| (field.name.to_string(), plain(shop, &field.ty, value))).collect())
        }
        (Value::List(items), Type::List(ty)) => Json::Array(items.iter().map(|value| plain(shop, ty, value)).collect()),
        (_, _) => encode(shop, ty, value),
    }
}

/// Writes a request.
#[derive(Debug)]
pub struct Writing<'a> {
    pub base: &'a Url,
    pub context: &'a Context,
    pub secrets: &'a Secrets,
    pub values: &'a Json,
    /// Where the backend says that the request goes.
    pub at: Option<&'a Url>,
}

impl Writing<'_> {
    /// # Errors
    /// A place in the path or a body that can not be filled, in words.
    pub fn write(
        &self,
        request: &Request,
        idempotency: Option<&Idempotency>,
        page: &[(String, Json)],
    ) -> Result<egress::Request, String> {
        let mut headers = vec![("accept".to_string(), "application/json".to_string())];
        let mut url = match self.at {
            Some(at) if at.origin() == self.base.origin() => at.clone(),
            Some(_) => return Err("the next page would be asked of another host".to_string()),
            None => self.path(&request.path)?,
        };
        let own = self.context.query.iter().chain(&request.query).filter(|_| self.at.is_none());
        for (name, template) in own {
            if let Some(value) = template.fill(self.values)? {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        for (name, value) in page.iter().filter(|_| request.graphql.is_none()) {
            url.query_pairs_mut().append_pair(name, &text(value)?);
        }
        for (name, template) in self.context.headers.iter().chain(&request.headers) {
            headers.extend(template.fill(self.values)?.map(|value| (name.clone(), value)));
        }
        let mut body = match &request.graphql {
            Some(graphql) => Some(self.graphql(graphql, page)?),
            None => request.body.as_ref().map(|body| body.fill(self.values)).transpose()?,
        };
        let key = self.values.get(KEY).cloned().unwrap_or_default();
        match idempotency {
            Some(Idempotency::Header(name)) => headers.push((name.clone(), key.as_str().unwrap_or("").to_string())),
            Some(Idempotency::Body(name)) => {
                if let Json::Object(fields) = body.get_or_insert_with(|| json!({})) {
                    fields.insert(name.clone(), key);
                }
            }
            Some(Idempotency::Repeatable) | None => {}
        }
        if let Secrets::Body(fields) = self.secrets {
            let body = body.get_or_insert_with(|| json!({}));
            fields.iter().for_each(|(path, secret)| put(body, path, secret.expose_secret()));
        }
        if body.is_some() {
            headers.push(("content-type".to_string(), "application/json".to_string()));
        }
        self.sign(&mut url, &mut headers);
        let body = body.map(|body| body.to_string().into_bytes());
        Ok(egress::Request { method: request.method(), url, headers, body, within: egress::CONNECT })
    }

    fn graphql(&self, graphql: &Graphql, page: &[(String, Json)]) -> Result<Json, String> {
        let mut variables = Map::new();
        for (name, body) in &graphql.variables {
            let value = body.fill(self.values)?;
            if !value.is_null() {
                variables.insert(name.clone(), value);
            }
        }
        variables.extend(page.iter().cloned());
        Ok(json!({ "query": graphql.query, "variables": variables }))
    }

    fn path(&self, template: &Template) -> Result<Url, String> {
        let wrong = || "the path can not be written".to_string();
        let (mut url, pieces) = self.begins(template)?;
        if pieces.is_empty() {
            return Ok(url);
        }
        let mut segments = url.path_segments_mut().map_err(|()| wrong())?;
        segments.pop_if_empty();
        for segment in self.segments(pieces)? {
            if matches!(segment.as_str(), "." | "..") {
                return Err("a part of the path would lead elsewhere".to_string());
            }
            segments.push(&segment);
        }
        drop(segments);
        Ok(url)
    }

    /// The segments that the template writes; a filled-in value never makes another one.
    fn segments(&self, pieces: &[Piece]) -> Result<Vec<String>, String> {
        let mut segments = vec![String::new()];
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    for (at, part) in text.trim_start_matches('/').split('/').enumerate() {
                        // A leading `/` of a later piece begins a segment as well.
                        if at > 0 || (text.starts_with('/') && segments.last().is_some_and(|last| !last.is_empty())) {
                            segments.push(String::new());
                        }
                        if let Some(last) = segments.last_mut() {
                            last.push_str(part);
                        }
                    }
                }
                Piece::Place(_) => {
                    let one = Template { pieces: vec![piece.clone()] };
                    let filled = one.fill(self.values)?.filter(|filled| !filled.is_empty());
                    let filled = filled.ok_or("a value of the path is missing")?;
                    if let Some(last) = segments.last_mut() {
                        last.push_str(&filled);
                    }
                }
            }
        }
        Ok(segments)
    }

    /// Where the template begins: at the base, or at an id that is an address below it.
    fn begins<'t>(&self, template: &'t Template) -> Result<(Url, &'t [Piece]), String> {
        let whole = template.pieces.as_slice();
        if let [first @ Piece::Place(_), rest @ ..] = whole {
            let address = Template { pieces: vec![first.clone()] }.fill(self.values)?;
            let url = address.and_then(|address| Url::parse(&address).ok());
            let below = |url: &Url| url.origin() == self.base.origin() && url.path().starts_with(self.base.path());
            if let Some(url) = url.filter(below) {
                return Ok((url, rest));
            }
        }
        Ok((self.base.clone(), whole))
    }

    fn sign(&self, url: &mut Url, headers: &mut Vec<(String, String)>) {
        match self.secrets {
            Secrets::None | Secrets::Account(_) | Secrets::Body(_) => {}
            Secrets::Bearer(token) => {
                headers.push(("authorization".into(), format!("Bearer {}", token.expose_secret())))
            }
            Secrets::Basic { user, password } => {
                let both = format!("{}:{}", user.expose_secret(), password.expose_secret());
                headers.push(("authorization".into(), format!("Basic {}", STANDARD.encode(both))));
            }
            Secrets::Header { name, value } => headers.push((name.clone(), value.expose_secret().to_string())),
            Secrets::Query { name, value } => {
                url.query_pairs_mut().append_pair(name, value.expose_secret());
            }
        }
    }
}

/// Writes a text at a path such as `ClientInfo.Password`, making the objects on its way.
fn put(body: &mut Json, path: &str, value: &str) {
    let mut at = body;
    for name in path.split('.') {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[name];
    }
    *at = value.into();
}
