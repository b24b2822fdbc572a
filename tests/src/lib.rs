//! Cross-crate tests: architecture, e2e in a real window, crash, faults, canary.
