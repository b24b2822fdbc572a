//! The Merkle tree over the audit's leaves (RFC 6962, 2.1): its root after any number of rows, leaf by leaf.

use sha2::{Digest, Sha256};

/// A root.
pub type Root = [u8; 32];

/// Sums up leaves in their order. Holds one hash for each bit of their number.
#[derive(Clone, Debug, Default)]
pub struct TreeHasher {
    /// Roots of full subtrees, the largest first, each with how many leaves it holds.
    full: Vec<(u64, Root)>,
    leaves: u64,
}

impl TreeHasher {
    /// Adds the next leaf, hashed already.
    pub fn push(&mut self, leaf: Root) {
        let mut node = (1, leaf);
        while let Some(&(size, left)) = self.full.last()
            && size == node.0
        {
            self.full.pop();
            node = (size * 2, join(&left, &node.1));
        }
        self.full.push(node);
        self.leaves += 1;
    }

    /// How many leaves it holds.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The root. Of no leaves it is SHA-256 of nothing, as the RFC has it.
    #[must_use]
    pub fn root(&self) -> Root {
        let mut nodes = self.full.iter().rev().map(|(_, node)| *node);
        let Some(last) = nodes.next() else { return Sha256::digest([]).into() };
        nodes.fold(last, |right, left| join(&left, &right))
    }
}

fn join(left: &Root, right: &Root) -> Root {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the RFC defines it, word for word.
    fn by_definition(leaves: &[Root]) -> Root {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let mut split = 1;
                while split * 2 < leaves.len() {
                    split *= 2;
                }
                join(&by_definition(&leaves[..split]), &by_definition(&leaves[split..]))
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_the_tree_of_the_rfc(leaves in proptest::collection::vec(any::<[u8; 32]>(), 0..70)) {
            let mut tree = TreeHasher::default();
            for leaf in &leaves {
                tree.push(*leaf);
            }
            prop_assert_eq!(tree.root(), by_definition(&leaves));
            prop_assert_eq!(tree.leaves(), leaves.len() as u64);
        }
    }

    /// The root over the test leaves that the reference implementation of Certificate Transparency publishes.
    #[test]
    fn it_is_the_tree_of_certificate_transparency() {
        let leaf =
            |data: &[u8]| -> Root { Sha256::new().chain_update([0]).chain_update(data).finalize().into() };
        let data: [&[u8]; 8] = [
            &[],
            &[0],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let mut tree = TreeHasher::default();
        for each in data {
            tree.push(leaf(each));
        }
        assert_eq!(
            crate::audit::hex(&tree.root()),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
        );
    }
}
