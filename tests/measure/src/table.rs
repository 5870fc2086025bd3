//! The figures and their bars, measured and printed.

use std::time::Duration;

use duka_tests::{costly, generate, tree};

use crate::guards::Guards;
use crate::process::Usage;
use crate::work::{Work, work};
use crate::{fastest, guards, instructions, process};

/// The largest file that somebody writes, in bytes.
const FILE_BYTES: usize = duka_dsl::lines::MAX_FILE_BYTES;

pub fn print() {
    // Processes first: what they hold is counted from what this one held.
    let processes = Processes::measure();
    row("figure", "reading", "bar", "aim");
    row("---", "---", "---", "---");
    turns();
    plays();
    let guards = guards::measure();
    share(&guards);
    compiles();
    processes.print();
    growth(&processes);
    costs(&guards);
    processes.costly();
}

fn row(figure: &str, reading: &str, bar: &str, aim: &str) {
    println!("| {figure:<58} | {reading:>22} | {bar:>16} | {aim:>16} |");
}

fn title(text: &str) {
    println!("\n{text}\n");
}

fn turns() {
    let least = |name: &str| {
        let mut work = work(name).expect("a name of this file");
        work();
        fastest(20_000, work)
    };
    let count = |name: &str| instructions::of(name, 100, 1_100);
    let held =
        |states: usize| count(&format!("step-{states}")).zip(count(&format!("copy-{states}"))).map(|(a, b)| a - b);
    let shown = |count: Option<u64>| count.map_or("needs valgrind".to_string(), |count| format!("{count} Ir"));
    let (small, large) = (held(4), held(1_000));
    row("P1 step in memory", &shown(small), "30000 Ir", "18000 Ir");
    let time = least("step-4").saturating_sub(least("copy-4"));
    row("P1 step in memory", &micro(time), "3 us", "1.9 us");
    row("P2 step from an encoded session", &shown(count("cold-4")), "60000 Ir", "45000 Ir");
    row("P2 step from an encoded session", &micro(least("cold-4")), "8 us", "5 us");
    let ratio = small.zip(large).map_or(String::new(), |(small, large)| format!("{:.3}x", large as f64 / small as f64));
    row("P3 step among 1,000 states against 4", &ratio, "1.1x", "1.02x");
}

fn plays() {
    let (work, turns) = crate::work::plays();
    let spent = fastest(20, work);
    let rate = turns as f64 / spent.as_secs_f64();
    row("conversation tests of the boutique, one thread", &format!("{rate:.0} turns/s"), "5000 turns/s", "");
}

fn share(guards: &Guards) {
    let share = 100.0 * guards.lowered as f64 / guards.all as f64;
    let name = format!("P5 guards lowered, of {} in examples and standard flows", guards.all);
    row(&name, &format!("{share:.1} %"), "80 %", "95 %");
    let at = |share: f64| guards.costs.get((guards.costs.len() as f64 * share) as usize).map_or(0.0, |(cost, _)| *cost);
    let dearest = guards.costs.last().map_or(0.0, |(cost, _)| *cost);
    row("P5 one guard, half of them within", &format!("{:.1} ns", at(0.5)), "40 ns", "20 ns");
    row("P5 one guard, the dearest", &format!("{dearest:.1} ns"), "40 ns", "20 ns");
}

fn compiles() {
    let least = |name: &str, runs| fastest(runs, work(name).expect("a name of this file"));
    row("P14 compile 1,000 states from .duka", &milli(least("compile-1000", 40)), "30 ms", "16 ms");
    row("P14 compile 1,000 states from .duka.yaml", &milli(least("compile-yaml-1000", 40)), "65 ms", "42 ms");
    row("P14 compile one edited flow of 50 states", &milli(least("compile-50", 100)), "4 ms", "2 ms");
}

/// What the command took, measured before anything else.
struct Processes {
    boutique: Usage,
    /// By the number of states.
    generated: Vec<(usize, Usage)>,
    costly: Vec<(&'static str, &'static str, Usage)>,
}

impl Processes {
    fn measure() -> Processes {
        Processes {
            boutique: process::check(&tree::root().join("examples/boutique"), 20),
            generated: [(100, 20), (1_000, 20), (10_000, 5)]
                .map(|(states, runs)| (states, process::check(process::folder(&generate::files(states)).path(), runs)))
                .to_vec(),
            costly: costly::files(FILE_BYTES)
                .iter()
                .map(|file| (file.what, file.path, process::check(process::folder(&file.shop()).path(), 3)))
                .collect(),
        }
    }

    fn print(&self) {
        if let Some((_, usage)) = self.generated.iter().find(|(states, _)| *states == 1_000) {
            row("duka check, 1,000 states, 10,000 lines, all rules: CPU", &milli(usage.cpu), "400 ms", "200 ms");
            row("duka check, the same: peak memory", &mebi(usage.peak), "100 MiB", "");
        }
        row("duka check examples/boutique: CPU", &milli(self.boutique.cpu), "40 ms", "");
        let worst = self.costly.iter().max_by_key(|(_, _, usage)| usage.cpu);
        if let Some((what, _, usage)) = worst {
            row(&format!("duka check, the worst file of 256 KiB ({what})"), &milli(usage.cpu), "250 ms", "");
        }
        let largest = self.costly.iter().max_by_key(|(_, _, usage)| usage.peak);
        if let Some((what, _, usage)) = largest {
            row(&format!("duka check, the largest of them ({what})"), &mebi(usage.peak), "64 MiB", "");
        }
    }

    fn costly(&self) {
        title("Costly files of 256 KiB, whole process");
        for (what, path, usage) in &self.costly {
            println!("| {:<42} | {:<20} | {:>9} | {:>9} |", what, path, milli(usage.cpu), mebi(usage.peak));
        }
    }
}

fn growth(processes: &Processes) {
    title("Growth: microseconds per state, and against n log n from the first row");
    println!("| {:>6} | {:>18} | {:>18} | {:>18} |", "states", "compile .duka", "compile .yaml", "duka check");
    let mut first: Option<[f64; 3]> = None;
    for (states, check) in &processes.generated {
        let runs = 4_000 / states + 3;
        let compile = |work: Work| fastest(runs, work);
        let took = [
            compile(crate::work::compiles(generate::shop(*states))),
            compile(crate::work::compiles(generate::yaml_shop(*states))),
            check.cpu,
        ];
        let each = took.map(|took| took.as_secs_f64() * 1e6 / *states as f64);
        let levelled = each.map(|each| each / (*states as f64).log2());
        let base = *first.get_or_insert(levelled);
        let cell = |at: usize| format!("{:.1} us, {:.2}x", each[at], levelled[at] / base[at]);
        println!("| {states:>6} | {:>18} | {:>18} | {:>18} |", cell(0), cell(1), cell(2));
    }
}

fn costs(guards: &Guards) {
    title("The dearest guards");
    for (cost, written) in guards.costs.iter().rev().take(8) {
        println!("| {cost:>6.1} ns | {written} |");
    }
}

fn micro(time: Duration) -> String {
    format!("{:.2} us", time.as_secs_f64() * 1e6)
}

fn milli(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn mebi(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}
