//! The example shops, built into the binary. The same files lie in `examples/`, where they are checked and tested.

use crate::arguments::Kind;

/// A shop to start from.
#[derive(Debug)]
pub struct Example {
    /// Path within the shop, and text.
    pub files: &'static [(&'static str, &'static str)],
}

impl Example {
    /// What its `shop.yaml` says for `key`.
    pub fn profile(&self, key: &str) -> &'static str {
        let profile = self.files.iter().find(|(path, _)| *path == "shop.yaml").map_or("", |(_, text)| *text);
        let value = profile.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        value.unwrap_or("").trim()
    }
}

macro_rules! example {
    ($folder:literal: $($path:literal),* $(,)?) => {
        Example { files: &[$(($path, include_str!(concat!("../../../../examples/", $folder, "/", $path)))),*] }
    };
}

static BOUTIQUE: Example = example!("boutique":
    "boutique.ar.duka",
    "boutique.duka",
    "boutique.sw.duka",
    "boutique.test.duka",
    "delivery.contract.yaml",
    "fixtures/zuri.yaml",
    "hooks.rhai",
    "orders.contract.yaml",
    "shop.yaml",
    "silence.test.duka",
);

static GROCERY: Example = example!("grocery":
    "fixtures/mandi.yaml",
    "grocery.duka",
    "grocery.hi.duka",
    "grocery.test.duka",
    "orders.contract.yaml",
    "shop.yaml",
    "silence.test.duka",
);

static RESTAURANT: Example = example!("restaurant":
    "fixtures/bait.yaml",
    "kitchen.contract.yaml",
    "orders.contract.yaml",
    "restaurant.ar.duka",
    "restaurant.duka",
    "restaurant.test.duka",
    "shop.yaml",
    "silence.test.duka",
);

static EMPTY: Example = example!("empty":
    "empty.duka",
    "empty.test.duka",
    "shop.yaml",
);

/// The example of a kind.
pub fn example(kind: Kind) -> &'static Example {
    match kind {
        Kind::Boutique => &BOUTIQUE,
        Kind::Grocery => &GROCERY,
        Kind::Restaurant => &RESTAURANT,
        Kind::Empty => &EMPTY,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::example;
    use crate::arguments::Kind;

    fn files(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the examples are there").flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                files(&entry.path(), &format!("{name}/"), found);
            } else {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_file_of_an_example_is_built_in() {
        let kinds = [
            ("boutique", Kind::Boutique),
            ("grocery", Kind::Grocery),
            ("restaurant", Kind::Restaurant),
            ("empty", Kind::Empty),
        ];
        for (folder, kind) in kinds {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(folder);
            let mut expected = Vec::new();
            files(&root, "", &mut expected);
            expected.retain(|file| !file.ends_with(".md"));
            expected.sort();
            let built_in: Vec<&str> = example(kind).files.iter().map(|(path, _)| *path).collect();
            assert_eq!(built_in, expected, "list the files of examples/{folder} in shops.rs, sorted");
        }
    }
}
