"""Many songs at once: jobs from arguments or a manifest, worker processes, and a record that lets a run go on."""
