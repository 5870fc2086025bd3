// A test keeps this list in step with the folder `rules`.
pages![];
