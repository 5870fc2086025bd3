//! The store for several machines: PostgreSQL is the record and the coordinator. One statement moves many rows.
//!
//! Every transaction speaks as a role that owns nothing, for the shops that it names: rows of others do not exist for it.
//! Leases are judged by the database's clock.

mod audit;
mod bags;
mod conversations;
mod costs;
mod events;
mod housekeeping;
mod ledgers;
mod news;
mod parcels;
mod payments;
mod posts;
mod queue;
mod sends;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgDatabaseError, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Postgres as Pg, Transaction};

use self::news::News;
use super::error::{Error, Result, plain};
use super::migrations::{POSTGRES, migrator, refusal};
use super::rows::Conversation;
use super::signals::{Added, Signals};
use crate::id::{ConversationId, ShopScope};

/// Of its server: the oldest that is still tried.
const LEAST_VERSION: u32 = 15;
const CONNECTIONS: u32 = 16;
const PATIENCE: Duration = Duration::from_secs(5);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
/// What every connection is told first. A process that stands still in a transaction holds its locks against everybody: the
/// database ends that transaction before others give up on the lock. Every statement finds its rows by key, however many
/// there are: a plan that reads a shop's backlog through, because it was small when the plan was made, is not to be chosen. So what
/// costs is said to be rows that are read in vain.
const MANNERS: &str = "SET ROLE duka_app; SET lock_timeout = '5s'; SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '4s'; SET plan_cache_mode = force_generic_plan; SET jit = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off;
    SET random_page_cost = 1; SET cpu_tuple_cost = 1; SET cpu_index_tuple_cost = 0.5";
/// Plans are made anew after so many transactions, by as many as there are connections, and sooner at first: of an empty table
/// every plan is as good, and it may be full a second later.
const PLANS_LAST: u64 = 256;

/// Whether the transaction that is begun after so many others makes its plans anew.
fn are_anew(begun: u64) -> bool {
    let at = begun % PLANS_LAST;
    let since = if begun < PLANS_LAST && at > 0 { at - (1 << at.ilog2()) } else { at };
    since < u64::from(CONNECTIONS)
}

#[derive(Clone)]
pub(super) struct Postgres(Arc<Shared>);

struct Shared {
    pool: PgPool,
    news: News,
    /// Transactions so far.
    begun: AtomicU64,
}

impl Postgres {
    pub async fn open(url: &str, signals: Signals) -> Result<Postgres> {
        let options = at(url)?.application_name("duka").statement_cache_capacity(200);
        bring_up_to_date(&options).await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            // A broken connection shows itself at BEGIN, where nothing is lost by taking another.
            .test_before_acquire(false)
            .after_connect(|connection, _| Box::pin(async move { connection.execute(MANNERS).await.map(|_| ()) }))
            .connect_lazy_with(options.clone());
        let news = News::start(options, signals);
        Ok(Postgres(Arc::new(Shared { pool, news, begun: AtomicU64::new(0) })))
    }

    pub async fn begin(&self, shops: &[ShopScope]) -> Result<PostgresTx> {
        self.begin_as(true, shops).await
    }

    pub async fn read(&self, shops: &[ShopScope]) -> Result<PostgresTx> {
        self.begin_as(false, shops).await
    }

    /// Connections that a restart of the database has broken are put away, until one works or patience ends.
    async fn begin_as(&self, writes: bool, shops: &[ShopScope]) -> Result<PostgresTx> {
        let begin = if writes { "BEGIN" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" };
        let until = tokio::time::Instant::now() + PATIENCE;
        let numbers: BTreeSet<u32> = shops.iter().map(|shop| shop.number()).collect();
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let anew = if are_anew(self.0.begun.fetch_add(1, Ordering::Relaxed)) { "; DISCARD PLANS" } else { "" };
        let text = format!("{begin}; SET LOCAL duka.shop = '{}'{anew}", numbers.join(","));
        loop {
            match self.0.pool.begin_with(AssertSqlSafe(text.clone())).await {
                Ok(transaction) => {
                    let news = self.0.news.clone();
                    return Ok(PostgresTx { transaction, writes, news, fresh: BTreeMap::new() });
                }
                Err(error) => match Error::from(error) {
                    Error::Away(_) if tokio::time::Instant::now() < until => tokio::time::sleep(BETWEEN_TRIES).await,
                    error => return Err(error),
                },
            }
        }
    }
}

/// A transaction for the rows of the shops that it was begun for.
pub(super) struct PostgresTx {
    transaction: Transaction<'static, Pg>,
    /// PostgreSQL locks no rows in one that only reads.
    writes: bool,
    news: News,
    /// Conversations that were created in it and are not written yet: most have their first turn before the commit, and are
    /// written once, as that leaves them.
    fresh: BTreeMap<(ShopScope, ConversationId), Conversation>,
}

/// A statement whose values are bound, ready to run.
type Bound<'q> = Query<'q, Pg, PgArguments>;

impl PostgresTx {
    pub async fn commit(mut self, added: Added) -> Result<()> {
        self.write_fresh().await?;
        match self.transaction.commit().await {
            Ok(()) => {
                self.news.tell(added);
                Ok(())
            }
            Err(error) => match Error::from(error) {
                // A lost connection says nothing of the commit; any other answer is a refusal.
                Error::Away(source) => Err(Error::CommitUnknown(source)),
                error => Err(error),
            },
        }
    }

