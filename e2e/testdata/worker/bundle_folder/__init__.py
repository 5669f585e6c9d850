"""Storage of bundles in a folder, as a work pool's storage configuration names it: for worker_test.go."""
