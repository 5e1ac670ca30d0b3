//! Seeded changes to inputs: what a fuzzer does, without its feedback and the same every time.

/// Bytes that decoders branch on.
const TELLING: &[u8] = b"\0\x01\x7f\x80\x81\x82\xfe\xff\"\\{}[],:-.eE0919 \r\n";

/// SplitMix64: any seed will do, and one seed gives one sequence.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).expect("below a usize")
    }

    fn byte(&mut self) -> u8 {
        match self.below(3) {
            0 => self.roll().to_le_bytes()[0],
            _ => TELLING[self.below(TELLING.len())],
        }
    }
}

/// One to eight changes to `input`, some of them with pieces of `other`.
pub(crate) fn mutated(input: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(8) {
        let place = dice.below(bytes.len() + 1);
        match dice.below(6) {
            0 if place < bytes.len() => bytes[place] = dice.byte(),
            1 if place < bytes.len() => bytes[place] ^= 1 << dice.below(8),
            2 if place < bytes.len() => {
                bytes.remove(place);
            }
            3 => bytes.truncate(place),
            4 if bytes.len() < 4096 => bytes.extend_from_within(place..),
            5 => {
                let from = dice.below(other.len() + 1);
                bytes.splice(place.., other[from..].iter().copied());
            }
            _ => bytes.insert(place, dice.byte()),
        }
    }
    bytes
}