    pub async fn rollback(self) -> Result<()> {
        Ok(self.transaction.rollback().await?)
    }

    async fn run(&mut self, query: Bound<'_>) -> Result<u64> {
        Ok(query.execute(&mut *self.transaction).await?.rows_affected())
    }

    async fn rows(&mut self, query: Bound<'_>) -> Result<Vec<PgRow>> {
        Ok(query.fetch_all(&mut *self.transaction).await?)
    }
}

/// The database at this address.
pub(super) fn at(url: &str) -> Result<PgConnectOptions> {
    PgConnectOptions::from_str(url).map_err(|error| Error::Closed {
        message: format!("the database's address cannot be read: {}", plain(&error)),
        help: "Write `postgres://USER:PASSWORD@HOST/DATABASE`, with `@` in a password as `%40` and `/` as `%2F`.",
    })
}

/// Refuses a server that nobody tries Duka on.
pub(super) fn is_new_enough(connection: &PgConnection) -> Result<()> {
    match connection.server_version_num() {
        Some(found) if found / 10_000 < LEAST_VERSION => Err(Error::Closed {
            message: format!("PostgreSQL {} is too old: {LEAST_VERSION} is the least", found / 10_000),
            help: "Bring the database to a newer server: `pg_dump` there, `pg_restore` here.",
        }),
        Some(_) | None => Ok(()),
    }
}

async fn bring_up_to_date(options: &PgConnectOptions) -> Result<()> {
    let mut connection = options.connect().await?;
    is_new_enough(&connection)?;
    let done = migrator(&POSTGRES).run_direct(None, &mut connection, false).await;
    let done = match done {
        Ok(()) => connection.execute(MANNERS).await.map(drop).map_err(without_role),
        Err(error) => Err(refusal(error, &POSTGRES)),
    };
    connection.close().await?;
    done
}

/// The pool would only say that no connection became free.
fn without_role(error: sqlx::Error) -> Error {
    match Error::from(error) {
        Error::Refused(message, _) => Error::Closed {
            message,
            help: "A dump holds no roles: bring them to a new server first, with `pg_dumpall --roles-only`.",
        },
        error => error,
    }
}

/// Text as PostgreSQL takes it: it knows no NUL.
fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_string() }
}

fn scope(number: i32) -> ShopScope {
    ShopScope::numbered(number as u32)
}

fn shop_number(shop: ShopScope) -> i32 {
    shop.number() as i32
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        // SQLite's schema is brought up to date through sqlx as well, and its codes are others.
        let answer = error.as_database_error().and_then(|answer| answer.try_downcast_ref::<PgDatabaseError>());
        let code = answer.map(|answer| answer.code().to_string());
        match (code.as_deref(), &error) {
            (Some("53100"), _) => Error::Full(error.into()),
            (Some("58030"), _) => Error::Disk(error.into()),
            (Some("XX001" | "XX002"), _) => Error::Unreadable(plain(&error)),
            (Some("28P01" | "28000"), _) => Error::Closed {
                message: format!("PostgreSQL lets this user not in: {}", plain(&error)),
                help: "Are user and password in `database` right, and does its pg_hba.conf allow this machine?",
            },
            (Some("3D000"), _) => Error::Closed {
                message: format!("PostgreSQL answers, and {}", plain(&error)),
                help: "Make it, `CREATE DATABASE duka OWNER duka`, or name another one in `database`.",
            },
            (Some("42501"), _) => Error::Closed {
                message: format!("PostgreSQL refuses: {}", plain(&error)),
                help: "The user must own the database, and may make roles: `CREATE ROLE duka LOGIN CREATEROLE`.",
            },
            // Serialisation, deadlock, lock and statement time-outs.
            (Some("57014"), _) => Error::Busy(error.into()),
            (Some(code), _) if ["40", "55P03"].iter().any(|kind| code.starts_with(kind)) => Error::Busy(error.into()),
            // Connection, shutting down or starting, too many connections, ended because it stood still.
            (Some(code), _) if ["08", "25P03", "53", "57"].iter().any(|kind| code.starts_with(kind)) => {
                Error::Away(plain(&error).into())
            }
            (None, sqlx::Error::Tls(_)) => Error::Closed {
                message: format!("there is no encrypted way to PostgreSQL: {}", plain(&error)),
                help: "`?sslmode=` at the end of the address says what is wanted: `require`, `prefer` or `disable`.",
            },
            (
                None,
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed,
            ) => Error::Away(plain(&error).into()),
            _ => Error::Refused(format!("PostgreSQL refuses: {}", plain(&error)), Some(error.into())),
        }
    }
}
