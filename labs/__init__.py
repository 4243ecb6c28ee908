"""Further systems, one file each, in the form of a task file; `labs/README.md` lists them."""
