//! How long reading, compiling and checking take, and how that grows with the size of a shop.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use duka_engine::compile::compile;
use duka_tests::generate;

fn compiling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(20);
    for states in [50, 100, 1_000, 10_000] {
        let source = generate::shop(states);
        group.throughput(Throughput::Elements(states as u64));
        group.bench_with_input(BenchmarkId::new("lines", states), &source, |bencher, source| {
            bencher.iter(|| compile(source));
        });
    }
    group.finish();
}

fn reading(criterion: &mut Criterion) {
    let text = generate::flow("big", 1_000, None);
    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("lines/1000", |bencher| {
        bencher.iter_batched(|| (), |()| duka_dsl::lines::read(duka_dsl::FileId(0), &text), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, reading, compiling);
criterion_main!(benches);
