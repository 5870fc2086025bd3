use duka_dsl::{FileId, lines};
#[test]
fn prof() {
    let mut src = String::from("duka 1\nflow big\n  start s0\n");
    for i in 0..500 {
        src.push_str(&format!("\nstate s{i}\n  call item = catalog.product(item.sku) else -> s1\n  image: {{item.photo}}\n  ask: Karibu {{customer.first_name}}! You have {{items(cart.count)}} in your bag number {i}.\n  button add if item.stock > 0: Add to bag -> s2\n  button others: More choices -> s3\n  button track: Track my order <-> std.tracking\n  answer quantity from 1 to most_per_item -> s4\n  quiet 23 hours -> end\n  else: Sorry, I did not get that. Please tap one of the choices. -> again\n"));
    }
    let (d, _) = lines::read(FileId(0), &src);
    assert!(d.lines.len() > 4000);
}
