//! What a turn costs, in small and large flows, and how many turns a second the tests of the boutique play.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use duka_dsl::{FileId, tests_file};
use duka_engine::compile::compile;
use duka_engine::simulate::test;
use duka_engine::source::FileKind;
use duka_tests::shops;
use duka_tests::turn::Turn;

fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("turn");
    for states in [4, 100, 1_000] {
        let turn = Turn::new(states);
        group.bench_with_input(BenchmarkId::new("tap", states), &turn, |bencher, turn| {
            bencher.iter_batched(|| turn.clone(), Turn::take, BatchSize::SmallInput);
        });
    }
    group.finish();
}

fn tests(criterion: &mut Criterion) {
    let source = shops::example("boutique");
    let program = compile(&source).program.expect("the boutique has no errors");
    let fixtures = test::fixtures(&source);
    let file = source.files.iter().find(|file| file.kind == FileKind::Tests).expect("it has tests");
    let (file, _) = tests_file::read(FileId(0), &file.text);
    let play = || test::run(&program, &fixtures, &file, "");
    let turns: usize = play().iter().map(|result| result.traces.len()).sum();
    let mut group = criterion.benchmark_group("tests");
    group.sample_size(20);
    group.throughput(Throughput::Elements(turns as u64));
    group.bench_function("boutique", |bencher| bencher.iter(play));
    group.finish();
}

criterion_group!(benches, turns, tests);
criterion_main!(benches);
