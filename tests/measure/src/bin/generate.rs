//! Writes generated shops: `cargo run -p duka-measure --bin generate -- 1000 target/big` one of so many states,
//! `-- costly target/costly` one for each costly file of 256 KiB.

use std::path::{Path, PathBuf};

use duka_tests::{costly, generate};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_else(|| "1000".to_string());
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/big".to_string()));
    if what != "costly" {
        return write(&folder, &generate::files(what.parse().unwrap_or(1_000)));
    }
    for file in costly::files(256 * 1024) {
        write(&folder.join(file.what.replace(' ', "-")), &file.shop())?;
    }
    Ok(())
}

fn write(folder: &Path, files: &[(String, String)]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    files.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
}
