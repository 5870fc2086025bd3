//! What customers type against the names of 10,000 products: reading the names, and one search among them.

use criterion::{Criterion, criterion_group, criterion_main};
use duka_engine::ranking::Names;
use duka_tests::catalogue::catalogue;

fn search(criterion: &mut Criterion) {
    let things = || catalogue(10_000).into_iter().map(|(sku, name)| (sku.into(), vec![name]));
    criterion.bench_function("names of 10,000 products", |bench| bench.iter(|| Names::of(things())));
    let names = Names::of(things());
    for typed in ["blue cotton dress", "purpel velvt trowsers", "a flying carpet"] {
        criterion.bench_function(&format!("search: {typed}"), |bench| bench.iter(|| names.best(typed, 10).len()));
    }
}

criterion_group!(benches, search);
criterion_main!(benches);
