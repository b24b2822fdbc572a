//! Export packages and reports: manifest, hashes, signature, verifier. No decoding, no network.
