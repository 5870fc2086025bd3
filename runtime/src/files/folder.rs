//! Files in a folder: `SHOP/CONVERSATION/HASH.ENDING`. The same file of a customer is kept once.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{FilesError, Found, Place};
use crate::id::ShopScope;

#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub fn new(folder: &Path) -> Folder {
        Folder(folder.to_path_buf())
    }

    fn of_shop(&self, shop: ShopScope) -> PathBuf {
        self.0.join(shop.number().to_string())
    }

    /// The folders that the first file of a shop would make, the innermost first.
    pub fn not_there(&self, shop: ShopScope) -> Vec<PathBuf> {
        let folder = self.of_shop(shop);
        let all = folder.ancestors().filter(|folder| !folder.as_os_str().is_empty());
        all.take_while(|folder| !folder.exists()).map(Path::to_path_buf).collect()
    }

    fn path(&self, place: &Place) -> PathBuf {
        self.of_shop(place.shop).join(place.folder()).join(&*place.name)
    }

    /// Written beside and then moved.
    pub async fn put(&self, place: &Place, bytes: Vec<u8>) -> Result<(), FilesError> {
        let path = self.path(place);
        if tokio::fs::try_exists(&path).await? {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let beside = path.with_extension("part");
        tokio::fs::write(&beside, bytes).await?;
        Ok(tokio::fs::rename(&beside, &path).await?)
    }

    pub async fn get(&self, place: &Place) -> Result<Option<Vec<u8>>, FilesError> {
        match tokio::fs::read(self.path(place)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn remove(&self, place: &Place) -> Result<(), FilesError> {
        let path = self.path(place);
        match tokio::fs::remove_file(&path).await {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        if let Some(folder) = path.parent() {
            // Stays as long as other files lie in it.
            let _ = tokio::fs::remove_dir(folder).await;
        }
        Ok(())
    }

    pub async fn list(&self, shop: ShopScope) -> Result<Vec<Found>, FilesError> {
        let folder = self.of_shop(shop);
        let list = tokio::task::spawn_blocking(move || list(&folder, shop)).await;
        match list.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped))) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            list => Ok(list?),
        }
    }
}

fn list(folder: &Path, shop: ShopScope) -> std::io::Result<Vec<Found>> {
    let mut all = Vec::new();
    for customer in std::fs::read_dir(folder)? {
        let customer = customer?;
        for file in std::fs::read_dir(customer.path())? {
            let file = file?;
            let names = (customer.file_name(), file.file_name());
            let place =
                names.0.to_str().zip(names.1.to_str()).and_then(|(folder, name)| Place::read(shop, folder, name));
            let about = file.metadata()?;
            let since = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            let at_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
            all.extend(place.map(|place| Found { place, at_ms, bytes: about.len() }));
        }
    }
    Ok(all)
}
