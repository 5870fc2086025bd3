//! Writes a generated shop to a folder: `cargo run -p duka-tests --example generate -- 1000 target/big`.

use duka_tests::generate;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let states = arguments.next().and_then(|states| states.parse().ok()).unwrap_or(1_000);
    let folder = std::path::PathBuf::from(arguments.next().unwrap_or_else(|| "target/big".to_string()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("shop.yaml"), generate::SHOP)?;
    for (name, text) in generate::flows(states) {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
