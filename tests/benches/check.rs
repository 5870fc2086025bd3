//! How long a whole check takes: compile, every lint, every analysis.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use duka_engine::compile::compile;
use duka_engine::lints::{self, Settings};
use duka_engine::source::ShopSource;
use duka_tests::{generate, shops};

fn check(source: &ShopSource) -> usize {
    let compiled = compile(source);
    lints::check(&compiled, source, &Settings::of(source)).len()
}

fn checking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    group.sample_size(10);
    for states in [100, 1_000, 10_000] {
        let source = generate::shop(states);
        group.throughput(Throughput::Elements(states as u64));
        group.bench_with_input(BenchmarkId::new("generated", states), &source, |bencher, source| {
            bencher.iter(|| check(source));
        });
    }
    for name in shops::examples() {
        let source = shops::example(&name);
        group.throughput(Throughput::Elements(1));
        group.bench_with_input(BenchmarkId::new("example", &name), &source, |bencher, source| {
            bencher.iter(|| check(source));
        });
    }
    group.finish();
}

criterion_group!(benches, checking);
criterion_main!(benches);
