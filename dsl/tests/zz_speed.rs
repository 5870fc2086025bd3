use duka_dsl::{FileId, lines, ownership};
#[test]
fn speed() {
    let mut src = String::from("duka 1\nflow big\n  start s0\n");
    for i in 0..1000 {
        src.push_str(&format!("\nstate s{i}\n  call item = catalog.product(item.sku) else -> s1\n  image: {{item.photo}}\n  ask: Karibu {{customer.first_name}}! You have {{items(cart.count)}} in your bag number {i}.\n  button add if item.stock > 0: Add to bag -> s2\n  button others: More choices -> s3\n  button track: Track my order <-> std.tracking\n  answer quantity from 1 to most_per_item -> s4\n  quiet 23 hours -> end\n  else: Sorry, I did not get that. Please tap one of the choices. -> again\n"));
    }
    println!("{} bytes {} lines; Line is {} bytes", src.len(), src.lines().count(), std::mem::size_of::<duka_dsl::ast::Line>());
    let src: String = src.chars().collect();
    // parts of at most 256 KiB
    let mut best = (f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..30 {
        let (mut a, mut b, mut c) = (0.0, 0.0, 0.0);
        let mut rest = src.as_str();
        while !rest.is_empty() {
            let cut = if rest.len() > 250_000 { rest[..250_000].rfind("\n\nstate").unwrap() + 1 } else { rest.len() };
            let t = std::time::Instant::now();
            let n = duka_dsl::layout::lines(&rest[..cut]).count();
            c += t.elapsed().as_secs_f64();
            let t = std::time::Instant::now();
            let (d, e) = lines::read(FileId(0), &rest[..cut]);
            a += t.elapsed().as_secs_f64();
            assert!(e.is_empty() && n > 0);
            let t = std::time::Instant::now();
            let f = ownership::own(&d);
            b += t.elapsed().as_secs_f64();
            assert!(f.0.states.len() > 10);
            rest = &rest[cut..];
        }
        best = (f64::min(best.0, a), f64::min(best.1, b), f64::min(best.2, c));
    }
    println!("read {:.2} ms own {:.2} ms layout {:.2}", best.0 * 1e3, best.1 * 1e3, best.2 * 1e3);
}
