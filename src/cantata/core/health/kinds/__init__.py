"""One file per kind. Each turns a live object of that kind into its `Health`; `table` lists them."""
